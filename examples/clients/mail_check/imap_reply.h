/* SPDX-License-Identifier: MIT */
#ifndef IMAP_REPLY_H
#define IMAP_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an IMAP server says (RFC 3501, 7): bytes in, no I/O. */

#define IMAP_TEXT_MAX 16384

/*
 * A response that comes in pieces: its text, in which each literal is "{N}"
 * alone; the literals' bytes go by as pieces.
 */
struct imap_reader {
	bool whole;        /* text is all of it */
	const char *wrong; /* what is, or NULL */
	uint32_t left;     /* bytes of the literal that is under way */
	uint32_t literal_max;
	size_t n;
	char text
	    [IMAP_TEXT_MAX]; /* terminated when a literal begins, or whole */
};

struct imap_piece {
	const char *at;
	size_t n;
};

/* A literal of more than literal_max bytes is wrong. */
void imap_begin(struct imap_reader *r, uint32_t literal_max);

/*
 * Takes some of n bytes, and says how many: up to the end of the response, or
 * of a piece of a literal.  Call again with the rest, while neither whole nor
 * wrong.
 */
size_t imap_take(struct imap_reader *r, const char *in, size_t n,
    struct imap_piece *literal);

enum imap_kind {
	IMAP_TAGGED,  /* the command's end: status and words */
	IMAP_GO_ON,   /* "+": the rest of a command is awaited */
	IMAP_STATUS,  /* status and words, in between */
	IMAP_CAPABLE, /* words are capabilities */
	IMAP_EXISTS,  /* number: of messages */
	IMAP_FETCH,   /* number: of the message; words: its data */
	IMAP_OTHER    /* what nobody here asked for */
};

enum imap_status {
	IMAP_OK,
	IMAP_NO,
	IMAP_BAD,
	IMAP_BYE,
	IMAP_PREAUTH
};

struct imap_response {
	enum imap_kind kind;
	enum imap_status status;
	uint32_t number;
	const char *words; /* in the text it was read from */
};

/* A text of the reader's.  NULL, or what is wrong. */
const char *
imap_parse(struct imap_response *r, const char *text, const char *tag);

/* Whether one of the capabilities is this one. */
bool imap_capable(const char *words, const char *name);

/* What FETCH tells of a message. */
struct imap_data {
	int64_t size;     /* RFC822.SIZE; -1: not told */
	bool literal;     /* the text ends where BODY[...] has a literal */
	const char *text; /* BODY[...] as a string in quotes, from the first */
};

/*
 * The words of a FETCH, which may end behind any "{N}" of theirs.  NULL, or
 * what is wrong.
 */
const char *imap_data(struct imap_data *d, const char *words);

/*
 * A string in quotes: NULL, for what cannot stand in one, or is too long.  out
 * has room bytes.
 */
const char *imap_quote(char *out, size_t room, const char *in);

/* The next byte of a string in quotes; -1: its end.  *at goes on. */
int imap_unquote(const char **at);

#endif
