/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/stat.h>

#include "serving.h"

static void
each_mode_serves_over_each_transport(void **state)
{
	struct serving s;
	int i;

	(void)state;
	EVERY_ROW(s)
	{
		const int many = modes[s.mode].one ? 1 : 20;
		sock_t c[20];

		serving_start(&s, .on_stream = serving_echo);
		for (i = 0; i < many; i++) {
			c[i] = serving_dial(&s);
			assert_true(serving_echoes(c[i], "one"));
		}
		/* Whoever is answered is counted. */
		assert_int_equal(serving_stats(&s).active, many);
		for (i = 0; i < many; i++) {
			assert_true(serving_echoes(c[i], "two"));
			assert_int_equal(sock_finish(c[i], SOON), 0);
		}
		UNTIL(serving_stats(&s).active == 0);
		assert_int_equal(serving_stats(&s).finished, many);
		assert_int_equal(serving_stats(&s).bytes_in, 6 * many);
		assert_int_equal(serving_stats(&s).bytes_out, 6 * many);
		serving_stop(&s);
	}
}

struct once {
	_Atomic int called;
	_Atomic int wrong;
};

static void
count_in_session(sock_t s, void *arg)
{
	struct once *once = arg;
	unsigned char *bytes = sock_session(s);
	size_t i;
	char c;

	atomic_fetch_add(&once->called, 1);
	for (i = 0; i < 5000; i++)
		if (bytes == NULL || bytes[i] != 0)
			atomic_fetch_add(&once->wrong, 1);
	if (bytes == NULL)
		return;
	memset(bytes, 0xff, 5000);
	if ((uintptr_t)bytes % _Alignof(max_align_t) != 0 ||
	    sock_read(s, &c, 1, SOCK_DEFAULT) != 1 ||
	    sock_session(s) != bytes || bytes[4999] != 0xff)
		atomic_fetch_add(&once->wrong, 1);
}

static void
a_session_is_zeroed_and_stays(void **state)
{
	struct serving s;
	int i;

	(void)state;
	EACH_MODE(s)
	{
		struct once once = { 0, 0 };

		serving_start(&s, .on_stream = count_in_session, .arg = &once,
		    .session_size = 5000);
		for (i = 0; i < 10; i++) {
			const sock_t c = serving_dial(&s);

			assert_int_equal(sock_write(c, "x", 1, SOON), 0);
			assert_int_equal(sock_finish(c, SOON), 0);
		}
		serving_stop(&s);
		assert_int_equal(once.called, 10);
		assert_int_equal(once.wrong, 0);
	}
}

static void
only_conversations_have_sessions(void **state)
{
	struct serving s;
	sock_t pair[2];

	(void)state;
	assert_int_equal(sock_pair(pair), 0);
	assert_null(sock_session(pair[0]));
	assert_null(sock_session(0));
	assert_null(sock_session(-ENOENT));
	sock_close(pair[0]);
	sock_close(pair[1]);
	assert_null(sock_session(pair[1]));
	EACH_MODE(s)
	{
		struct once once = { 0, 0 };

		serving_start(&s, .on_stream = count_in_session, .arg = &once);
		sock_finish(serving_dial(&s), SOON);
		serving_stop(&s);
		assert_int_equal(once.wrong, 5000);
	}
}

static void
several_servers_in_a_process(void **state)
{
	struct serving s[6];
	sock_t c[6];
	int i;

	(void)state;
	for (i = 0; i < 6; i++) {
		s[i] = (struct serving){ .mode = i % 3 };
		serving_start(&s[i], .on_stream = serving_echo);
		c[i] = serving_dial(&s[i]);
	}
	for (i = 0; i < 6; i++)
		assert_true(serving_echoes(c[i], "each"));
	for (i = 0; i < 6; i++) {
		sock_close(c[i]);
		serving_stop(&s[i]);
	}
}

static void
a_second_start_finds_the_address_taken(void **state)
{
	struct serving s;

	(void)state;
	EVERY_ROW(s)
	{
		serving_start(&s, .on_stream = serving_echo);
		assert_null(sock_serve(s.at, .on_stream = serving_echo));
		assert_int_equal(sock_last_error()->code, -EADDRINUSE);
		assert_non_null(strstr(sock_errmsg(), s.at));
		serving_stop(&s);
		/* And free once it is gone. */
		s.v = sock_serve(s.at, .on_stream = serving_echo);
		assert_non_null(s.v);
		sock_server_free(s.v);
	}
}

static void
an_open_listener_is_taken_over(void **state)
{
	struct serving s;

	(void)state;
	EVERY_ROW(s)
	{
		char address[64];
		const sock_t l =
		    sock_listen(serving_address(&s, address, sizeof address));
		sock_t c;

		assert_true(l > 0);
		serving_start(&s, .on_stream = serving_echo, .listener = l);
		c = serving_dial(&s);
		assert_true(serving_echoes(c, "here"));
		sock_finish(c, SOON);
		serving_stop(&s);
		assert_int_equal(sock_close(l), SOCK_ESTALE);
	}
}

static void
a_listener_that_is_closed_drains_the_server(void **state)
{
	struct serving s;
	int how;

	(void)state;
	EACH_ROW(s)
	for (how = 0; how < 2; how++) {
		char address[64];
		const sock_t l =
		    sock_listen(serving_address(&s, address, sizeof address));
		sock_t c;

		serving_start(&s, .on_stream = serving_echo, .listener = l);
		c = serving_dial(&s);
		assert_true(serving_echoes(c, "here"));
		assert_int_equal(how ? sock_close(l) : sock_cancel(l), 0);
		if (!modes[s.mode].one)
			UNTIL(sock_close(serving_dial(&s)) < 0);
		assert_true(serving_echoes(c, "still"));
		sock_close(c);
		assert_int_equal(sock_server_wait(s.v, SOON), 0);
		sock_server_free(s.v);
	}
}

static void
a_server_tells_its_addresses(void **state)
{
	struct serving s;

	(void)state;
	EVERY_ROW(s)
	{
		struct sock_addr addr;
		char text[SOCK_ADDR_TEXT_MAX];

		serving_start(&s, .on_stream = serving_echo);
		assert_int_equal(sock_server_address(s.v, -1, &addr),
		    SOCK_EUSAGE);
		if (sock_server_address(s.v, 1, &addr) == 0) {
			assert_string_equal(transports[s.transport],
			    "tcp:localhost:0");
			sock_addr_text(&addr, text, sizeof text);
			assert_string_not_equal(text, s.at);
			(void)snprintf(s.at, sizeof s.at, "%s", text);
			assert_true(serving_echoes(serving_dial(&s), "4"));
			assert_int_equal(sock_server_address(s.v, 2, &addr),
			    SOCK_EUSAGE);
		}
		sock_server_free(s.v);
	}
	assert_int_equal(sock_server_address(NULL, 0, &(struct sock_addr){ 0 }),
	    SOCK_EUSAGE);
}

static void
wait_inside(sock_t s, void *arg)
{
	struct sock_server *v = *(struct sock_server * _Atomic *)arg;

	(void)s;
	EXPECT_INT(sock_server_wait(v, SOON), SOCK_EUSAGE);
	/* This one may be called anywhere. */
	EXPECT_INT(sock_server_drain(v, SOON), 0);
}

static void
a_handler_may_drain_its_server_but_not_wait_for_it(void **state)
{
	struct serving s;

	(void)state;
	EACH_ROW(s)
	{
		struct sock_server *_Atomic v = NULL;
		sock_t c;

		serving_start(&s, .on_stream = wait_inside, .arg = &v,
		    .finish_ms = 10);
		atomic_store(&v, s.v);
		c = serving_dial(&s);
		assert_int_equal(sock_server_wait(s.v, SOON), 0);
		sock_close(c);
		sock_server_free(s.v);
		assert_aside();
	}
}

static void
no_descriptor_is_lost(void **state)
{
	struct serving s;
	int before = 0, i;

	(void)state;
	EACH_ROW(s)
	for (i = 0; i < 3; i++) {
		sock_t c;

		/* The first one may start workers. */
		if (i == 1)
			before = serving_descriptors();
		serving_start(&s, .on_stream = serving_echo, .idle_ms = 60000);
		c = serving_dial(&s);
		assert_true(serving_echoes(c, "x"));
		sock_server_free(s.v);
		sock_close(c);
		/* A thread closes its own when it is gone. */
		if (i > 0)
			UNTIL(serving_descriptors() <= before);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_mode_serves_over_each_transport),
		cmocka_unit_test(a_session_is_zeroed_and_stays),
		cmocka_unit_test(only_conversations_have_sessions),
		cmocka_unit_test(several_servers_in_a_process),
		cmocka_unit_test(a_second_start_finds_the_address_taken),
		cmocka_unit_test(an_open_listener_is_taken_over),
		cmocka_unit_test(a_listener_that_is_closed_drains_the_server),
		cmocka_unit_test(a_server_tells_its_addresses),
		cmocka_unit_test(
		    a_handler_may_drain_its_server_but_not_wait_for_it),
		cmocka_unit_test(no_descriptor_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
