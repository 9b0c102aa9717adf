/* SPDX-License-Identifier: MIT */
#ifndef TELNET_OPTIONS_H
#define TELNET_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The options of Telnet, agreed on by the method of RFC 1143, which never
 * loops: each end answers a request only if it changes something, and of its
 * own requests remembers which are not answered yet.  No I/O.
 */

enum {
	TELNET_BINARY = 0,         /* RFC 856 */
	TELNET_ECHO = 1,           /* RFC 857 */
	TELNET_GO_AHEAD_NOT = 3,   /* SUPPRESS-GO-AHEAD, RFC 858 */
	TELNET_TERMINAL_TYPE = 24, /* RFC 1091 */
	TELNET_WINDOW_SIZE = 31,   /* NAWS, RFC 1073 */
	TELNET_OPTIONS = 256
};

enum {
	TELNET_WILL = 251,
	TELNET_WONT = 252,
	TELNET_DO = 253,
	TELNET_DONT = 254
};

/* Who does what the option is about. */
enum telnet_side {
	TELNET_US,
	TELNET_HIM,
	TELNET_SIDES
};

/* Zeroed: all is off, and all is refused. */
struct telnet_options {
	bool agreed[TELNET_SIDES]
		   [TELNET_OPTIONS]; /* if asked for: the user's */
	uint8_t state[TELNET_SIDES][TELNET_OPTIONS];
};

bool telnet_is_on(const struct telnet_options *o, enum telnet_side side,
    uint8_t option);

/* The verb that came, WILL, WONT, DO or DONT: the one to answer, or 0. */
int telnet_hear(struct telnet_options *o, uint8_t verb, uint8_t option);

/* To have it on or off: the verb to send, or 0: it is, or is asked for. */
int telnet_ask(struct telnet_options *o, enum telnet_side side, uint8_t option,
    bool on);

/* "TERMINAL-TYPE", or NULL. */
const char *telnet_option_name(uint8_t option);

#endif
