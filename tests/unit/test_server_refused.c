/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "serving.h"

/* Options of which no server comes. */

struct refused {
	struct sock_serve_options o;
	int code;
	const char *says;
};

static void
expect_refused(const struct refused *row)
{
	struct sock_serve_options o = row->o;

	o.size = sizeof o;
	assert_null(sock_serve_with(&o));
	if (sock_last_error()->code != row->code ||
	    strstr(sock_errmsg(), row->says) == NULL)
		fail_msg("in place of %s: %s", row->says, sock_errmsg());
}

static void
what_makes_no_sense_is_refused(void **state)
{
	const sock_t stream = serving_packets();
	const struct refused rows[] = {
		{ { .address = "tcp:127.0.0.1:0" }, SOCK_EUSAGE, "on_stream" },
		{ { .on_stream = serving_echo }, SOCK_EUSAGE, "address" },
		{ { .on_stream = serving_echo,
		      .address = "tcp:127.0.0.1:0",
		      .listener = stream },
		    SOCK_EUSAGE, "address" },
		{ { .on_stream = serving_echo, .listener = stream },
		    SOCK_EUSAGE, "streams" },
		{ { .on_stream = serving_echo, .listener = -ENOENT }, -ENOENT,
		    "no such" },
		{ { .on_stream = serving_echo, .address = "udp:127.0.0.1:0" },
		    SOCK_EUSAGE, "streams" },
		{ { .on_stream = serving_echo,
		      .address = "tcp:127.0.0.1:0",
		      .mode = (enum sock_mode)77 },
		    SOCK_EUSAGE, "mode" },
		{ { .address = "tcp:127.0.0.1:0",
		      .on_stream = serving_echo,
		      .mode = SOCK_PROCESSES,
		      .workers = 1025 },
		    SOCK_EUSAGE, "workers" },
		{ { .on_stream = serving_echo, .address = "tls:127.0.0.1:0" },
		    SOCK_EUSAGE, ".tls" },
		{ { .on_stream = serving_echo, .address = "tcp:127.0.0.1" },
		    SOCK_EADDR, "port" },
		{ { .on_stream = serving_echo,
		      .address = "tcp:127.0.0.1:0",
		      .session_size = SIZE_MAX },
		    -ENOMEM, "session_size" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		expect_refused(&rows[i]);
	assert_null(sock_serve_with(&(const struct sock_serve_options){
	    .on_stream = serving_echo,
	    .address = "tcp:127.0.0.1:0" }));
	assert_int_equal(sock_last_error()->code, SOCK_EUSAGE);
	assert_int_equal(sock_close(stream), 0);
	assert_int_equal(sock_server_drain(NULL, SOCK_NOWAIT), SOCK_EUSAGE);
	assert_int_equal(sock_server_wait(NULL, SOCK_NOWAIT), SOCK_EUSAGE);
	assert_string_equal(sock_errmsg(),
	    "server wait: the call makes no sense here: no server, or from a "
	    "conversation of its own");
	sock_server_free(NULL);
}

#define NEGATIVE(member, number) \
	{ \
		{ .on_stream = serving_echo, \
			.address = "tcp:127.0.0.1:0", \
			.member = (number) }, \
		    SOCK_EUSAGE, "a negative number" \
	}

static void
negative_numbers_are_refused(void **state)
{
	const struct refused rows[] = {
		NEGATIVE(workers, -1),
		NEGATIVE(max_streams, -1),
		NEGATIVE(max_per_peer, -1),
		NEGATIVE(first_ms, -1),
		NEGATIVE(idle_ms, -1),
		NEGATIVE(lifetime_ms, -1),
		NEGATIVE(handshake_ms, -2),
		NEGATIVE(finish_ms, -2),
		NEGATIVE(drain_ms, -2),
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		expect_refused(&rows[i]);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_makes_no_sense_is_refused),
		cmocka_unit_test(negative_numbers_are_refused),
	};

	return cmocka_run_group_tests_name("server_refused", tests, NULL, NULL);
}
