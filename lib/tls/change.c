/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sock/tls.h>
#include <string.h>

#include "tls/choose.h"
#include "tls/lock.h"
#include "tls/object.h"

/*
 * One change: to a copy of the configuration, of which all is made anew; then
 * the copy is the object's.
 */
struct change {
	struct socki_tls_object *object;
	struct socki_tls_config config;
	struct socki_tls_why why;
	const char *op, *about;
	int saved_errno;
};

static int
refuse(const char *op, const char *reason)
{
	return sock_fail(SOCK_EUSAGE, op, NULL, reason);
}

enum end {
	ANY,
	CLIENT,
	SERVER
};

/* 0, and the lock is held. */
static int
begin(struct change *c, struct sock_tls *tls, enum end end)
{
	c->saved_errno = errno;
	c->object = socki_tls_object(tls);
	if (c->object == NULL)
		return refuse(c->op, "that is no object of sock/tls.h");
	if (c->object->shared)
		return refuse(c->op, "sock_tls_default() is everybody's");
	if (end != ANY && c->object->server != (end == SERVER))
		return refuse(c->op,
		    end == SERVER ? "that is for a server's object" :
				    "that is for a client's object");
	socki_tls_change_begin();
	c->config = c->object->config;
	return 0;
}

static int
end(struct change *c, int rc)
{
	socki_tls_change_end();
	if (rc < 0)
		(void)sock_fail(rc, c->op, c->about,
		    c->why.text[0] != '\0' ? c->why.text : NULL);
	errno = c->saved_errno;
	return rc;
}

static int
apply(struct change *c)
{
	return socki_tls_object_remake(c->object, &c->config, false, &c->why);
}

/* Behind the others. */
static void
link_last(struct socki_tls_file **files, struct socki_tls_file *file)
{
	while (*files != NULL)
		files = &(*files)->next;
	*files = file;
}

static void
unlink_last(struct socki_tls_file **files)
{
	while ((*files)->next != NULL)
		files = &(*files)->next;
	OPENSSL_free(*files);
	*files = NULL;
}

static struct socki_tls_file *
new_file(enum socki_tls_kind kind, const char *name, const char *key)
{
	const size_t n = strlen(name) + 1;
	const size_t key_n = key != NULL ? strlen(key) + 1 : 0;
	struct socki_tls_file *file = OPENSSL_zalloc(sizeof *file + n + key_n);

	if (file == NULL)
		return NULL;
	file->kind = kind;
	memcpy(file->name, name, n);
	file->key = file->name;
	if (key != NULL) {
		memcpy(file->name + n, key, key_n);
		file->key = file->name + n;
	}
	return file;
}

/* The list is the object's own, so what was added in vain is taken out. */
static int
add_file(struct change *c, enum socki_tls_kind kind, const char *name,
    const char *key)
{
	struct socki_tls_file *file = new_file(kind, name, key);
	int rc;

	if (file == NULL)
		return end(c, -ENOMEM);
	link_last(&c->config.files, file);
	rc = apply(c);
	if (rc < 0)
		unlink_last(&c->config.files);
	return end(c, rc);
}

static int
add(struct sock_tls *tls, enum socki_tls_kind kind, const char *name,
    const char *key)
{
	static const char *const ops[] = { "trust", "revoked", "certificate" };
	struct change c = { .op = ops[kind] };
	int rc;

	if (name == NULL || name[0] == '\0')
		return refuse(c.op, "no file is named");
	rc = begin(&c, tls, ANY);
	return rc < 0 ? rc : add_file(&c, kind, name, key);
}

int
sock_tls_trust(struct sock_tls *tls, const char *file_or_dir)
{
	return add(tls, SOCKI_TLS_TRUST, file_or_dir, NULL);
}

int
sock_tls_revoked(struct sock_tls *tls, const char *crl_file)
{
	return add(tls, SOCKI_TLS_REVOKED, crl_file, NULL);
}

int
sock_tls_add(struct sock_tls *tls, const char *cert_file, const char *key_file)
{
	return add(tls, SOCKI_TLS_CERTIFICATE, cert_file, key_file);
}

struct sock_tls *
sock_tls_client(void)
{
	const int saved_errno = errno;
	struct socki_tls_object *object = socki_tls_object_new(false);

	errno = saved_errno;
	if (object == NULL)
		(void)sock_fail(-ENOMEM, "client", NULL, NULL);
	return object != NULL ? &object->face : NULL;
}

struct sock_tls *
sock_tls_server(const char *cert_file, const char *key_file)
{
	const int saved_errno = errno;
	struct socki_tls_object *object = socki_tls_object_new(true);

	if (object == NULL) {
		(void)sock_fail(-ENOMEM, "server", NULL, NULL);
	} else if (sock_tls_add(&object->face, cert_file, key_file) < 0) {
		sock_tls_free(&object->face);
		object = NULL;
	}
	errno = saved_errno;
	return object != NULL ? &object->face : NULL;
}

int
sock_tls_alpn(struct sock_tls *tls, const char *list)
{
	struct change c = { .op = "alpn", .about = list };
	unsigned char *protocols, *old;
	size_t n;
	int rc = socki_tls_protocols(&protocols, &n, list);

	if (rc < 0)
		return sock_fail(rc, c.op, list,
		    rc == SOCK_EUSAGE ?
			"that is no list such as \"h2,http/1.1\"" :
			NULL);
	rc = begin(&c, tls, ANY);
	if (rc < 0) {
		OPENSSL_free(protocols);
		return rc;
	}
	old = c.config.alpn;
	c.config.alpn = protocols;
	c.config.alpn_length = n;
	rc = end(&c, apply(&c));
	OPENSSL_free(rc < 0 ? protocols : old);
	return rc;
}

int
sock_tls_ask_client(struct sock_tls *tls, bool required)
{
	struct change c = { .op = "ask client" };
	int rc = begin(&c, tls, SERVER);

	if (rc < 0)
		return rc;
	c.config.asks = true;
	c.config.requires = required;
	return end(&c, apply(&c));
}

int
sock_tls_resume(struct sock_tls *tls, bool on)
{
	struct change c = { .op = "resume" };
	int rc = begin(&c, tls, ANY);

	if (rc < 0)
		return rc;
	c.config.resumes = on;
	return end(&c, apply(&c));
}

int
sock_tls_reload(struct sock_tls *tls)
{
	struct change c = { .op = "reload", .saved_errno = errno };

	c.object = socki_tls_object(tls);
	if (c.object == NULL)
		return refuse(c.op, "that is no object of sock/tls.h");
	socki_tls_change_begin();
	c.config = c.object->config;
	return end(&c,
	    socki_tls_object_remake(c.object, &c.config, true, &c.why));
}

/* Nobody who asked for this is told that it failed: then all connections do. */
void
sock_tls_insecure_no_verify(struct sock_tls *tls)
{
	struct change c = { .op = "no verify" };

	if (begin(&c, tls, CLIENT) < 0)
		return;
	c.config.verifies = false;
	if (end(&c, apply(&c)) == 0)
		return;
	socki_tls_change_begin();
	c.object->config.verifies = false;
	atomic_store(&c.object->verifies, false);
	socki_tls_change_end();
}
