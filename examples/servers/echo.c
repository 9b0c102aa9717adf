/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <signal.h>
#include <sock.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "echo.h"

/*
 * Five small services over streams, each a handler of a few lines that serves
 * in fibers, in threads, in processes or one client after the other: echo (RFC
 * 862), discard (863), chargen (864), daytime (867) and time (868).
 *
 *	echo tcp:127.0.0.1:7000
 *	echo --mode threads daytime=tcp:127.0.0.1:0 unix:/tmp/echo
 *	echo --well-known --user nobody
 */

static void
echo(sock_t s, void *arg)
{
	const void *bytes;
	ssize_t n;

	(void)arg;
	while ((n = sock_peek(s, &bytes, 1, SOCK_DEFAULT)) > 0 &&
	    sock_write(s, bytes, (size_t)n, SOCK_DEFAULT) == 0)
		sock_skip(s, (size_t)n);
}

static void
discard(sock_t s, void *arg)
{
	const void *bytes;
	ssize_t n;

	(void)arg;
	while ((n = sock_peek(s, &bytes, 1, SOCK_DEFAULT)) > 0)
		sock_skip(s, (size_t)n);
}

/* What the client says to this one and the next is dropped when it ends. */
static void
daytime(sock_t s, void *arg)
{
	const time_t now = time(NULL);
	char text[64];
	struct tm utc;

	(void)arg;
	gmtime_r(&now, &utc);
	strftime(text, sizeof text, "%A, %B %d, %Y %H:%M:%S-UTC", &utc);
	sock_printf(s, "%s\r\n", text);
}

/* RFC 868 counts seconds since 1900 in 32 bits, and begins anew in 2036. */
static void
seconds_since_1900(sock_t s, void *arg)
{
	const uint32_t now = (uint32_t)(time(NULL) + 2208988800);
	const unsigned char big_endian[] = { (unsigned char)(now >> 24),
		(unsigned char)(now >> 16), (unsigned char)(now >> 8),
		(unsigned char)now };

	(void)arg;
	sock_write(s, big_endian, sizeof big_endian, SOCK_DEFAULT);
}

/* RFC 864 suggests lines of 72 of the 95 printing characters, each line
 * beginning one later: here once around. */
#define PRINTING 95
#define LINE 72

static char pattern[PRINTING * (LINE + 2)];

static void
fill_pattern(void)
{
	char *p = pattern;
	int line, i;

	for (line = 0; line < PRINTING; line++) {
		for (i = 0; i < LINE; i++)
			*p++ = (char)(' ' + (line + i) % PRINTING);
		*p++ = '\r';
		*p++ = '\n';
	}
}

/* Until the client closes; what it says meanwhile is dropped. */
static void
chargen(sock_t s, void *arg)
{
	const void *bytes;
	ssize_t n;

	(void)arg;
	while (sock_write(s, pattern, sizeof pattern, SOCK_DEFAULT) == 0)
		if ((n = sock_peek(s, &bytes, 1, SOCK_NOWAIT)) > 0)
			sock_skip(s, (size_t)n);
}

static const struct service {
	const char *name;
	void (*serve)(sock_t, void *);
} services[] = {
	{ "echo", echo },
	{ "discard", discard },
	{ "chargen", chargen },
	{ "daytime", daytime },
	{ "time", seconds_since_1900 },
};

#define SERVICES (sizeof services / sizeof services[0])

/* A service at an address. */
struct place {
	const struct service *service;
	char text[SOCK_ADDR_TEXT_MAX];
	sock_t listener;
	struct sock_server *server;
};

static const int ends[] = { SIGTERM, SIGINT };

static int
complain(const char *what)
{
	fprintf(stderr, "echo: %s\n", what);
	return 1;
}

static int
misused(const char *what)
{
	(void)complain(what);
	return 2;
}

static const struct service *
find_service(const char *name, size_t length)
{
	size_t i;

	for (i = 0; i < SERVICES; i++)
		if (strlen(services[i].name) == length &&
		    memcmp(services[i].name, name, length) == 0)
			return &services[i];
	return NULL;
}

/* The one that has this port in IANA's registry, or else echo. */
static const struct service *
service_of(const struct sock_addr *here)
{
	const char *name = sock_service_name(sock_addr_port(here), "tcp");
	const struct service *found = NULL;

	if (name != NULL)
		found = find_service(name, strlen(name));
	return found != NULL ? found : &services[0];
}

static int
not_served(const char *address)
{
	fprintf(stderr,
	    "echo: %s: only tcp: and unix: addresses are served, without TLS\n",
	    address);
	return 2;
}

/* "daytime=tcp:127.0.0.1:1300"; an address may have a '=', behind a ':'. */
static int
open_place(struct place *p, const char *argument, bool client_first)
{
	const size_t name = strcspn(argument, "=:/");
	const char *address = argument;
	struct sock_addr here;

	if (argument[name] == '=') {
		address = argument + name + 1;
		p->service = find_service(argument, name);
		if (p->service == NULL)
			return misused(
			    "there is no such SERVICE; there are echo, "
			    "discard, chargen, daytime and time");
	}
	p->listener = sock_listen(address, .client_first = client_first);
	if (p->listener == SOCK_EADDR || p->listener == SOCK_ENOSERVICE)
		return misused(sock_errmsg());
	if (p->listener == SOCK_EUSAGE) /* tls: */
		return not_served(address);
	if (sock_local(p->listener, &here) < 0)
		return complain(sock_errmsg());
	if (here.scheme != SOCK_SCHEME_TCP && here.scheme != SOCK_SCHEME_UNIX)
		return not_served(address);
	sock_addr_text(&here, p->text, sizeof p->text);
	if (p->service == NULL)
		p->service = service_of(&here);
	return 0;
}

static int
serve_place(struct place *p, const struct options *o)
{
	struct sock_serve_options serve = o->serve;

	serve.listener = p->listener;
	serve.on_stream = p->service->serve;
	p->server = sock_serve_with(&serve);
	if (p->server == NULL)
		return complain(sock_errmsg());
	fprintf(stderr, "listening on %s\n", p->text);
	return 0;
}

static void
drain(struct place *p)
{
	for (; p->server != NULL; p++)
		sock_server_drain(p->server, SOCK_DEFAULT);
}

/* After the second signal: a second drain is now. */
static void
hurry(void *places)
{
	if (sock_wait_signal(ends, 2, SOCK_FOREVER) > 0)
		drain(places);
}

static int
wait_for_end(struct place *places)
{
	struct sock_group *group = sock_group_new();
	struct place *p;

	if (sock_wait_signal(ends, 2, SOCK_FOREVER) < 0)
		return complain(sock_errmsg());
	drain(places);
	sock_go(group, hurry, places);
	for (p = places; p->server != NULL; p++)
		sock_server_wait(p->server, SOCK_FOREVER);
	sock_group_free(group);
	return 0;
}

static void
show_count(uint64_t count, const char *what)
{
	if (count > 0)
		printf(", %" PRIu64 " %s", count, what);
}

static void
show_stats(const struct place *p)
{
	struct sock_server_stats stats = { .size = sizeof stats };

	sock_server_stats(p->server, &stats);
	printf("%s %s: %" PRIu64 " accepted", p->service->name, p->text,
	    stats.accepted);
	show_count(stats.finished, "finished");
	show_count(stats.timed_out, "timed out");
	show_count(stats.aborted, "aborted");
	show_count(stats.shed, "turned away");
	printf("; %" PRIu64 " bytes in, %" PRIu64 " out\n", stats.bytes_in,
	    stats.bytes_out);
}

/* The addresses are open before the privileges go, and nobody is served
 * before they are gone. */
static int
run(struct place *places, const struct options *o)
{
	const char *const *address = o->addresses;
	struct place *p = places;
	int code = 0;

	for (; *address != NULL && code == 0; address++)
		code = open_place(p++, *address, o->client_first);
	if (code == 0 && o->user != NULL &&
	    sock_drop_privileges(o->user, NULL) < 0)
		code = complain(sock_errmsg());
	for (p = places; p->listener > 0 && code == 0; p++)
		code = serve_place(p, o);
	if (code == 0)
		code = wait_for_end(places);
	for (p = places; p->listener > 0; p++) {
		if (p->server != NULL && o->stats)
			show_stats(p);
		sock_server_free(p->server);
		sock_close(p->listener);
	}
	return code;
}

/* The soft limit is low for the sake of select(2), which nothing here calls. */
static void
raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

int
main(int argc, char **argv)
{
	struct place places[ADDRESSES_MAX + 1] = { { .listener = 0 } };
	struct options o = { .serve.size = sizeof o.serve };
	int code = read_options(&o, argc, argv);

	if (code >= 0)
		return code;
	raise_descriptors();
	/* From now on signals wait until somebody waits for them. */
	sock_wait_signal(ends, 2, SOCK_NOWAIT);
	fill_pattern();
	code = run(places, &o);
	if ((fflush(stdout) != 0 || ferror(stdout)) && code == 0)
		code = complain("standard output: not all of it could be "
				"written");
	return code;
}
