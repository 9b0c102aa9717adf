/* SPDX-License-Identifier: MIT */
#include "tls/object.h"

#include <errno.h>
#include <pthread.h>
#include <sock/tls.h>
#include <string.h>

#include "tls/lock.h"

static void
retain(struct sock_tls *tls)
{
	atomic_fetch_add(&socki_tls_object(tls)->references, 1);
}

static void
release(struct sock_tls *tls)
{
	struct socki_tls_object *object = socki_tls_object(tls);
	struct socki_tls_file *file;

	if (object->shared || atomic_fetch_sub(&object->references, 1) > 1)
		return;
	socki_tls_queue_clean();
	while ((file = object->config.files) != NULL) {
		object->config.files = file->next;
		OPENSSL_free(file);
	}
	OPENSSL_free(object->config.alpn);
	socki_tls_drop(object->made);
	OPENSSL_free(object);
	socki_tls_queue_clean();
}

static bool
is_usable(const struct socki_tls_made *made)
{
	return made != NULL && !made->rootless;
}

static struct socki_tls_made *
made_already(struct socki_tls_object *object)
{
	struct socki_tls_made *made;

	socki_tls_lock();
	made = object->made;
	if (made != NULL)
		atomic_fetch_add(&made->references, 1);
	socki_tls_unlock();
	return made;
}

int
socki_tls_object_remake(struct socki_tls_object *object,
    const struct socki_tls_config *config, bool strict,
    struct socki_tls_why *why)
{
	struct socki_tls_made *made, *old;
	int rc = socki_tls_make(&made, config, why);

	if (rc < 0)
		return rc;
	if (made->rootless && (strict || is_usable(object->made))) {
		*why = made->why;
		socki_tls_drop(made);
		return why->code;
	}
	object->config = *config;
	atomic_store(&object->verifies, config->verifies);
	socki_tls_lock();
	old = object->made;
	object->made = made;
	socki_tls_unlock();
	socki_tls_drop(old);
	return 0;
}

int
socki_tls_object_made(struct socki_tls_object *object,
    struct socki_tls_made **out, struct socki_tls_why *why)
{
	int rc = 0;

	*out = made_already(object);
	if (is_usable(*out))
		return 0;
	socki_tls_drop(*out);
	*out = NULL;
	socki_tls_change_begin();
	/* Somebody else may have made it in between. */
	if (!is_usable(object->made))
		rc = socki_tls_object_remake(object, &object->config, false,
		    why);
	if (rc == 0)
		*out = made_already(object);
	socki_tls_change_end();
	return rc;
}

static int
state_of_made(struct socki_tls_state **out, struct socki_tls_made *made,
    const char *server_name)
{
	struct socki_tls_why why = { .code = 0 };
	int rc;

	if (!made->server &&
	    (server_name == NULL ? made->verifies :
				   !socki_tls_is_name(server_name)))
		(void)socki_tls_why(&why, SOCK_ETLS,
		    "there is no server's name that could be verified");
	else if (made->why.code < 0)
		why = made->why;
	if (why.code == 0)
		return socki_tls_state_new(out, made,
		    made->server ? NULL : server_name);
	rc = socki_tls_state_doomed(out, &why);
	if (rc == 0)
		socki_tls_drop(made);
	return rc;
}

static int
open_state(struct sock_tls *tls, bool server, const char *server_name,
    void **state)
{
	struct socki_tls_object *object = socki_tls_object(tls);
	const int saved_errno = errno;
	struct socki_tls_state *it;
	struct socki_tls_made *made;
	struct socki_tls_why why;
	int rc;

	*state = NULL;
	if (server != object->server)
		return SOCK_EUSAGE;
	rc = socki_tls_object_made(object, &made, &why);
	if (rc < 0) {
		rc = rc == -ENOMEM ? rc : socki_tls_state_doomed(&it, &why);
	} else {
		rc = state_of_made(&it, made, server_name);
		if (rc < 0)
			socki_tls_drop(made);
	}
	if (rc == 0)
		*state = it;
	errno = saved_errno;
	return rc;
}

static const struct sock_tls face = {
	.size = sizeof(struct sock_tls),
	.layer = &socki_tls_layer,
	.open = open_state,
	.retain = retain,
	.release = release,
};

struct socki_tls_object *
socki_tls_object(struct sock_tls *tls)
{
	return tls != NULL && tls->open == open_state ?
	    (struct socki_tls_object *)(void *)tls :
	    NULL;
}

static void
set_up(struct socki_tls_object *object, bool server)
{
	object->face = face;
	atomic_init(&object->references, 1);
	object->server = object->config.server = server;
	object->config.verifies = !server;
	atomic_init(&object->verifies, !server);
}

struct socki_tls_object *
socki_tls_object_new(bool server)
{
	struct socki_tls_object *object = OPENSSL_zalloc(sizeof *object);

	if (object != NULL)
		set_up(object, server);
	return object;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct socki_tls_object shared;

static void
set_up_shared(void)
{
	set_up(&shared, false);
	shared.shared = true;
}

struct sock_tls *
sock_tls_default(void)
{
	(void)pthread_once(&once, set_up_shared);
	return &shared.face;
}

void
sock_tls_free(struct sock_tls *tls)
{
	const int saved_errno = errno;

	if (socki_tls_object(tls) != NULL)
		release(tls);
	errno = saved_errno;
}
