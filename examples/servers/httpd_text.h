/* SPDX-License-Identifier: MIT */
#ifndef HTTPD_TEXT_H
#define HTTPD_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of somebody else's, and bytes that are put together.  No I/O. */

struct text {
	const char *at;
	size_t n;
};

bool is_digit(char c);
bool is_alnum(char c);                    /* of ASCII, in every locale */
bool is_token(char c);                    /* RFC 9110, 5.6.2 */
int hex_digit(char c);                    /* -1: none */
bool is(struct text t, const char *word); /* whatever its case */

/* Without the blanks and tabs around it. */
struct text trimmed(struct text t);

/*
 * Takes what stands before the first comma, trimmed, from the front of a list
 * (RFC 9110, 5.6.1).  False: the list is empty.
 */
bool next_member(struct text *list, struct text *member);

/* A plain number and nothing else: -1 if it is none, or not below 10^18. */
int64_t whole_number(struct text t);

/* What does not fit is left out, and full says so. */
struct out {
	char *at;
	size_t used, room;
	bool full;
};

void put_bytes(struct out *o, const char *at, size_t n);
void put(struct out *o, const char *text);
void put_char(struct out *o, char c);
void put_number(struct out *o, int64_t n);         /* not below 0 */
void put_padded(struct out *o, int n, int digits); /* "07" */
void put_hex(struct out *o, uint64_t n);

#endif
