/* SPDX-License-Identifier: MIT */
#ifndef DNS_QUERY_QUESTION_H
#define DNS_QUERY_QUESTION_H

#include "dns_query_reply.h"

/* Questions on the wire (RFC 1035, 4.1): text in, bytes out; no I/O. */

#define DNS_QUESTION_MAX (12 + DNS_NAME_MAX + 4)

/*
 * Asks for the records of a type that a name has.  The name is absolute, with
 * or without its last dot; \DDD and \C stand for any byte, as in what
 * dns_next() writes.  NULL, or what is wrong with it.
 */
const char *dns_question(const char *name, unsigned type, unsigned id,
    uint8_t out[DNS_QUESTION_MAX], size_t *n);

/*
 * Under which name the name of an address is kept: "7.2.0.192.in-addr.arpa."
 * False: it is no IP address.
 */
bool dns_reverse_name(const char *ip, char out[DNS_NAME_TEXT_MAX]);

#endif
