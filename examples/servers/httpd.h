/* SPDX-License-Identifier: MIT */
#ifndef HTTPD_H
#define HTTPD_H

#include <sock.h>
#include <stdbool.h>
#include <stdint.h>

/* What the command line asks for; the same for all conversations. */
struct site {
	int root;           /* the folder, O_PATH */
	int log;            /* or -1: none */
	bool walks;         /* the kernel has no openat2(2) */
	bool list;          /* folders without an index */
	bool one_each;      /* conversations end with their first answer */
	int64_t request_ms; /* for all of a request to come */
};

/* A conversation, until nothing more is to be answered. */
void converse(sock_t s, void *site);

#endif
