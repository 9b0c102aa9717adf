/* SPDX-License-Identifier: MIT */
#ifndef TELNET_TALK_H
#define TELNET_TALK_H

#include "telnet.h"
#include "telnet_protocol.h"
#include "telnet_script.h"

/* The conversation: of a person on a terminal, a script, or standard input. */

#define OUT_MAX 8192  /* bytes on their way to the server */
#define TEXT_MAX 1024 /* of the server's, on their way to standard output */
#define GO_ON (-1)    /* all other results here are exit codes */

struct talk {
	const struct options *options;
	sock_t stream;
	sock_t input; /* 0: nobody reads it, or it has ended */
	sock_t output;
	sock_t signals; /* 0: they do what they always do */
	bool terminal;
	bool asked;      /* the next line is for telnet itself */
	char letter;     /* which it begins with; '\0': not typed yet */
	bool ending;     /* input has, and the server does not know yet */
	bool shut;       /* it does */
	bool ended;      /* the server has */
	sock_time until; /* somebody has to say something */
	struct telnet telnet;
	struct script script;
	struct telnet_bytes out;
	uint8_t out_room[OUT_MAX];
	struct telnet_bytes text;
	uint8_t text_room[TEXT_MAX];
};

/* Over a stream, which it closes.  An exit code, and errors have been told. */
int talk(sock_t stream, const struct options *o);

#endif
