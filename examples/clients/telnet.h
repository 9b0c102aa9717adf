/* SPDX-License-Identifier: MIT */
#ifndef TELNET_H
#define TELNET_H

#include <sock.h>
#include <stdbool.h>
#include <stdint.h>

/* What the command line asks for. */

#define STEPS_MAX 64
#define EXPECT_MAX 256

struct step {
	bool expect; /* else it is sent, with a line end */
	const char *text;
};

struct options {
	const char *name; /* of the server, for errors */
	const char *type; /* of the terminal */
	int escape;       /* -1: none */
	bool binary;
	bool verbose;
	int64_t timeout_ms;
	sock_time deadline; /* of everything */
	struct step steps[STEPS_MAX];
	int step_count; /* 0: standard input has its turn */
};

#endif
