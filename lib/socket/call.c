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
socki_call_end(struct socki_socket *s, int rc, const char *op)
{
	if (rc < 0)
		rc = socki_socket_error(s, rc, op);
	socki_socket_unpin(s);
	return rc;
}
