/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_LISTEN_UNIX_PATH_H
#define SOCKI_LISTEN_UNIX_PATH_H

#include <sock/addr.h>
#include <sys/types.h>

struct socki_why;

/* The file of a UNIX listener: taking it over, and giving it up. */

struct socki_unix_path {
	char name[sizeof(struct sockaddr_un)]; /* "": none */
	dev_t device;
	ino_t inode;
	pid_t maker; /* a child of it has no say */
};

/*
 * Binds and listens (backlog 0: binds) with a mode for the file (less the
 * umask).  A socket file
 * without a listener is replaced; who starts at the same time is kept out by a
 * lock on PATH.lock, which is gone afterwards.
 *
 * 0; -EADDRINUSE: somebody listens there, or starts to, or it is no socket;
 * as bind(2), open(2).
 */
int socki_unix_path_listen(struct socki_unix_path *path, int fd,
    const struct sock_addr *addr, mode_t mode, int backlog,
    struct socki_why *why);

/* Unlinks the file if it is still ours.  While the listener is still open. */
void socki_unix_path_unlink(const struct socki_unix_path *path);

#endif
