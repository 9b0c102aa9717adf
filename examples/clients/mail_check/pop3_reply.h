/* SPDX-License-Identifier: MIT */
#ifndef POP3_REPLY_H
#define POP3_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The lines of a POP3 server's answers (RFC 1939, 3): text in, no I/O. */

/*
 * "+OK" (true) or "-ERR", and the words behind it.  NULL, or what is wrong.
 */
const char *
pop3_status(const char *line, size_t n, bool *good, const char **words);

/*
 * "12 34567": both numbers at the front of the words, of 18 digits at most.
 * False: they are none.
 */
bool pop3_numbers(const char *words, uint64_t *first, uint64_t *second);

/* What CAPA tells (RFC 2449), a line each. */
struct pop3_capabilities {
	bool stls;
	bool auth_plain; /* SASL, and PLAIN among its mechanisms */
	bool pipelining;
};

/* The next n bytes of that answer, split wherever: line keeps the rest. */
struct pop3_line {
	char at[512];
	size_t n;
};

void pop3_capability(struct pop3_capabilities *c, struct pop3_line *line,
    const char *in, size_t n);

#endif
