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
#include <sys/file.h>
#include <sys/stat.h>

#include "child.h"
#include "dialing.h"
#include "plain.h"
#include "where.h"

/* Every test works in a directory of its own, which it leaves empty. */
static char dir[] = "/tmp/sock-path-XXXXXX";
static char path[64], lock[64], text[80];

static int
make_dir(void **state)
{
	(void)snprintf(dir, sizeof dir, "/tmp/sock-path-XXXXXX");
	if (mkdtemp(dir) == NULL || chmod(dir, 0755) != 0)
		return -1;
	(void)snprintf(path, sizeof path, "%s/s", dir);
	(void)snprintf(lock, sizeof lock, "%s/s.lock", dir);
	(void)snprintf(text, sizeof text, "unix:%s", path);
	return where_count(state);
}

static int
remove_dir(void **state)
{
	if (rmdir(dir) != 0) {
		perror(dir);
		return -1;
	}
	return where_same(state);
}

#define path_test(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

static bool
exists(const char *name)
{
	struct stat st;

	return lstat(name, &st) == 0;
}

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
check_refused(const char *address, int code, const char *why)
{
	char want[256];

	assert_int_equal(sock_listen(address), code);
	(void)snprintf(want, sizeof want, "listen %s: %s", address, why);
	assert_string_equal(sock_errmsg(), want);
}

static void
a_path_lives_as_long_as_its_listener(void **state)
{
	const sock_t l = sock_listen(text);
	char shown[SOCK_ADDR_TEXT_MAX];
	struct sock_addr addr;

	(void)state;
	assert_true(l > 0);
	assert_true(exists(path));
	assert_false(exists(lock));
	assert_int_equal(sock_local(l, &addr), 0);
	assert_string_equal(sock_addr_text(&addr, shown, sizeof shown), text);
	check_serves(l);
	assert_int_equal(sock_close(l), 0);
	assert_false(exists(path));
}

static void
a_stale_file_is_replaced(void **state)
{
	const int fd = plain_unix(path, SOCK_STREAM, 4);
	sock_t l;

	(void)state;
	close(fd);
	assert_true(exists(path));
	l = sock_listen(text);
	if (l <= 0)
		fail_msg("%s", sock_errmsg());
	assert_false(exists(lock));
	check_serves(l);
	sock_close(l);
}

static void
a_live_server_keeps_its_path(void **state)
{
	int fd = plain_unix(path, SOCK_STREAM, 0), filler;
	const sock_t own = sock_adopt(fd);
	struct stat before, after;

	(void)state;
	assert_int_equal(lstat(path, &before), 0);
	check_refused(text, -EADDRINUSE,
	    "address in use: somebody listens there");
	/* Its queue is full now, which is not to be mistaken for death. */
	filler = plain_unix_connect(path);
	check_refused(text, -EADDRINUSE,
	    "address in use: somebody listens there");
	assert_int_equal(lstat(path, &after), 0);
	assert_true(before.st_ino == after.st_ino);
	assert_false(exists(lock));
	sock_close(own);
	if (filler >= 0)
		close(filler);
	assert_int_equal(unlink(path), 0);

	/* Nor is one that takes datagrams. */
	fd = plain_unix(path, SOCK_DGRAM, -1);
	check_refused(text, -EADDRINUSE,
	    "address in use: somebody listens there");
	close(fd);
	assert_int_equal(unlink(path), 0);
}

static void
what_is_no_socket_is_left_alone(void **state)
{
	static const char why[] =
	    "address in use: the file there is not a socket";
	char target[64];
	int fd;

	(void)state;
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "x", 1), 1);
	check_refused(text, -EADDRINUSE, why);
	assert_int_equal(lseek(fd, 0, SEEK_END), 1);
	close(fd);
	assert_int_equal(unlink(path), 0);

	assert_int_equal(mkdir(path, 0700), 0);
	check_refused(text, -EADDRINUSE, why);
	assert_int_equal(rmdir(path), 0);

	/* A link to a stale socket could lead anywhere. */
	(void)snprintf(target, sizeof target, "%s/target", dir);
	close(plain_unix(target, SOCK_STREAM, 1));
	assert_int_equal(symlink(target, path), 0);
	check_refused(text, -EADDRINUSE, why);
	assert_true(exists(target));
	assert_int_equal(unlink(target), 0);
	/* And so could one to nothing. */
	check_refused(text, -EADDRINUSE, why);
	assert_false(exists(target));
	assert_int_equal(unlink(path), 0);

	assert_int_equal(mkfifo(path, 0600), 0);
	check_refused(text, -EADDRINUSE, why);
	assert_int_equal(unlink(path), 0);
	assert_false(exists(lock));
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
	assert_true(exists(path));
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
a_child_that_closes_does_not_unlink(void **state)
{
	sock_t l = sock_listen(text);

	(void)state;
	child_run(close_a_copy, &l);
	assert_true(exists(path));
	check_serves(l);
	sock_close(l);
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
	assert_true(exists(longest));
	assert_int_equal(sock_close(sock_dial(address, .deadline = SOON)), 0);
	sock_close(l);
	assert_false(exists(longest));

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
	assert_false(exists(path));

	/* After a chdir(2) the name is another file's. */
	l = sock_listen("unix:s");
	assert_int_equal(chdir(other), 0);
	sock_close(l);
	assert_true(exists(decoy));
	assert_int_equal(chdir(here), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(unlink(decoy), 0);
	assert_int_equal(rmdir(other), 0);
}

static void
a_directory_that_is_not_there_is_named(void **state)
{
	char below[96];

	(void)state;
	(void)snprintf(below, sizeof below, "unix:%s/none/s", dir);
	assert_int_equal(sock_listen(below), -ENOENT);
	assert_non_null(strstr(sock_errmsg(), "no such file or directory"));
	assert_non_null(strstr(sock_errmsg(), "/none/s"));
}

static void
listen_in_a_closed_directory(void *arg)
{
	(void)arg;
	child_becomes_nobody();
	CHECK_INT(sock_listen(text), -EACCES);
	CHECK(strstr(sock_errmsg(), "permission denied") != NULL);
	CHECK(strstr(sock_errmsg(), path) != NULL);
}

static void
a_directory_without_permission_is_denied(void **state)
{
	(void)state;
	assert_int_equal(chmod(dir, 0555), 0);
	child_run(listen_in_a_closed_directory, NULL);
	assert_int_equal(chmod(dir, 0755), 0);
}

static void
a_closed_lock(void *arg)
{
	char want[256];

	(void)arg;
	child_becomes_nobody();
	CHECK_INT(sock_listen(text), -EACCES);
	(void)snprintf(want, sizeof want,
	    "listen %s: permission denied: of its lock file %s", text, lock);
	CHECK_TEXT(sock_errmsg(), want);
}

static void
a_lock_that_is_not_ours_is_an_error(void **state)
{
	int fd;

	(void)state;
	/* Held: by somebody who starts, or who wants nobody to. */
	fd = open(lock, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	check_refused(text, -EADDRINUSE,
	    "address in use: another process is starting to listen there");
	assert_true(exists(lock));
	assert_false(exists(path));
	/* Left behind by a starter that was killed. */
	close(fd);
	assert_int_equal(sock_close(sock_listen(text)), 0);
	assert_false(exists(lock));

	assert_int_equal(symlink("elsewhere", lock), 0);
	assert_int_equal(sock_listen(text), -ELOOP);
	assert_int_equal(unlink(lock), 0);
	assert_int_equal(mkdir(lock, 0700), 0);
	assert_int_equal(sock_listen(text), -EISDIR);
	assert_int_equal(rmdir(lock), 0);
	assert_false(exists(path));

	fd = open(lock, O_CREAT | O_RDWR | O_CLOEXEC, 0);
	assert_int_equal(chmod(dir, 0777), 0);
	child_run(a_closed_lock, NULL);
	close(fd);
	assert_int_equal(unlink(lock), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		path_test(a_path_lives_as_long_as_its_listener),
		path_test(a_stale_file_is_replaced),
		path_test(a_live_server_keeps_its_path),
		path_test(what_is_no_socket_is_left_alone),
		path_test(the_file_has_its_mode_whatever_the_umask),
		path_test(the_file_of_a_successor_stays),
		path_test(a_child_that_closes_does_not_unlink),
		path_test(a_path_may_have_107_bytes),
		path_test(a_relative_path_is_of_the_working_directory),
		path_test(a_directory_that_is_not_there_is_named),
		path_test(a_directory_without_permission_is_denied),
		path_test(a_lock_that_is_not_ours_is_an_error),
	};

	return child_result(cmocka_run_group_tests(tests, where_warm_up, NULL));
}
