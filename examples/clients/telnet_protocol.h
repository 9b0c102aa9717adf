/* SPDX-License-Identifier: MIT */
#ifndef TELNET_PROTOCOL_H
#define TELNET_PROTOCOL_H

#include "telnet_options.h"

/*
 * The bytes of Telnet (RFC 854): what comes becomes text and answers, text
 * becomes what goes.  In pieces of any size; no I/O and no memory of its own.
 */

#define TELNET_NAME_MAX 40     /* of a terminal's type, RFC 1091 */
#define TELNET_ANSWER_MAX 64   /* to one command, at most */
#define TELNET_PARAMETERS 1024 /* of one option: more are dropped */

enum {
	TELNET_END = 240, /* SE */
	TELNET_BREAK = 243,
	TELNET_INTERRUPT = 244,
	TELNET_ARE_YOU_THERE = 246,
	TELNET_BEGIN = 250,  /* SB */
	TELNET_COMMAND = 255 /* IAC */
};

/* Room that is being filled. */
struct telnet_bytes {
	uint8_t *at;
	size_t n, room;
};

/* Each WILL, WONT, DO and DONT, and each list of parameters (SB). */
typedef void telnet_told(void *arg, bool sent, uint8_t verb, uint8_t option);

struct telnet {
	struct telnet_options options;
	char name[TELNET_NAME_MAX + 1]; /* of the terminal */
	uint16_t columns, lines;        /* and its size; 0: not known */
	telnet_told *told;              /* or NULL */
	void *arg;

	/* its own */
	uint8_t state, verb;
	bool cr; /* the last byte of text was one */
	size_t length;
	uint8_t parameters[TELNET_PARAMETERS];
};

/* name: the terminal's; bytes that no such name has are left out. */
void telnet_begin(struct telnet *t, const char *name);

/*
 * Takes of n bytes what text and answers have room for, and says how many: the
 * rest comes again when there is room.  CR LF becomes LF and CR NUL becomes
 * CR, unless the server sends BINARY.
 */
size_t telnet_take(struct telnet *t, const uint8_t *in, size_t n,
    struct telnet_bytes *text, struct telnet_bytes *answers);

/* The other way round. */
size_t telnet_put(const struct telnet *t, const char *in, size_t n,
    struct telnet_bytes *out);

/* These need room of TELNET_ANSWER_MAX bytes. */
void telnet_request(struct telnet *t, enum telnet_side side, uint8_t option,
    bool on, struct telnet_bytes *out);
void telnet_resize(struct telnet *t, uint16_t columns, uint16_t lines,
    struct telnet_bytes *out);
void telnet_command(uint8_t command, struct telnet_bytes *out);

#endif
