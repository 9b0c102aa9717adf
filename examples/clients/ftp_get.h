/* SPDX-License-Identifier: MIT */
#ifndef FTP_GET_H
#define FTP_GET_H

#include <sock.h>
#include <stdbool.h>
#include <stdint.h>

#include "client.h"
#include "client_tls.h"

/* What the command line asks for. */

struct options {
	const char *output;  /* NULL: standard output */
	const char *listing; /* the command for folders: "LIST", "MLSD", ... */
	const char *user;    /* NULL: the URL's, else anonymous */
	const char *password_file;
	struct client_tls with; /* how, where it is TLS */
	bool resume;
	bool active; /* the server connects to us, for the data */
	bool tls;
	bool quiet;
	bool verbose;
	int64_t timeout_ms; /* of connecting, of a reply, of silence */
	sock_time deadline; /* of everything */
};

/* By when the next thing must have happened. */
sock_time patience(const struct options *o);

#endif
