/* SPDX-License-Identifier: MIT */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* What the command line asks for, and what the program answers with. */

struct options {
	bool json;
	bool verbose;
	bool keep;
	bool crlf;
	bool raw;
	bool reverse;
	const char *proxy;  /* as sock_dial() wants it, or NULL */
	int64_t timeout_ms; /* 0: none */
	/* of TLS; files and names, or NULL */
	const char *trust, *crl, *cert, *key, *alpn, *server_name;
	bool insecure;
};

enum {
	EXIT_OK,
	EXIT_FAILED,    /* the network or the system said no */
	EXIT_USAGE,     /* the arguments, an address among them */
	EXIT_NOT_FOUND, /* no such service, no such host */
	EXIT_REFUSED    /* the server's certificate would be */
};

/* Each runs with one argument and returns an exit code. */
int command_port(const char *argument, const struct options *);
int command_service(const char *argument, const struct options *);
int command_addr(const char *argument, const struct options *);
int command_resolve(const char *argument, const struct options *);
int command_connect(const char *argument, const struct options *);
int command_listen(const char *argument, const struct options *);
int command_tls(const char *argument, const struct options *);

#endif
