/* SPDX-License-Identifier: MIT */
#ifndef DNS_QUERY_REPLY_H
#define DNS_QUERY_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A reader of DNS messages (RFC 1035): bytes in, text out as in a zone file.
 * What is not printable becomes \DDD, so no name and no text can reach a
 * terminal's control characters.  No I/O and no memory of its own.
 */

#define DNS_NAME_MAX 255 /* bytes on the wire */
#define DNS_NAME_TEXT_MAX (4 * DNS_NAME_MAX + 1)
#define DNS_MESSAGE_MAX 65535
#define DNS_DATA_TEXT_MAX (5 * DNS_MESSAGE_MAX) /* TXT: "\DDD" in quotes */

enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_SRV = 33,
	DNS_ANY = 255 /* of questions alone: each type there is */
};

enum {
	DNS_FLAG_REPLY = 0x8000,
	DNS_OPCODE = 0x7800,
	DNS_FLAG_AUTHORITATIVE = 0x0400,
	DNS_FLAG_TRUNCATED = 0x0200,
	DNS_FLAG_RECURSION_DESIRED = 0x0100,
	DNS_FLAG_RECURSION_AVAILABLE = 0x0080,
	DNS_RCODE = 0x000f
};

enum {
	DNS_QUESTION,
	DNS_ANSWER,
	DNS_AUTHORITY,
	DNS_ADDITIONAL,
	DNS_SECTIONS
};

struct dns_message {
	const uint8_t *at;
	size_t n;
	unsigned id, flags;
	unsigned count[DNS_SECTIONS]; /* as it says itself */
	size_t next;                  /* where dns_next() reads on */
	unsigned section, index;
};

struct dns_record {
	char name[DNS_NAME_TEXT_MAX];
	unsigned section, type, class;
	uint32_t ttl;        /* a question has none, and no data */
	size_t data, length; /* of the message */
};

/* False: shorter than a header. */
bool dns_open(struct dns_message *m, const void *at, size_t n);

/*
 * The next question or record.  1; 0: there are no more; -1: the message is
 * malformed.
 */
int dns_next(struct dns_message *m, struct dns_record *r);

/*
 * The data of a record, DNS_DATA_TEXT_MAX is always room enough.  False: it
 * is malformed, or there is no room.
 */
bool dns_data_text(const struct dns_message *m, const struct dns_record *r,
    char *out, size_t room);

/*
 * Whether a reply is to this request: id, opcode and question (RFC 5452, 9.1),
 * or an error of a server that did not understand the question.
 */
bool dns_is_reply(const void *request, size_t n, const void *reply, size_t m);

/* "MX", or "TYPE65" in buf. */
const char *dns_type_text(unsigned type, char buf[16]);

/* -1: no such type. */
int dns_type_named(const char *name);

#endif
