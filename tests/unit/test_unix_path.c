/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sock.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "child.h"
#include "engine/switch.h"
#include "dialing.h"
#include "place.h"
#include "plain.h"
#include "where.h"

static void
check_serves(sock_t l)
{
	const int fd = plain_unix_connect(path);
	const sock_t c = sock_accept(l, SOON);

	assert_true(fd >= 0);
	assert_true(c > 0);
	sock_close(c);
	close(fd);
}

static void
a_path_lives_as_long_as_its_listener(void **state)
{
	const sock_t l = sock_listen(text);
	char shown[SOCK_ADDR_TEXT_MAX];
	struct sock_addr addr;

	(void)state;
	assert_true(l > 0);
	assert_true(place_has(path));
	assert_false(place_has(lock));
	assert_int_equal(sock_local(l, &addr), 0);
	assert_string_equal(sock_addr_text(&addr, shown, sizeof shown), text);
	check_serves(l);
	/* There is more to it than a descriptor. */
	assert_int_equal(sock_detach(l), SOCK_EUSAGE);
	assert_int_equal(sock_close(l), 0);
	assert_false(place_has(path));
}

static void
a_stale_file_is_replaced(void **state)
{
	const int fd = plain_unix(path, SOCK_STREAM, 4);
	sock_t l;

	(void)state;
	close(fd);
	assert_true(place_has(path));
	l = sock_listen(text);
	if (l <= 0)
		fail_msg("%s", sock_errmsg());
	assert_false(place_has(lock));
	check_serves(l);
	sock_close(l);
}

static void
the_file_has_its_mode_whatever_the_umask(void **state)
{
	static const struct {
		int mode;
		mode_t mask, want;
	} rows[] = { { 0, 0, 0600 }, { 0, 022, 0600 }, { 0666, 0, 0666 },
		{ 0770, 0, 0770 }, { 0666, 022, 0644 } };
	struct stat st;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const mode_t before = umask(rows[i].mask);
		const sock_t l = sock_listen(text, .unix_mode = rows[i].mode);

		(void)umask(before);
		assert_true(l > 0);
		assert_int_equal(lstat(path, &st), 0);
		if ((st.st_mode & 07777) != rows[i].want)
			fail_msg("row %zu: %o", i, st.st_mode & 07777U);
		sock_close(l);
	}
}

static void
the_file_of_a_successor_stays(void **state)
{
	const sock_t l = sock_listen(text);
	int fd;

	(void)state;
	assert_int_equal(unlink(path), 0);
	fd = plain_unix(path, SOCK_STREAM, 4);
	assert_true(fd >= 0);
	assert_int_equal(sock_close(l), 0);
	assert_true(place_has(path));
	close(fd);
	assert_int_equal(unlink(path), 0);
}

static void
close_a_copy(void *arg)
{
	const sock_t *l = arg;

	CHECK_INT(sock_close(*l), 0);
}

static void
accept_nobody(void *arg)
{
	const sock_t *l = arg;

	(void)sock_accept(*l, SHORTLY);
}

static void
close_a_stale_copy(void *arg)
{
	const sock_t *l = arg;

	CHECK_INT(sock_close(*l), SOCK_ESTALE);
}

static void
a_child_that_closes_does_not_unlink(void **state)
{
	sock_t l = sock_listen(text);

	(void)state;
	child_run(close_a_copy, &l);
	assert_true(place_has(path));
	/* One that a worker holds is stale in a child. */
	assert_true(where_run(IN_FIBER, accept_nobody, &l));
	child_run(SOCKI_SWITCH ? close_a_stale_copy : close_a_copy, &l);
	assert_true(place_has(path));
	check_serves(l);
	assert_int_equal(sock_close(l), 0);
	assert_false(place_has(path));
}

static void
a_path_may_have_107_bytes(void **state)
{
	char longest[120], address[130];
	int n;
	sock_t l;

	(void)state;
	n = snprintf(longest, sizeof longest, "%s/", dir);
	memset(longest + n, 'p', sizeof longest - (size_t)n);
	longest[107] = '\0';
	(void)snprintf(address, sizeof address, "unix:%s", longest);
	l = sock_listen(address);
	assert_true(l > 0);
	assert_true(place_has(longest));
	assert_int_equal(sock_close(sock_dial(address, .deadline = SOON)), 0);
	sock_close(l);
	assert_false(place_has(longest));

	longest[107] = 'p';
	longest[108] = '\0';
	(void)snprintf(address, sizeof address, "unix:%s", longest);
	assert_int_equal(sock_listen(address), SOCK_EADDR);
	assert_int_equal(sock_dial(address), SOCK_EADDR);
}

static void
a_relative_path_is_of_the_working_directory(void **state)
{
	char here[4096], other[64], decoy[72];
	sock_t l;

	(void)state;
	(void)snprintf(other, sizeof other, "%s/other", dir);
	(void)snprintf(decoy, sizeof decoy, "%s/s", other);
	assert_int_equal(mkdir(other, 0700), 0);
	close(plain_unix(decoy, SOCK_STREAM, 1));

	assert_non_null(getcwd(here, sizeof here));
	assert_int_equal(chdir(dir), 0);
	l = sock_listen("unix:s");
	assert_true(l > 0);
	check_serves(l);
	sock_close(l);
	assert_false(place_has(path));

	/* After a chdir(2) the name is another file's. */
	l = sock_listen("unix:s");
	assert_int_equal(chdir(other), 0);
	sock_close(l);
	assert_true(place_has(decoy));
	assert_int_equal(chdir(here), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(unlink(decoy), 0);
	assert_int_equal(rmdir(other), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		place_test(a_path_lives_as_long_as_its_listener),
		place_test(a_stale_file_is_replaced),
		place_test(the_file_has_its_mode_whatever_the_umask),
		place_test(the_file_of_a_successor_stays),
		place_test(a_child_that_closes_does_not_unlink),
		place_test(a_path_may_have_107_bytes),
		place_test(a_relative_path_is_of_the_working_directory),
	};

	return child_result(cmocka_run_group_tests(tests, where_warm_up, NULL));
}
