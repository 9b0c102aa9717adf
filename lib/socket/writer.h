/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_SOCKET_WRITER_H
#define SOCKI_SOCKET_WRITER_H

#include "socket/socket.h"

/* For calls that write and hold a writer's turn: write.c and those beside. */

/*
 * Pins and takes the turn; *deadline becomes the handle's own if it is
 * SOCK_DEFAULT.  An error is told already.
 */
int socki_writer_begin(sock_t handle, struct socki_socket **s,
    sock_time *deadline, const char *op);

/* 1 to n bytes. */
ssize_t socki_writer_some(struct socki_socket *s, const void *buf, size_t n,
    sock_time deadline);

/* All of them, in a call that has begun to write or not.  0. */
int socki_writer_all(struct socki_socket *s, const void *buf, size_t n,
    bool begun, sock_time deadline);

/*
 * A write that ends halfway leaves the peer with a part of it, and a layer
 * that was asked may hold one: nothing can follow.  Returns rc.
 */
int socki_writer_cut_off(struct socki_socket *s, bool begun, int rc);

#endif
