/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_TLS_LOCK_H
#define SOCKI_TLS_LOCK_H

/*
 * The locks of libsock-tls: one for all objects each, so that fork() can take
 * them, and a child finds them free.
 *
 * Around a change to an object; held while files are read.
 */
void socki_tls_change_begin(void);
void socki_tls_change_end(void);

/* Around pointers and sessions; short.  May be taken inside the other. */
void socki_tls_lock(void);
void socki_tls_unlock(void);

#endif
