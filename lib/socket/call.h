/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_SOCKET_CALL_H
#define SOCKI_SOCKET_CALL_H

#include <sock/base.h>

struct socki_socket;

/* The ends of a public function that no byte waits for: one copy of them. */

/* A pin: 0; or an error, whose text is left. */
int socki_call_begin(sock_t handle, struct socki_socket **out, const char *op);

/*
 * The n-th socket behind a handle; -ENOTCONN: none is chosen while it dials;
 * -1: there are no more.
 */
int socki_call_fd(const struct socki_socket *s, unsigned n);

/* Leaves the text of an error, gives the pin back, and returns rc. */
int socki_call_end(struct socki_socket *s, int rc, const char *op);

#endif
