/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <sock.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "options.h"
#include "say.h"
#include "secure.h"

/* "sock tls HOST": what its server says of itself, and whether it is believed. */

#ifdef WITHOUT_TLS

int
command_tls(const char *argument, const struct options *o)
{
	(void)o;
	return complain(EXIT_USAGE, argument, "dial",
	    "this program was built without TLS");
}

#else
#include <sock/tls.h>

#define TIMEOUT_MS 10000
#define TICKET_MS 500 /* those of TLS 1.3 come behind the handshake */
#define ADDRESS_MAX 1100
#define REASON_MAX 1024
#define DAY 86400
#define DATE_MAX 32
#define BROWSERS_ALPN "h2,http/1.1"

struct look {
	const struct options *options;
	const char *argument;
	char address[ADDRESS_MAX];
	sock_time deadline;
	struct sock_tls *tls;
	sock_t stream;
	bool refused;
	char reason[REASON_MAX]; /* why */
	bool resumes;
};

static bool
to_address(const char *argument, char text[ADDRESS_MAX])
{
	const char *rest = secure_address(argument) ? argument + 4 : argument;
	const char *host_end = *rest == '[' ? strchr(rest, ']') : rest;
	struct in6_addr ip;
	const bool six = inet_pton(AF_INET6, rest, &ip) == 1;
	const bool port = !six && host_end != NULL && strchr(host_end, ':');

	return snprintf(text, ADDRESS_MAX, "tls:%s%s%s%s", six ? "[" : "", rest,
		   six ? "]" : "", port ? "" : ":https") < ADDRESS_MAX;
}

/* A connection, with an object of its own the first time. */
static int
connect_to(struct look *l, bool insecure)
{
	struct options o = *l->options;
	int code;

	o.insecure = o.insecure || insecure;
	if (o.alpn == NULL && strcmp(strrchr(l->address, ':'), ":https") == 0)
		o.alpn = BROWSERS_ALPN;
	if (l->tls == NULL) {
		code = secure_client(&l->tls, l->address, &o);
		if (code == EXIT_OK && sock_tls_resume(l->tls, true) < 0)
			code = complain_last("TLS");
		if (code != EXIT_OK)
			return code;
	}
	l->stream = sock_dial(l->address, .deadline = l->deadline,
	    .tls = l->tls, .proxy = o.proxy, .server_name = o.server_name);
	return l->stream < 0 ? EXIT_FAILED : EXIT_OK;
}

/* Whoever is not believed is looked at all the same. */
static int
look_at(struct look *l)
{
	int code = connect_to(l, false);

	if (code == EXIT_FAILED &&
	    (l->stream == SOCK_ECERT || l->stream == SOCK_ENAME)) {
		l->refused = true;
		snprintf(l->reason, sizeof l->reason, "%s",
		    sock_last_error()->reason);
		secure_free(l->tls);
		l->tls = NULL;
		code = connect_to(l, true);
	}
	return code == EXIT_FAILED ? complain_last(l->argument) : code;
}

/*
 * Reads what comes behind the handshake: a ticket, or that the server wants
 * another client.  An exit code.
 */
static int
wait_for_ticket(struct look *l)
{
	struct sock_event e = { .sock = l->stream, .want = SOCK_READABLE };
	const sock_time soon = sock_in(TICKET_MS);
	char byte;
	ssize_t n;

	if (sock_wait(&e, 1, soon < l->deadline ? soon : l->deadline) <= 0)
		return EXIT_OK;
	n = sock_read(l->stream, &byte, 1, SOCK_NOWAIT);
	return n == SOCK_ETLS ? complain_last(l->argument) : EXIT_OK;
}

static int
try_resumption(struct look *l)
{
	struct sock_tls_info i = { .size = sizeof i };
	const sock_t first = l->stream;
	int code = wait_for_ticket(l);

	if (code != EXIT_OK)
		return code;
	sock_shut(first, l->deadline);
	code = connect_to(l, l->refused);
	if (code == EXIT_OK)
		l->resumes = sock_tls_info(l->stream, &i) == 0 && i.resumed;
	sock_shut(l->stream, l->deadline);
	sock_close(l->stream);
	l->stream = first;
	return EXIT_OK;
}

static void
date(int64_t seconds, char to[DATE_MAX])
{
	const time_t t = (time_t)seconds;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(to, DATE_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		to[0] = '\0';
}

static int64_t
days_left(const struct sock_tls_certificate *c)
{
	const int64_t left = c->not_after - (int64_t)time(NULL);

	return left < 0 ? -((DAY - 1 - left) / DAY) : left / DAY;
}

static void
field(const char *name, const char *value)
{
	printf("%-10s ", name);
	put_safely(stdout, value[0] != '\0' ? value : "none");
	putchar('\n');
}

static void
print_certificate(const struct sock_tls_certificate *c)
{
	const int64_t days = days_left(c);
	char from[DATE_MAX], to[DATE_MAX];

	date(c->not_before, from);
	date(c->not_after, to);
	putchar('\n');
	field("subject", c->subject);
	field("issuer", c->issuer);
	field("names", c->names);
	field("key", c->key);
	printf("%-10s %.10s to %.10s, ", "valid", from, to);
	if (days < 0)
		printf("expired\n");
	else
		printf("%lld %s left\n", (long long)days,
		    days == 1 ? "day" : "days");
	field("sha256", c->sha256);
}

static void
print_certificate_json(struct json *j, const struct sock_tls_certificate *c)
{
	char from[DATE_MAX], to[DATE_MAX];

	date(c->not_before, from);
	date(c->not_after, to);
	json_open(j, NULL, '{');
	json_string(j, "subject", c->subject);
	json_string(j, "issuer", c->issuer);
	json_string(j, "names", c->names);
	json_string(j, "key", c->key);
	json_string(j, "not_before", from);
	json_string(j, "not_after", to);
	json_integer(j, "days_left", days_left(c));
	json_string(j, "sha256", c->sha256);
	json_close(j, '}');
}

static void
print(const struct look *l, const struct sock_tls_info *i, const char *peer)
{
	struct sock_tls_certificate c = { .size = sizeof c };
	int n;

	say_part();
	field("address", peer);
	field("protocol", i->version);
	field("cipher", i->cipher);
	field("alpn", i->alpn);
	field("resumes", l->resumes ? "yes" : "no");
	printf("%-10s %s", "accepted",
	    l->refused      ? "no: " :
		i->verified ? "yes" :
			      "not asked");
	put_safely(stdout, l->reason);
	putchar('\n');
	for (n = 0; sock_tls_certificate(l->stream, n, &c) == 0; n++)
		print_certificate(&c);
}

static void
print_json(const struct look *l, const struct sock_tls_info *i,
    const char *peer)
{
	struct sock_tls_certificate c = { .size = sizeof c };
	struct json j = { .to = stdout };
	int n;

	json_open(&j, NULL, '{');
	json_string(&j, "address", peer);
	json_string(&j, "protocol", i->version);
	json_string(&j, "cipher", i->cipher);
	json_string(&j, "alpn", i->alpn);
	json_bool(&j, "resumes", l->resumes);
	json_bool(&j, "accepted", i->verified && !l->refused);
	json_string(&j, "reason", l->refused ? l->reason : NULL);
	json_open(&j, "certificates", '[');
	for (n = 0; sock_tls_certificate(l->stream, n, &c) == 0; n++)
		print_certificate_json(&j, &c);
	json_close(&j, ']');
	json_close(&j, '}');
}

static int
tell(struct look *l)
{
	struct sock_tls_info i = { .size = sizeof i };
	char text[SOCK_ADDR_TEXT_MAX];
	struct sock_addr peer;

	if (sock_tls_info(l->stream, &i) < 0 || sock_peer(l->stream, &peer) < 0)
		return complain_last(l->argument);
	sock_addr_text(&peer, text, sizeof text);
	if (l->options->json)
		print_json(l, &i, text);
	else
		print(l, &i, text);
	return l->refused ? EXIT_REFUSED : EXIT_OK;
}

int
command_tls(const char *argument, const struct options *o)
{
	struct look l = { .options = o,
		.argument = argument,
		.deadline =
		    sock_in(o->timeout_ms > 0 ? o->timeout_ms : TIMEOUT_MS) };
	int code;

	if (*argument == '\0' || !to_address(argument, l.address))
		return complain(EXIT_USAGE, argument, "tls",
		    "a host name has 1 to 253 bytes");
	if (!secure_address(argument) &&
	    (strncasecmp(argument, "tcp:", 4) == 0 || strstr(argument, "//")))
		return complain(EXIT_USAGE, argument, "tls",
		    "HOST or HOST:PORT is wanted");
	code = look_at(&l);
	if (code == EXIT_OK)
		code = try_resumption(&l);
	if (code == EXIT_OK)
		code = tell(&l);
	sock_close(l.stream);
	secure_free(l.tls);
	return code;
}

#endif
