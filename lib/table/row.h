/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_TABLE_ROW_H
#define SOCKI_TABLE_ROW_H

#include <sock/table.h>
#include <stddef.h>
#include <stdint.h>

/* What the kernel says of a socket, as a row; nothing of it is trusted. */

struct socki_found {
	struct sock_row row; /* without owners */
	uint64_t cookie;     /* 0: none */
	uint64_t peer_inode; /* of a UNIX socket; 0: it has no peer */
	unsigned state;      /* a bit, SOCK_TABLE_... */
};

/* A body of inet_diag; scheme is that of its addresses.  0; -EBADMSG. */
int socki_row_inet(struct socki_found *out, int scheme,
    const unsigned char *body, size_t n);

/* A body of unix_diag.  The peer has no name yet.  0; -EBADMSG. */
int
socki_row_unix(struct socki_found *out, const unsigned char *body, size_t n);

#endif
