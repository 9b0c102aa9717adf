/* SPDX-License-Identifier: MIT */
#ifndef SECURE_H
#define SECURE_H

#include <sock.h>
#include <stdbool.h>

/*
 * TLS as the options have it.  Here and in tls.c is what needs libsock-tls; built
 * WITHOUT_TLS there is none, and tls: addresses are refused.
 */

struct json;
struct options;

/* For the addresses that want it; NULL for others.  Each gives an exit code. */
int secure_client(struct sock_tls **out, const char *address,
    const struct options *);
int secure_server(struct sock_tls **out, const char *address,
    const struct options *);
void secure_free(struct sock_tls *);

/* Whether it is a tls: one. */
bool secure_address(const char *address);

/* Whether the options say anything of TLS. */
bool secure_wanted(const struct options *);

/*
 * NULL, or which of the options do not go together, or not with listening; for
 * usage().
 */
const char *secure_wrong(const struct options *, bool listens);

/* What came of the handshake, where there was one: a line, or members. */
void secure_print(sock_t);
void secure_print_json(struct json *, sock_t);

#endif
