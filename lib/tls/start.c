/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sock/tls.h>

#include "tls/object.h"
#include "tls/state.h"

static int
refuse(const char *reason)
{
	return sock_fail(SOCK_EUSAGE, "start tls", NULL, reason);
}

/* 0: it can be verified, or need not. */
static int
check_name(const struct socki_tls_object *object, const char *name)
{
	if (object->server)
		return 0;
	if (name == NULL)
		return atomic_load(&object->verifies) ?
		    refuse("a client needs the server's name, to verify it") :
		    0;
	return socki_tls_is_name(name) ? 0 :
					 refuse("that is no name of a server");
}

/* The stream and the state are as before. */
static int
refused(int rc, struct socki_tls_state *state)
{
	socki_tls_state_free(state);
	if (rc != -EBUSY)
		return rc;
	return sock_fail(rc, "start tls", sock_last_error()->addr,
	    "bytes in plain text came first, or another call is inside");
}

int
sock_start_tls(sock_t s, struct sock_tls *tls, const char *server_name,
    sock_time deadline)
{
	const struct socki_tls_object *object = socki_tls_object(tls);
	const int saved_errno = errno;
	void *state;
	int rc;

	if (s < 0)
		return (int)s;
	if (object == NULL)
		return refuse("that is no object of sock/tls.h");
	rc = check_name(object, server_name);
	if (rc < 0)
		return rc;
	rc = tls->open(tls, object->server, server_name, &state);
	if (rc < 0)
		return sock_fail(rc, "start tls", NULL, NULL);
	rc = sock_start_layer(s, tls->layer, state, deadline);
	if (rc == -EBUSY || rc == SOCK_EUSAGE || rc == SOCK_ELIMIT)
		rc = refused(rc, state);
	errno = saved_errno;
	return rc;
}
