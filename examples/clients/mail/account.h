/* SPDX-License-Identifier: MIT */
#ifndef ACCOUNT_H
#define ACCOUNT_H

#include <getopt.h>
#include <sock.h>
#include <stdbool.h>
#include <stdint.h>

#include "../client_tls.h"
#include "../password.h"

/* A server, how to reach it, and as whom: what both programs are told. */

#define HOST_MAX 256

enum security {
	SECURITY_NONE,
	SECURITY_START, /* TLS after a command in plain text */
	SECURITY_FIRST  /* TLS before the first byte */
};

struct service {
	const char *name; /* as IANA has it */
	int protocol;     /* the program's own number */
	enum security security;
};

struct account {
	char host[HOST_MAX]; /* an IPv6 address in its brackets */
	int port;
	int protocol;
	enum security security;
	const char *service;       /* --service, or NULL */
	const char *user;          /* NULL: nobody */
	const char *password_file; /* NULL: the environment, or the terminal */
	struct client_tls trust;   /* in TLS */
	bool tls, plain, verbose;  /* as the options of these names */
	int64_t timeout_ms;        /* of connecting, of an answer */
	sock_time deadline;        /* of everything */
};

/* For getopt_long(3), before the program's own. */
#define ACCOUNT_SHORT "u:E:kt:m:vhV"
#define ACCOUNT_LONG \
	{ "user", required_argument, NULL, 'u' }, \
	    { "password-file", required_argument, NULL, ACCOUNT_PASSWORD }, \
	    { "service", required_argument, NULL, ACCOUNT_SERVICE }, \
	    { "tls", no_argument, NULL, ACCOUNT_TLS }, \
	    { "plain", no_argument, NULL, ACCOUNT_PLAIN }, \
	    { "cacert", required_argument, NULL, ACCOUNT_CACERT }, \
	    { "crl", required_argument, NULL, ACCOUNT_CRL }, \
	    { "cert", required_argument, NULL, 'E' }, \
	    { "key", required_argument, NULL, ACCOUNT_KEY }, \
	    { "insecure", no_argument, NULL, 'k' }, \
	    { "timeout", required_argument, NULL, 't' }, \
	    { "max-time", required_argument, NULL, 'm' }, \
	    { "verbose", no_argument, NULL, 'v' }, \
	    { "help", no_argument, NULL, 'h' }, \
	{ \
		"version", no_argument, NULL, 'V' \
	}

enum {
	ACCOUNT_PASSWORD = 256,
	ACCOUNT_SERVICE,
	ACCOUNT_TLS,
	ACCOUNT_PLAIN,
	ACCOUNT_CACERT,
	ACCOUNT_CRL,
	ACCOUNT_KEY,
	ACCOUNT_END /* the program's own begin here */
};

/* What --help says of them. */
#define ACCOUNT_HELP \
	"  -u, --user NAME        who logs in\n" \
	"      --password-file FILE  the password is its first line, else\n" \
	"                         $MAIL_PASSWORD, else asked for on the terminal\n" \
	"      --service NAME     what is spoken at a port that does not tell\n" \
	"      --tls              TLS where the service may be without it\n" \
	"      --plain            no TLS, and the password in plain text\n" \
	"      --cacert FILE      trust the certificates in FILE, instead of the\n" \
	"                         system's\n" \
	"      --crl FILE         refuse what the lists (CRL) in FILE revoke, and\n" \
	"                         whose issuer has none there\n" \
	"  -E, --cert FILE        the client's own certificate\n" \
	"      --key FILE         its key, if it is not in the same file\n" \
	"  -k, --insecure         believe whoever answers, and so whoever can\n" \
	"                         change what is on the wire\n" \
	"  -t, --timeout SECONDS  give up when connecting or an answer takes\n" \
	"                         longer (60)\n" \
	"  -m, --max-time SECONDS give up when all of it takes longer\n" \
	"  -v, --verbose          show what is said, but for passwords\n" \
	"  -h, --help, -V, --version\n"

/* An option of the above: -1, or the exit code, said why. */
int account_option(struct account *a, int c, const char *help);

/*
 * "HOST", "HOST:PORT", "[2001:db8::5]:imaps": of the services in the list, the
 * first of which is meant when neither PORT nor --service tells.  EXIT_OK, or
 * EXIT_USAGE, said why.
 */
int account_server(struct account *a, const char *server,
    const struct service *services, int count);

/* The user's, from wherever it is.  EXIT_OK, or EXIT_USAGE, said why. */
int account_password(const struct account *a, char out[PASSWORD_MAX]);

/* By when the next thing must have happened. */
sock_time account_patience(const struct account *a);

#endif
