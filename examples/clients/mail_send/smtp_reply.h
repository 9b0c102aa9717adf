/* SPDX-License-Identifier: MIT */
#ifndef SMTP_REPLY_H
#define SMTP_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an SMTP server answers (RFC 5321, 4.2): text in, no I/O. */

#define SMTP_LINES_MAX 128
#define SMTP_WORDS_MAX 512

/* What EHLO is answered with, line by line (RFC 5321, 4.1.1.1). */
struct smtp_offers {
	bool starttls;
	bool auth, auth_plain;
	bool eight_bit; /* 8BITMIME, RFC 6152 */
	bool pipelining;
	bool size;         /* RFC 1870 */
	uint64_t size_max; /* 0: it does not tell */
};

/* { 0 } begins one. */
struct smtp_reply {
	int code;                   /* 200 to 559 */
	bool whole;                 /* its last line was */
	int lines;                  /* that came */
	char words[SMTP_WORDS_MAX]; /* of all its lines, cut to their room */
};

/*
 * The next of its lines, n bytes without their end: NULL, or what is wrong.
 * offers, unless it is NULL, learns what the line says as one of EHLO's answer.
 */
const char *smtp_reply_add(struct smtp_reply *r, const char *line, size_t n,
    struct smtp_offers *offers);

#endif
