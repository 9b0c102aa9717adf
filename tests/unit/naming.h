/* SPDX-License-Identifier: MIT */
#ifndef SOCK_TEST_NAMING_H
#define SOCK_TEST_NAMING_H

#include <sock.h>
#include <stdio.h>
#include <string.h>

#include "plain.h"
#include "scripted.h"
#include "where.h"

/*
 * Dialing by name.  127.0.0.1 and [::1] have a listener on one port; at
 * 127.0.0.2 nobody listens there, and 127.0.0.3 is silent.
 */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BOTH_HELD (1u << SCRIPTED_BOTH | 1u << SCRIPTED_AAAA)
#define ALL_HELD (BOTH_HELD | 1u << SCRIPTED_A)

static int listener[2], port, silent, filler;
static char service[6][128];

static struct scripted_name names[] = {
	{ "four.test", "127.0.0.1", 0, 0 },
	{ "six.test", "::1", 0, 0 },
	{ "two.test", "127.0.0.1 ::1", 0, 0 },
	{ "one-answer.test", "127.0.0.1 ::1", 0,
	    1u << SCRIPTED_A | 1u << SCRIPTED_AAAA },
	{ "refused.test", "127.0.0.2 127.0.0.1", 0, 0 },
	{ "dead.test", "127.0.0.2 127.0.0.4", 0, 0 },
	{ "silent.test", "127.0.0.3 127.0.0.1", 0, 0 },
	{ "hole.test", "127.0.0.3", 0, 0 },
	{ "silent-aaaa.test", "127.0.0.1 ::1", 0, BOTH_HELD },
	{ "unanswered.test", "127.0.0.1", 0, ALL_HELD },
	{ "failing.test", "", SOCK_ERESOLVE, 0 },
	{ "any.test", "0.0.0.0", 0, 0 },
	{ "many.test",
	    "127.0.0.2 127.0.0.4 127.0.0.5 127.0.0.6 127.0.0.7 127.0.0.8 "
	    "127.0.0.9 127.0.0.10 127.0.0.11 127.0.0.12 127.0.0.13 "
	    "127.0.0.14",
	    0, 0 },
	{ "_one._tcp.test", service[0], 0, 0 },
	{ "_next._tcp.test", service[1], 0, 0 },
	{ "_silent._tcp.test", service[2], 0, 0 },
	{ "_late._tcp.test", service[3], 0, 0 },
	{ "_never._tcp.test", service[4], 0, 0 },
	{ "_last._tcp.test", service[5], 0, 0 },
	{ "_none._tcp.test", "", SOCK_ENOSERVICE, 0 },
	{ "*", "", SOCK_ENOHOST, 0 },
};

/* A listening socket on 127.0.0.N. */
static inline int
listen_at(unsigned n, int at_port, int backlog)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)at_port) };
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	in.sin_addr.s_addr = htonl(0x7f000000 + n);
	if (bind(fd, (struct sockaddr *)&in, sizeof in) == 0 &&
	    listen(fd, backlog) == 0)
		return fd;
	close(fd);
	return -1;
}

static inline int
fill(int at_port)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)at_port) };
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	in.sin_addr.s_addr = htonl(0x7f000003);
	return connect(fd, (struct sockaddr *)&in, sizeof in) == 0 ? fd : -1;
}

static inline int
open_all(void **state)
{
	if (where_warm_up(state) != 0)
		return -1;
	listener[0] = listener[1] = -1;
	if (plain_has_ipv6())
		(void)plain_bind_both(listener, 1024, 1024);
	else
		listener[1] = plain_bind(AF_INET, 0, 1024);
	port = plain_port(listener[1]);
	silent = listen_at(3, port, 0);
	filler = fill(port);
	(void)snprintf(service[0], sizeof service[0], "1:%d:four.test", port);
	(void)snprintf(service[1], sizeof service[1],
	    "1:%d:nobody.test 2:%d:dead.test 3:%d:four.test", port, port, port);
	(void)snprintf(service[2], sizeof service[2],
	    "1:%d:hole.test 2:%d:localhost", port, port);
	(void)snprintf(service[3], sizeof service[3],
	    "1:%d:unanswered.test 2:%d:dead.test", port, port);
	(void)snprintf(service[4], sizeof service[4],
	    "1:%d:unanswered.test 2:%d:silent-aaaa.test", port, port);
	(void)snprintf(service[5], sizeof service[5],
	    "1:%d:dead.test 2:%d:unanswered.test", port, port);
	scripted_use(&scripted, names);
	return listener[1] < 0 || silent < 0 || filler < 0;
}

static inline int
close_all(void **state)
{
	(void)state;
	socki_resolver_use(NULL);
	close(listener[0]);
	close(listener[1]);
	close(silent);
	close(filler);
	return 0;
}

static inline int
script_again(void **state)
{
	scripted_use(&scripted, names);
	return where_count(state);
}

#define names_test(f) \
	cmocka_unit_test_setup_teardown(f, script_again, where_same)

static inline const char *
address(const char *host)
{
	static char text[64];

	(void)snprintf(text, sizeof text, "tcp:%s:%d", host, port);
	return text;
}

#endif
