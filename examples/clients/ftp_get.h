/* SPDX-License-Identifier: MIT */
#ifndef FTP_GET_H
#define FTP_GET_H

#include <sock.h>
#include <stdbool.h>
#include <stdint.h>

#include "client.h"

/* What the command line asks for. */

struct options {
	const char *output;  /* NULL: standard output */
	const char *listing; /* the command for folders: "LIST", "MLSD", ... */
	const char *user;    /* NULL: the URL's, else anonymous */
	const char *password_file;
	/* Files of certificates and keys, in place of the system's; or NULL. */
	const char *cacert, *cert, *key;
	bool resume;
	bool active; /* the server connects to us, for the data */
	bool tls;
	bool insecure; /* whoever it is */
	bool quiet;
	bool verbose;
	int64_t timeout_ms; /* of connecting, of a reply, of silence */
	sock_time deadline; /* of everything */
};

/* By when the next thing must have happened. */
sock_time patience(const struct options *o);

#endif
