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
#include "place.h"
#include "plain.h"
#include "where.h"

static void
check_refused(const char *address, int code, const char *why)
{
	char want[256];

	assert_int_equal(sock_listen(address), code);
	(void)snprintf(want, sizeof want, "listen %s: %s", address, why);
	assert_string_equal(sock_errmsg(), want);
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
	/* And has had no visitor. */
	assert_int_equal(sock_accept(own, SOCK_NOWAIT), -EAGAIN);
	/* Its queue is full now, which is not to be mistaken for death. */
	filler = plain_unix_connect(path);
	check_refused(text, -EADDRINUSE,
	    "address in use: somebody listens there");
	assert_int_equal(lstat(path, &after), 0);
	assert_true(before.st_ino == after.st_ino);
	assert_false(place_has(lock));
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
	assert_true(place_has(target));
	assert_int_equal(unlink(target), 0);
	/* And so could one to nothing. */
	check_refused(text, -EADDRINUSE, why);
	assert_false(place_has(target));
	assert_int_equal(unlink(path), 0);

	assert_int_equal(mkfifo(path, 0600), 0);
	check_refused(text, -EADDRINUSE, why);
	assert_int_equal(unlink(path), 0);
	assert_false(place_has(lock));
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
	assert_true(place_has(lock));
	assert_false(place_has(path));
	/* Left behind by a starter that was killed. */
	close(fd);
	assert_int_equal(sock_close(sock_listen(text)), 0);
	assert_false(place_has(lock));

	assert_int_equal(symlink("elsewhere", lock), 0);
	assert_int_equal(sock_listen(text), -ELOOP);
	assert_int_equal(unlink(lock), 0);
	assert_int_equal(mkdir(lock, 0700), 0);
	assert_int_equal(sock_listen(text), -EISDIR);
	assert_int_equal(rmdir(lock), 0);
	assert_false(place_has(path));

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
		place_test(a_live_server_keeps_its_path),
		place_test(what_is_no_socket_is_left_alone),
		place_test(a_directory_that_is_not_there_is_named),
		place_test(a_directory_without_permission_is_denied),
		place_test(a_lock_that_is_not_ours_is_an_error),
	};

	return child_result(cmocka_run_group_tests(tests, where_warm_up, NULL));
}
