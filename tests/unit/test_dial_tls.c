/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sock.h>
#include <stdio.h>
#include <string.h>

#include "child.h"
#include "dialing_tls.h"
#include "plain.h"

static const struct {
	const char *listen, *dial, *server_name, *asked;
} hosts[] = {
	{ "127.0.0.1", "127.0.0.1", NULL, "127.0.0.1" },
	{ "127.0.0.1", "127.0.0.1", "toy.test", "toy.test" },
	{ "127.0.0.1", "127.0.0.1", "toy.test.", "toy.test" },
	{ "127.0.0.1", "localhost", NULL, "localhost" },
	{ "127.0.0.1", "Toy.localhost.", NULL, "Toy.localhost" },
	{ "127.0.0.1", "", NULL, "localhost" },
	{ "127.0.0.1", "toy.test", NULL, "toy.test" },
	{ "[::1]", "[::1]", NULL, "::1" },
	{ "[::1]", "[::0:1]", NULL, "::1" },
};

static void
the_server_is_to_prove_the_name_it_was_dialed_by(void **state)
{
	char text[80], shown[SOCK_ADDR_TEXT_MAX];
	struct dialing d = DIALING(text, .deadline = SOON);
	struct sock_addr addr;
	struct tls_peer peer;
	int where, port;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(hosts); i++) {
		if (hosts[i].listen[0] == '[' && !plain_has_ipv6())
			continue;
		port = tls_peer_open(&peer, SPEAKS, hosts[i].listen, 0);
		peer.tls.name = hosts[i].asked;
		(void)snprintf(text, sizeof text, "tls:%s:%d", hosts[i].dial,
		    port);
		d.options.tls = &client.tls;
		d.options.server_name = hosts[i].server_name;
		for (where = 0; where <= WHERE_COUNT; where++) {
			if (dial(&d, where) <= 0)
				fail_msg("%s, %d: %s", text, where, d.text);
			assert_string_equal(client.asked, hosts[i].asked);
			assert_int_equal(sock_peer(d.got, &addr), 0);
			assert_int_equal(addr.scheme, SOCK_SCHEME_TLS);
			assert_int_equal(sock_addr_port(&addr), port);
			assert_int_equal(sock_local(d.got, &addr), 0);
			assert_int_equal(strncmp(sock_addr_text(&addr, shown,
						     sizeof shown),
					     "tls:", 4),
			    0);
			assert_true(sock_due(d.got) == SOCK_FOREVER);
			assert_int_equal(sock_connected(d.got, SOCK_NOWAIT), 0);
			expect_hi(d.got);
		}
		tls_peer_close(&peer);
	}
}

static const struct {
	struct sock_dial_options options;
	bool tls;
	const char *text;
} mistakes[] = {
	{ { .address = "tls:127.0.0.1:1" }, false,
	    "dial tls:127.0.0.1:1: the call makes no sense here: tls: wants "
	    ".tls, as sock_tls_default() gives it" },
	{ { .address = "tcp:127.0.0.1:1" }, true,
	    "dial tcp:127.0.0.1:1: the call makes no sense here: .tls is for "
	    "tls:HOST:PORT, and for srv: over tcp" },
	{ { .address = "udp:127.0.0.1:1" }, true, NULL },
	{ { .address = "unix:/nowhere" }, true, NULL },
	{ { .address = "srv:_toy._udp.toy.test" }, true, NULL },
	{ { .address = "tcp:127.0.0.1:1", .server_name = "toy.test" }, false,
	    "dial tcp:127.0.0.1:1: the call makes no sense here: server_name "
	    "is for .tls, and there is none" },
	{ { .address = "tls:127.0.0.1:1", .server_name = "" }, true,
	    "dial tls:127.0.0.1:1: the call makes no sense here: server_name "
	    "has 1 to 254 bytes" },
	{ { .address = "tls:127.0.0.1:1", .server_name = "." }, true, NULL },
};

static void
what_makes_no_sense_is_refused(void **state)
{
	char many[300];
	struct sock_dial_options o = mistakes[6].options;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(mistakes); i++) {
		o = mistakes[i].options;
		o.size = sizeof o;
		o.tls = mistakes[i].tls ? &client.tls : NULL;
		if (sock_dial_with(&o) != SOCK_EUSAGE ||
		    (mistakes[i].text != NULL &&
			strcmp(sock_errmsg(), mistakes[i].text) != 0))
			fail_msg("%s: %s", o.address, sock_errmsg());
		assert_int_equal(sock_dial_start_with(&o), SOCK_EUSAGE);
	}
	memset(many, 'a', sizeof many);
	many[255] = '\0';
	o.server_name = many;
	assert_int_equal(sock_dial_with(&o), SOCK_EUSAGE);
}

static void
an_object_of_servers_dials_nobody(void **state)
{
	char text[80];
	struct dialing d = DIALING(text, .deadline = SOON, .tls = &client.tls);
	struct tls_peer peer;
	int where;

	(void)state;
	client.name = "toy.test";
	(void)snprintf(text, sizeof text, "tls:127.0.0.1:%d",
	    tls_peer_open(&peer, IS_SILENT, "127.0.0.1", 0));
	for (where = 0; where <= WHERE_COUNT; where++) {
		assert_int_equal(dial(&d, where), SOCK_EUSAGE);
		assert_non_null(strstr(d.text, "the .tls is not a client's"));
	}
	client.name = NULL;
	client.no_memory = true;
	assert_int_equal(dial(&d, IN_THREAD), -ENOMEM);
	tls_peer_close(&peer);
}

/* The domain asked for, whatever host the DNS sends one to. */
static void
a_service_is_to_prove_its_domain(void **state)
{
	struct dialing d = DIALING("srv:_toy._tcp.toy.test", .deadline = SOON,
	    .tls = &client.tls);
	struct tls_peer peer;
	int where;

	(void)state;
	(void)snprintf(service, sizeof service,
	    "1:1:nobody.test 2:%d:localhost",
	    tls_peer_open(&peer, SPEAKS, "127.0.0.1", 0));
	for (where = 0; where <= WHERE_COUNT; where++) {
		if (dial(&d, where) <= 0)
			fail_msg("%d: %s", where, d.text);
		assert_string_equal(client.asked, "toy.test");
		expect_hi(d.got);
	}
	tls_peer_close(&peer);
}

/* What the options point to may go as soon as it has been started. */
static void
a_dial_keeps_what_it_needs(void **state)
{
	char text[80], name[] = "toy.test";
	struct dialing d = DIALING(text, .deadline = SOON, .tls = &client.tls,
	    .server_name = name);
	struct tls_peer peer;
	sock_t s;

	(void)state;
	(void)snprintf(text, sizeof text, "tls:127.0.0.1:%d",
	    tls_peer_open(&peer, SPEAKS, "127.0.0.1", 0));
	s = sock_dial_start_with(&d.options);
	memset(name, 'x', sizeof name - 1);
	memset(text, 'x', sizeof text - 1);
	assert_int_equal(foreign(s), 0);
	assert_int_equal(client.references, 1);
	assert_string_equal(client.asked, "toy.test");
	expect_hi(s);
	tls_peer_close(&peer);
}

struct waiting {
	sock_t s;
	int rc;
};

static void
wait_connected(void *arg)
{
	struct waiting *w = arg;

	w->rc = sock_connected(w->s, SOON);
}

static void
a_handshake_is_cancelled_and_closed(void **state)
{
	char text[80], byte;
	struct dialing d = DIALING(text, .tls = &client.tls);
	struct sock_group *group = sock_group_new();
	struct waiting w;
	struct tls_peer peer;
	int i;

	(void)state;
	(void)snprintf(text, sizeof text, "tls:127.0.0.1:%d",
	    tls_peer_open(&peer, IS_SILENT, "127.0.0.1", 0));
	for (i = 0; i < 3; i++) {
		w.s = sock_dial_start_with(&d.options);
		assert_int_equal(sock_connected(w.s, SHORTLY), -ETIMEDOUT);
		assert_int_equal(sock_read(w.s, &byte, 1, SOON), -ENOTCONN);
		assert_int_equal(sock_with_layer(w.s, &toy_layer, NULL, NULL),
		    -ENOTCONN);
		assert_int_equal(sock_go(group, wait_connected, &w), 0);
		assert_int_equal(sock_group_wait(group, SHORTLY), -ETIMEDOUT);
		assert_int_equal(i == 0 ? sock_cancel(w.s) :
			i == 1          ? sock_close(w.s) :
					  sock_abort(w.s),
		    0);
		assert_int_equal(sock_group_wait(group, SOON), 0);
		assert_int_equal(w.rc, i == 0 ? -ECANCELED : SOCK_ESTALE);
		(void)sock_close(w.s);
	}
	assert_int_equal(sock_go(group, dialing_try, &d), 0);
	assert_int_equal(sock_group_wait(group, SHORTLY), -ETIMEDOUT);
	assert_int_equal(sock_group_cancel(group), 0);
	assert_int_equal(sock_group_wait(group, SOON), 0);
	assert_int_equal(d.got, -ECANCELED);
	sock_group_free(group);
	tls_peer_close(&peer);
}

/* Behind a proxy of either kind that leads to one peer, whatever it is told. */
struct tunnel {
	const char *hears, *says; /* hears: the last byte of the request */
	int l, peer_port;
	pthread_t thread;
};

static void
copy_back(void *arg)
{
	sock_t *ends = arg;

	(void)sock_copy(ends[0], ends[1], -1, SOON);
	(void)sock_shut(ends[0], SOON);
}

static void *
lead(void *arg)
{
	struct tunnel *t = arg;
	struct sock_group *group = sock_group_new();
	char text[64], head[300];
	sock_t ends[2];

	ends[0] = sock_adopt(accept4(t->l, NULL, NULL, SOCK_CLOEXEC));
	if (t->hears == NULL) {
		EXPECT_INT(sock_read_full(ends[0], head, 3, SOON), 3);
		EXPECT_INT(sock_write(ends[0], "\5\0", 2, SOON), 0);
		EXPECT_INT(sock_read_full(ends[0], head, 15, SOON), 15);
		EXPECT_INT(sock_write(ends[0], "\5\0\0\1\0\0\0\0\0\0", 10,
			       SOON),
		    0);
	} else {
		EXPECT(sock_read_until(ends[0], head, sizeof head, t->hears, 4,
			   SOON) > 0);
		EXPECT_INT(sock_write(ends[0], t->says, strlen(t->says), SOON),
		    0);
	}
	(void)snprintf(text, sizeof text, "tcp:127.0.0.1:%d", t->peer_port);
	ends[1] = sock_dial(text, .deadline = SOON);
	EXPECT_INT(sock_go(group, copy_back, ends), 0);
	(void)sock_copy(ends[1], ends[0], -1, SOON);
	(void)sock_shut(ends[1], SOON);
	EXPECT_INT(sock_group_wait(group, SOON), 0);
	sock_group_free(group);
	(void)sock_close(ends[0]);
	(void)sock_close(ends[1]);
	return NULL;
}

static void
a_handshake_goes_through_a_proxy(void **state)
{
	struct tunnel t[] = { { NULL, NULL, -1, 0, 0 },
		{ "\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", -1, 0, 0 } };
	char text[80];
	struct dialing d = DIALING("tls:toy.test:443", .deadline = SOON,
	    .tls = &client.tls, .proxy = text);
	struct tls_peer peer;
	size_t i;
	int where, good;

	(void)state;
	for (i = 0; i < 2 * COUNT(t); i++) {
		struct tunnel *via = &t[i / 2];

		good = i % 2 == 0;
		via->peer_port = tls_peer_open(&peer,
		    good ? SPEAKS : OTHER_NAME, "127.0.0.1", 0);
		via->l = plain_bind(AF_INET, 0, 4);
		(void)snprintf(text, sizeof text, "%s:127.0.0.1:%d",
		    i < 2 ? "socks5" : "connect", plain_port(via->l));
		for (where = 0; where <= WHERE_COUNT; where++) {
			assert_int_equal(pthread_create(&via->thread, NULL,
					     lead, via),
			    0);
			if (good ? dial(&d, where) <= 0 :
				   dial(&d, where) != SOCK_ENAME)
				fail_msg("%s, %d: %s", text, where, d.text);
			assert_string_equal(client.asked, "toy.test");
			if (good)
				expect_hi(d.got);
			else
				assert_string_equal(d.text,
				    "dial tls:toy.test:443: it is "
				    "\"other.test\", not \"toy.test\"");
			assert_int_equal(pthread_join(via->thread, NULL), 0);
		}
		close(via->l);
		tls_peer_close(&peer);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		tls_test(the_server_is_to_prove_the_name_it_was_dialed_by),
		tls_test(what_makes_no_sense_is_refused),
		tls_test(an_object_of_servers_dials_nobody),
		tls_test(a_service_is_to_prove_its_domain),
		tls_test(a_handshake_goes_through_a_proxy),
		tls_test(a_dial_keeps_what_it_needs),
		tls_test(a_handshake_is_cancelled_and_closed),
	};

	return child_result(cmocka_run_group_tests(tests, where_warm_up, NULL));
}
