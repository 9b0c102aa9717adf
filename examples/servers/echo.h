/* SPDX-License-Identifier: MIT */
#ifndef ECHO_H
#define ECHO_H

#include <sock.h>

/* What the command line asks for. */

#define ADDRESSES_MAX 16

struct options {
	struct sock_serve_options serve; /* what all servers have in common */
	const char *user;                /* or NULL */
	bool client_first;
	bool stats;
	const char *const *addresses; /* "[SERVICE=]ADDRESS" each, then NULL */
};

/* -1: go on; else the exit code of the program. */
int read_options(struct options *o, int argc, char **argv);

#endif
