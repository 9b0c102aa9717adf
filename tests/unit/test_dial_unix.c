/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sock.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "child.h"
#include "dialing.h"
#include "plain.h"
#include "where.h"

static char dir[] = "/tmp/sock-dial-XXXXXX";

static int
make_dir(void **state)
{
	return mkdtemp(dir) == NULL || chmod(dir, 0755) != 0 ||
	    where_warm_up(state) != 0;
}

static int
remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

/* DIR/NAME, and its address. */
struct place {
	char path[64], text[80];
};

static struct place
place(const char *name)
{
	struct place p;

	(void)snprintf(p.path, sizeof p.path, "%s/%s", dir, name);
	(void)snprintf(p.text, sizeof p.text, "unix:%s", p.path);
	return p;
}

static void
check_refused(const char *text, int code, const char *sentence)
{
	struct dialing d = DIALING(text, .deadline = SOON);
	char want[256];
	int where;

	(void)snprintf(want, sizeof want, "dial %s: %s", text, sentence);
	for (where = 0; where < WHERE_COUNT; where++) {
		if (dialing_run(&d, where) != code || strcmp(d.text, want) != 0)
			fail_msg("%s in a %s: %lld, %s", text,
			    where_names[where], (long long)d.got, d.text);
	}
}

static void
each_reason_has_its_own_code(void **state)
{
	const struct place none = place("none"), stale = place("stale"),
			   datagrams = place("datagrams"), file = place("file"),
			   below = place("file/below");
	int fd;

	(void)state;
	check_refused(none.text, -ENOENT, "no such file or directory");

	fd = plain_unix(stale.path, SOCK_STREAM, 1);
	close(fd);
	check_refused(stale.text, -ECONNREFUSED, "connection refused");
	assert_int_equal(unlink(stale.path), 0);

	fd = plain_unix(datagrams.path, SOCK_DGRAM, -1);
	check_refused(datagrams.text, -EPROTOTYPE,
	    "wrong type of socket for this address");
	close(fd);
	assert_int_equal(unlink(datagrams.path), 0);

	fd = open(file.path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	check_refused(file.text, -ECONNREFUSED, "connection refused");
	check_refused(below.text, -ENOTDIR, "not a directory");
	close(fd);
	assert_int_equal(unlink(file.path), 0);

	check_refused("unix:@sock-test-nobody-listens-here", -ECONNREFUSED,
	    "connection refused");
}

static void
dial_as_nobody(void *arg)
{
	struct dialing d = DIALING(arg, .deadline = SOON);
	char want[128];

	child_becomes_nobody();
	dialing_try(&d);
	CHECK_INT(d.got, -EACCES);
	(void)snprintf(want, sizeof want, "dial %s: permission denied",
	    (const char *)arg);
	CHECK_TEXT(d.text, want);
	CHECK(!d.retry);
}

static void
a_socket_that_may_not_be_written_to_is_denied(void **state)
{
	struct place p = place("private");
	int fd;

	(void)state;
	fd = plain_unix(p.path, SOCK_STREAM, 4);
	assert_int_equal(chmod(p.path, 0), 0);
	child_run(dial_as_nobody, p.text);
	close(fd);
	assert_int_equal(unlink(p.path), 0);
}

/* A listener whose queue is full, and the connections in it. */
struct full {
	struct place p;
	int listener, filler;
};

static void
fill(struct full *f, const char *name)
{
	f->p = place(name);
	f->listener = plain_unix(f->p.path, SOCK_STREAM, 0);
	assert_true(f->listener >= 0);
	f->filler = plain_unix_connect(f->p.path);
	assert_true(f->filler >= 0);
	assert_true(plain_unix_connect(f->p.path) < 0);
	assert_int_equal(errno, EAGAIN);
}

static void
empty(struct full *f)
{
	close(f->listener);
	close(f->filler);
	assert_int_equal(unlink(f->p.path), 0);
}

static void
a_full_queue_is_tried_until_the_deadline(void **state)
{
	struct full f;
	struct dialing d = { .options.size = sizeof d.options };
	char want[128];
	int where;

	(void)state;
	fill(&f, "full");
	d.options.address = f.p.text;
	(void)snprintf(want, sizeof want, "dial %s: timed out", f.p.text);
	for (where = 0; where < WHERE_COUNT; where++) {
		d.options.deadline = SHORTLY;
		assert_int_equal(dialing_run(&d, where), -ETIMEDOUT);
		assert_true(sock_now() >= d.options.deadline);
		assert_string_equal(d.text, want);
		d.options.deadline = SOCK_NOWAIT;
		assert_int_equal(dialing_run(&d, where), -EAGAIN);
	}
	empty(&f);
}

/* Each attempt binds it anew, and the last one leaves it to others. */
static void
an_attempt_that_failed_leaves_no_local_path(void **state)
{
	const struct place mine = place("mine"), nobody = place("nobody");
	struct dialing d = { .options = { .size = sizeof d.options,
				 .local = mine.path } };
	struct full f;
	int where;

	(void)state;
	fill(&f, "busy");
	for (where = 0; where < WHERE_COUNT; where++) {
		d.options.address = f.p.text;
		d.options.deadline = SHORTLY;
		assert_int_equal(dialing_run(&d, where), -ETIMEDOUT);
		assert_int_equal(access(mine.path, F_OK), -1);
		d.options.address = nobody.text;
		assert_int_equal(dialing_run(&d, where), -ENOENT);
		assert_int_equal(access(mine.path, F_OK), -1);
	}
	empty(&f);
}

static void *
drain(void *arg)
{
	const int *listener = arg;
	int fd[2];

	(void)sock_sleep(sock_in(30));
	fd[0] = accept4(*listener, NULL, NULL, SOCK_CLOEXEC);
	fd[1] = accept4(*listener, NULL, NULL, SOCK_CLOEXEC);
	close(fd[0]);
	close(fd[1]);
	return NULL;
}

static void
a_queue_that_drains_lets_the_dial_in(void **state)
{
	struct full f;
	struct dialing d = { .options.size = sizeof d.options };
	pthread_t thread;
	int where;

	(void)state;
	for (where = 0; where < WHERE_COUNT; where++) {
		fill(&f, "drains");
		d.options.address = f.p.text;
		d.options.deadline = SOON;
		assert_int_equal(pthread_create(&thread, NULL, drain,
				     &f.listener),
		    0);
		assert_true(dialing_run(&d, where) > 0);
		assert_int_equal(pthread_join(thread, NULL), 0);
		sock_close(d.got);
		empty(&f);
	}
}

static void
a_foreign_loop_is_told_when_to_try_a_full_queue_again(void **state)
{
	struct full f;
	sock_time due;
	int fd, rc, tries = 0;
	sock_t s;

	(void)state;
	fill(&f, "foreign");
	s = sock_dial_start(f.p.text);
	do {
		struct pollfd p = { sock_fd(s), POLLIN | POLLOUT, 0 };

		due = sock_due(s);
		assert_true(due > 0 && due < sock_in(1000));
		/* A socket that is not connected must not look ready. */
		assert_int_equal(poll(&p, 1, 0), 0);
		(void)sock_sleep(due);
		rc = sock_connected(s, SOCK_NOWAIT);
		if (++tries == 4) {
			fd = accept4(f.listener, NULL, NULL, SOCK_CLOEXEC);
			close(fd);
		}
	} while (rc == -EAGAIN && tries < 100);
	assert_int_equal(rc, 0);
	assert_true(tries > 4);
	assert_true(sock_due(s) == SOCK_FOREVER);
	sock_close(s);
	empty(&f);
}

static void
wait_connected(void *arg)
{
	sock_t *s = arg;

	*s = sock_connected(*s, SOON);
}

static void
a_wait_for_a_full_queue_is_cancelled_and_closed(void **state)
{
	struct sock_group *group = sock_group_new();
	struct full f;
	struct dialing d = { .options.size = sizeof d.options };
	sock_t s, seen;

	(void)state;
	fill(&f, "ended");
	d.options.address = f.p.text;
	assert_int_equal(sock_go(group, dialing_try, &d), 0);
	assert_int_equal(sock_group_wait(group, SHORTLY), -ETIMEDOUT);
	assert_int_equal(sock_group_cancel(group), 0);
	assert_int_equal(sock_group_wait(group, SOON), 0);
	assert_int_equal(d.got, -ECANCELED);
	sock_group_free(group);

	group = sock_group_new();
	s = seen = sock_dial_start(f.p.text);
	assert_int_equal(sock_go(group, wait_connected, &seen), 0);
	assert_int_equal(sock_group_wait(group, SHORTLY), -ETIMEDOUT);
	assert_int_equal(sock_cancel(s), 0);
	assert_int_equal(sock_group_wait(group, SOON), 0);
	assert_int_equal(seen, -ECANCELED);
	sock_close(s);

	s = sock_dial_start(f.p.text);
	assert_int_equal(sock_connected(s, SHORTLY), -ETIMEDOUT);
	assert_int_equal(sock_close(s), 0);
	sock_group_free(group);
	empty(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		where_test(each_reason_has_its_own_code),
		where_test(a_socket_that_may_not_be_written_to_is_denied),
		where_test(a_full_queue_is_tried_until_the_deadline),
		where_test(an_attempt_that_failed_leaves_no_local_path),
		where_test(a_queue_that_drains_lets_the_dial_in),
		where_test(
		    a_foreign_loop_is_told_when_to_try_a_full_queue_again),
		where_test(a_wait_for_a_full_queue_is_cancelled_and_closed),
	};

	return child_result(cmocka_run_group_tests(tests, make_dir,
	    remove_dir));
}
