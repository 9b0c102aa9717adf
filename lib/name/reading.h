/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_NAME_READING_H
#define SOCKI_NAME_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sock_addr;
struct socki_target;
struct socki_why;

/* An address while it is read: what name/address.c shares with its parts. */
struct socki_reading {
	const char *text;
	size_t n;
	size_t at; /* all before it is understood */
	bool passive;
	bool portless;  /* the port may be missing */
	bool bare;      /* no scheme is written */
	uint8_t scheme; /* where none is written, if it can be */
	struct socki_why *why;
};

/* What is wrong, and where.  SOCK_EADDR. */
int socki_reading_refuse(const struct socki_reading *r, const char *what,
    size_t at);

/*
 * The scheme of a text that is not empty, if it is not r->scheme, which *out
 * has; 0, or an error.
 */
int socki_reading_scheme(struct socki_reading *r, uint8_t *out);

/* The first n bytes are no scheme, and it seems that they were meant to be. */
int socki_reading_unknown_scheme(const struct socki_reading *r, size_t n);

/* Whether a scheme could be written so: RFC 3986, 3.1. */
bool socki_reading_could_be_scheme(const char *text, size_t n);

/* Whether it begins with "srv:"; then r->at is behind it. */
bool socki_reading_is_srv(struct socki_reading *r);

/* What stands behind "srv:"; 0, or an error. */
int socki_reading_srv(struct socki_reading *r, struct socki_target *out);

/* The name behind a UNIX scheme; 0, or an error. */
int
socki_reading_unix(struct socki_reading *r, int scheme, struct sock_addr *out);

#endif
