/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/resource.h>

#include "serving.h"
#include "sys/fault.h"

static void
faults(const char *text)
{
	assert_int_equal(socki_fault_set(text, 7), 0);
}

/* Whoever is served or not while calls fail, afterwards all are. */
static void
the_server_goes_on(const char *text)
{
	struct serving s;
	char byte;
	int i;

	EACH_MODE(s)
	{
		serving_start(&s, .on_stream = serving_echo,
		    .session_size = 100, .idle_ms = 60000, .finish_ms = 20);
		faults(text);
		for (i = 0; i < 10; i++) {
			const sock_t c =
			    sock_dial(s.at, .deadline = sock_in(50));

			(void)sock_write(c, "x", 1, sock_in(20));
			(void)sock_read(c, &byte, 1, sock_in(20));
			(void)sock_close(c);
		}
		faults("");
		for (i = 0; i < 3; i++) {
			const sock_t c = serving_dial(&s);

			if (!serving_echoes(c, "well"))
				fail_msg("%s: %s, %s", modes[s.mode].name, text,
				    sock_errmsg());
			sock_finish(c, SOON);
		}
		serving_stop(&s);
	}
}

static void
a_server_outlives_calls_that_fail(void **state)
{
	static const char *const rows[] = { "accept4:EMFILE:50%",
		"accept4:ENFILE@2+", "accept4:ENOBUFS:60%", "accept4:ENOMEM@1+",
		"accept4:ECONNABORTED:50%", "accept4:EPROTO:50%",
		"accept4:EPERM@1+", "accept4:ENETDOWN:30%",
		"accept4:EHOSTUNREACH:30%", "alloc:ENOMEM:30%",
		"alloc:ENOMEM@5+", "epoll_ctl:ENOMEM:50%", "thread:EAGAIN:70%",
		"mmap:ENOMEM:50%,thread:EAGAIN@1+", "eventfd:EMFILE:50%",
		"accept4:EMFILE:50%,eventfd:EMFILE@1+", "poll:EINTR:30%",
		"shutdown:ENOTCONN:50%" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		the_server_goes_on(rows[i]);
}

static void
a_start_that_fails_leaves_nothing(void **state)
{
	static const char *const calls[] = { "alloc:ENOMEM", "mmap:ENOMEM",
		"thread:EAGAIN", "socket:EMFILE", "bind:EADDRINUSE",
		"listen:EADDRINUSE" };
	struct serving s;
	char text[64];
	size_t i;
	int n;

	(void)state;
	/* Workers stay. */
	EACH_MODE(s)
	{
		serving_start(&s, .on_stream = serving_echo);
		serving_stop(&s);
	}
	EACH_MODE(s)
	for (i = 0; i < COUNT(calls); i++)
		for (n = 1; n < 8; n++) {
			const int before = serving_descriptors();

			(void)snprintf(text, sizeof text, "%s@%d", calls[i], n);
			faults(text);
			s.v = sock_serve("tcp:127.0.0.1:0",
			    .on_stream = serving_echo,
			    .mode = modes[s.mode].mode, .max_per_peer = 1);
			faults("");
			if (s.v != NULL) {
				sock_t c;

				serving_learn(&s);
				c = serving_dial(&s);
				assert_true(serving_echoes(c, "so"));
				sock_server_free(s.v);
				sock_close(c);
			}
			UNTIL(serving_descriptors() <= before);
		}
}

/* The connections that wait, and room for some of them. */
#define WAITING 30
#define ROOM 12

static void
without_descriptors_some_are_shed_and_few_calls_are_made(void **state)
{
	struct rlimit was, less;
	struct serving s;
	int i;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	EACH_ROW(s)
	{
		char address[64], byte;
		const sock_t l =
		    sock_listen(serving_address(&s, address, sizeof address));
		struct sock_addr addr;
		sock_t c[WAITING], again;
		sock_time begin;
		uint64_t calls;
		int served = 0;

		if (modes[s.mode].one) {
			sock_close(l);
			continue;
		}
		assert_int_equal(sock_local(l, &addr), 0);
		sock_addr_text(&addr, s.at, sizeof s.at);
		for (i = 0; i < WAITING; i++) {
			assert_true((c[i] = serving_dial(&s)) > 0);
			assert_int_equal(sock_write(c[i], "x", 1, SOON), 0);
		}
		less = was;
		less.rlim_cur = (rlim_t)serving_descriptors() + ROOM;
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &less), 0);
		begin = sock_now();
		faults("");
		serving_start(&s, .on_stream = serving_echo, .listener = l);
		for (i = 0; i < WAITING; i++)
			served += sock_read(c[i], &byte, 1, SOON) == 1;
		calls = socki_fault_count(SOCKI_CALL_accept4);
		/* Less than 200 a second, beside those that gave something. */
		assert_true(calls < 2 * WAITING + 10 +
			(uint64_t)(sock_now() - begin) / 5000000);
		if (served == 0 || served == WAITING)
			fail_msg("%s %s %d of %d served, %d, limit %d",
			    modes[s.mode].name, s.at, served, WAITING,
			    serving_descriptors(), (int)less.rlim_cur);
		assert_true(serving_stats(&s).shed > 0);
		/* It recovers by itself. */
		for (i = 0; i < WAITING; i++)
			sock_close(c[i]);
		again = serving_dial(&s);
		assert_true(serving_echoes(again, "again"));
		sock_close(again);
		serving_stop(&s);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_outlives_calls_that_fail),
		cmocka_unit_test(a_start_that_fails_leaves_nothing),
		cmocka_unit_test(
		    without_descriptors_some_are_shed_and_few_calls_are_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
