/* SPDX-License-Identifier: MIT */
#include "socket/call.h"

#include "socket/socket.h"

int
socki_call_begin(sock_t handle, struct socki_socket **out, const char *op)
{
	const int rc = socki_socket_pin(handle, out);

	return rc < 0 ? socki_handle_error(rc, op) : 0;
}

int
socki_call_fd(const struct socki_socket *s, unsigned n)
{
	const int kind = s->kind;

	if (kind == SOCKI_DIALING)
		return -ENOTCONN;
	if (kind == SOCKI_LISTENER && s->extra != NULL && s->extra->fds != NULL)
		return s->extra->fds[n];
	return n == 0 ? s->watch.fd : -1;
}

int
socki_call_end(struct socki_socket *s, int rc, const char *op)
{
	if (rc < 0)
		rc = socki_socket_error(s, rc, op);
	socki_socket_unpin(s);
	return rc;
}
