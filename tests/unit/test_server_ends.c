/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "serving.h"

/* More than the kernel's buffers hold, so that a part is still ours to send. */
#define ANSWER ((size_t)4 << 20)

static void
answer_and_return(sock_t s, void *arg)
{
	static char block[65536];
	size_t i;
	char c;

	(void)arg;
	/* Unread input: a plain close would be a reset. */
	(void)sock_read(s, &c, 1, SOCK_DEFAULT);
	for (i = 0; i < ANSWER; i += sizeof block)
		if (sock_write(s, block, sizeof block, SOCK_DEFAULT) < 0)
			return;
}

static void
the_peer_gets_the_last_answer_whole(void **state)
{
	static char buf[65536];
	struct serving s;

	(void)state;
	EVERY_ROW(s)
	{
		size_t have = 0;
		ssize_t n;
		sock_t c;

		serving_start(&s, .on_stream = answer_and_return);
		c = serving_dial(&s);
		assert_int_equal(sock_write(c, "a question", 10, SOON), 0);
		while ((n = sock_read(c, buf, sizeof buf, SOON)) > 0) {
			have += (size_t)n;
			/* And it goes on asking. */
			(void)sock_write_some(c, "?", 1, SOCK_NOWAIT);
		}
		assert_int_equal(n, 0);
		assert_int_equal(have, ANSWER);
		assert_int_equal(sock_close(c), 0);
		serving_stop(&s);
	}
}

/* How a handler may end its conversation itself. */
static int
end_finish(sock_t s)
{
	return sock_finish(s, SOON);
}

static int
end_detach(sock_t s)
{
	const int fd = sock_detach(s);

	/* Another handle: it is no conversation any more. */
	return fd < 0 ? fd : sock_close(sock_adopt(fd));
}

static void
close_other(void *arg)
{
	(void)sock_close(*(sock_t *)arg);
}

static int
end_by_a_thread(sock_t s)
{
	sock_t copy = s;

	aside_thread(close_other, &copy);
	return 0;
}

static int
end_not(sock_t s)
{
	(void)s;
	return 0;
}

static const struct {
	int (*end)(sock_t s);
	const char *name;
	bool aborted;
} ends[] = {
	{ sock_close, "close", false },
	{ end_finish, "finish", false },
	{ sock_abort, "abort", true },
	{ end_detach, "detach", false },
	{ end_by_a_thread, "a thread", false },
	{ sock_cancel, "cancel", true },
	{ end_not, "none", false },
};

static void
end_it(sock_t s, void *arg)
{
	const size_t i = *(const size_t *)arg;
	const int rc = ends[i].end(s);
	char c;

	if (rc != 0)
		aside_failed(__FILE__, __LINE__, ends[i].name, rc, 0);
	if (ends[i].end == end_not)
		return;
	if (ends[i].end == sock_cancel)
		EXPECT_INT(sock_read(s, &c, 1, SOCK_DEFAULT), -ECANCELED);
	else
		EXPECT_INT(sock_read(s, &c, 1, SOCK_DEFAULT), SOCK_ESTALE);
}

static void
a_handler_may_end_it_itself(void **state)
{
	struct serving s;
	size_t i;

	(void)state;
	EACH_ROW(s)
	{
		serving_start(&s, .on_stream = end_it, .arg = &i);
		for (i = 0; i < COUNT(ends); i++) {
			const sock_t c = serving_dial(&s);
			struct sock_server_stats n;
			char buf[1];

			(void)sock_read(c, buf, 1, SOON);
			/* Cancelled, it does not wait for the peer's end. */
			if (ends[i].end == sock_cancel)
				UNTIL(serving_stats(&s).active == 0);
			sock_close(c);
			UNTIL(serving_stats(&s).active == 0);
			n = serving_stats(&s);
			if (n.aborted + n.finished != i + 1 ||
			    n.aborted !=
				(ends[i].aborted ? 1 : 0) + (uint64_t)(i > 2) +
				    (uint64_t)(i > 5))
				serving_failed(&s);
		}
		assert_int_equal(serving_stats(&s).aborted, 2);
		assert_int_equal(serving_stats(&s).finished, COUNT(ends) - 2);
		serving_stop(&s);
		assert_aside();
	}
}

struct handed {
	_Atomic sock_t sock;
	_Atomic bool returned;
};

static void
hand_over(sock_t s, void *arg)
{
	struct handed *h = arg;
	const int fd = sock_detach(s);

	EXPECT(fd >= 0);
	EXPECT_INT(sock_detach(s), SOCK_ESTALE);
	atomic_store(&h->sock, sock_adopt(fd));
}

static void
what_is_detached_outlives_the_server(void **state)
{
	struct serving s;

	(void)state;
	EACH_ROW(s)
	{
		struct handed h = { 0, false };
		char buf[4];
		sock_t c, kept;

		serving_start(&s, .on_stream = hand_over, .arg = &h);
		c = serving_dial(&s);
		UNTIL((kept = atomic_load(&h.sock)) != 0);
		assert_true(kept > 0);
		serving_stop(&s);
		assert_null(sock_session(kept));
		assert_int_equal(sock_write(c, "ping", 4, SOON), 0);
		assert_int_equal(sock_read_full(kept, buf, 4, SOON), 4);
		assert_int_equal(sock_close(kept), 0);
		assert_int_equal(sock_read(c, buf, 1, SOON), 0);
		sock_close(c);
		assert_aside();
	}
}

static void
use_it(void *arg)
{
	const struct handed *h = arg;
	const sock_t s = atomic_load(&h->sock);
	char c;

	/* Ended by the handler's return, in the middle of a wait. */
	const ssize_t rc = sock_read(s, &c, 1, SOCK_DEFAULT);

	/* Or it comes while the server reads what is left. */
	EXPECT(rc == SOCK_ESTALE || rc == -EBUSY);
}

static void *
use_in_thread(void *arg)
{
	use_it(arg);
	return NULL;
}

static void
lend_and_return(sock_t s, void *arg)
{
	struct handed *h = arg;
	char c;

	/* A fiber that has waited for it has its worker end it. */
	EXPECT_INT(sock_read(s, &c, 1, SOON), 1);
	atomic_store(&h->sock, s);
	while (!atomic_load(&h->returned))
		sock_sleep(SOCK_NOWAIT);
}

static void
other_threads_are_told_when_the_handler_returns(void **state)
{
	struct serving s;

	(void)state;
	EACH_ROW(s)
	{
		struct handed h = { 0, false };
		pthread_t thread;
		sock_t c;

		serving_start(&s, .on_stream = lend_and_return, .arg = &h);
		c = serving_dial(&s);
		sock_sleep(sock_in(5));
		assert_int_equal(sock_write(c, "?", 1, SOON), 0);
		UNTIL(atomic_load(&h.sock) != 0);
		assert_int_equal(pthread_create(&thread, NULL, use_in_thread,
				     &h),
		    0);
		sock_sleep(sock_in(5));
		atomic_store(&h.returned, true);
		assert_int_equal(pthread_join(thread, NULL), 0);
		UNTIL(serving_stats(&s).active == 0);
		sock_close(c);
		serving_stop(&s);
		assert_aside();
	}
}

static void
end_wrongly(void)
{
	_exit(9);
}

/* What its parent does at exit is not the child's to do. */
static void
fork_and_return(sock_t s, void *arg)
{
	_Atomic int *status = arg;
	const pid_t pid = fork();
	int ended = -1;

	(void)s;
	if (pid == 0) {
		alarm(100);
		(void)atexit(end_wrongly);
		return;
	}
	EXPECT(pid > 0);
	while (waitpid(pid, &ended, 0) < 0 && errno == EINTR)
		;
	atomic_store(status, ended);
}

static void
a_child_of_the_handlers_ends_when_it_returns(void **state)
{
	struct serving s;
	_Atomic int status;
	char byte;
	sock_t c;

	(void)state;
	EACH_MODE(s)
	{
		atomic_store(&status, -1);
		serving_start(&s, .on_stream = fork_and_return, .arg = &status);
		c = serving_dial(&s);
		assert_int_equal(sock_read(c, &byte, 1, SOON), 0);
		assert_int_equal(sock_finish(c, SOON), 0);
		serving_stop(&s);
		assert_int_equal(atomic_load(&status), 0);
		assert_aside();
	}
}

static void
read_late(sock_t s, void *arg)
{
	char byte;

	(void)sock_sleep(sock_in(120));
	atomic_store((_Atomic int *)arg, (int)sock_read(s, &byte, 1, SOON));
}

/* Whether a byte counts though nobody has read it. */
static bool
is_read_late(const struct serving *s, _Atomic int *code)
{
	sock_t c;

	atomic_store(code, 0);
	c = serving_dial(s);
	(void)sock_write(c, "x", 1, SOON);
	UNTIL(atomic_load(code) != 0);
	sock_close(c);
	return atomic_load(code) == 1;
}

static void
who_speaks_in_time_may_be_heard_late(void **state)
{
	_Atomic int code;
	struct serving s;

	(void)state;
	EACH_ROW(s)
	{
		serving_start(&s, .on_stream = read_late, .arg = &code,
		    .first_ms = 50);
		/* A busy machine may bring the byte too late, but not always. */
		UNTIL(is_read_late(&s, &code));
		serving_stop(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_peer_gets_the_last_answer_whole),
		cmocka_unit_test(a_handler_may_end_it_itself),
		cmocka_unit_test(what_is_detached_outlives_the_server),
		cmocka_unit_test(
		    other_threads_are_told_when_the_handler_returns),
		cmocka_unit_test(who_speaks_in_time_may_be_heard_late),
		cmocka_unit_test(a_child_of_the_handlers_ends_when_it_returns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
