/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sock.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "child.h"
#include "dialing.h"
#include "plain.h"
#include "where.h"

#define STARTERS 200
#define STARTERS_SLOW 20 /* under valgrind */
#define ROUNDS 5
#define RESTARTS 500

static char dir[] = "/tmp/sock-race-XXXXXX";
static char path[64], lock[64], text[80];
static int starters = STARTERS;

static int
make_dir(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(path, sizeof path, "%s/s", dir);
	(void)snprintf(lock, sizeof lock, "%s/s.lock", dir);
	(void)snprintf(text, sizeof text, "unix:%s", path);
	/* The wake-up of this thread is made at its first wait, and stays. */
	(void)sock_sleep(sock_in(20));
	return 0;
}

static int
remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

static bool
exists(const char *name)
{
	struct stat st;

	return lstat(name, &st) == 0;
}

/* Of all processes: who has got ready, who is done, and what came of it. */
struct race {
	_Atomic int ready, done, won, lost, other;
	int go[2], over[2]; /* pipes, which end when it is time */
};

static void
until_end_of(const int end[2])
{
	char byte;

	close(end[1]);
	(void)!read(end[0], &byte, 1);
}

/* The winner stays until all have tried, and dies without closing. */
static void
start(struct race *race)
{
	sock_t l;

	atomic_fetch_add(&race->ready, 1);
	until_end_of(race->go);
	l = sock_listen(text);
	if (l > 0)
		atomic_fetch_add(&race->won, 1);
	else if (l == -EADDRINUSE)
		atomic_fetch_add(&race->lost, 1);
	else
		atomic_store(&race->other, (int)l);
	atomic_fetch_add(&race->done, 1);
	until_end_of(race->over);
	_exit(0);
}

static void
until(_Atomic int *count, int n)
{
	while (atomic_load(count) < n)
		(void)sock_sleep(sock_in(1));
}

static void
run_race(struct race *race)
{
	int i, status;

	memset(race, 0, sizeof *race);
	assert_int_equal(pipe2(race->go, O_CLOEXEC), 0);
	assert_int_equal(pipe2(race->over, O_CLOEXEC), 0);
	fflush(NULL);
	for (i = 0; i < starters; i++) {
		const pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0) {
			child_begin();
			start(race);
		}
	}
	until(&race->ready, starters);
	close(race->go[1]);
	until(&race->done, starters);
	assert_true(exists(path));
	assert_int_equal(sock_close(sock_dial(text, .deadline = SOON)), 0);
	close(race->over[1]);
	for (i = 0; i < starters; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	close(race->go[0]);
	close(race->over[0]);
}

static void
of_many_starters_exactly_one_wins(void **state)
{
	struct race *race = mmap(NULL, sizeof *race, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int round;

	(void)state;
	if (child_under_valgrind())
		starters = STARTERS_SLOW;
	assert_true(race != MAP_FAILED);
	/* From the second round on, over the stale file of the one before. */
	for (round = 0; round < ROUNDS; round++) {
		run_race(race);
		if (race->won != 1 || race->lost != starters - 1)
			fail_msg("round %d: %d won, %d lost, other: %d", round,
			    race->won, race->lost, race->other);
		assert_true(exists(path));
		assert_false(exists(lock));
	}
	munmap(race, sizeof *race);
	assert_int_equal(unlink(path), 0);
}

static void *
close_it(void *arg)
{
	const sock_t *l = arg;

	(void)sock_close(*l);
	return NULL;
}

static void
who_starts_while_another_closes_keeps_its_path(void **state)
{
	sock_t l = sock_listen(text), next, c;
	pthread_t thread;
	int i;

	(void)state;
	for (i = 0; i < RESTARTS; i++) {
		assert_int_equal(pthread_create(&thread, NULL, close_it, &l),
		    0);
		do
			next = sock_listen(text);
		while (next == -EADDRINUSE);
		if (next < 0)
			fail_msg("%s", sock_errmsg());
		assert_int_equal(pthread_join(thread, NULL), 0);
		l = next;
		assert_true(exists(path));
		c = sock_dial(text, .deadline = SOON);
		assert_true(c > 0);
		sock_close(c);
	}
	sock_close(l);
	assert_false(exists(path));
	assert_false(exists(lock));
}

/* This program again, under strace, with the path to listen on. */
static void
run_strace(void *arg)
{
	char exe[4096], command[4400], line[512];
	int chmods = 0, binds = 0;
	const ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	FILE *f;

	(void)arg;
	CHECK(n > 0);
	exe[n] = '\0';
	if (system("strace -V >/dev/null 2>&1") != 0)
		child_skip("no strace (apt-get install strace)");
	if (system("strace -o /dev/null true 2>/dev/null") != 0)
		child_skip("strace may not trace here");
	(void)setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	(void)snprintf(command, sizeof command, "'%s' '%s' 2>/dev/null", exe,
	    text);
	if (system(command) != 0)
		child_skip("an emulator's program is nothing to strace");
	(void)snprintf(command, sizeof command,
	    "strace -f -e signal=none -e "
	    "trace=chmod,fchmod,fchmodat,umask,bind,listen "
	    "'%s' '%s' 2>&1",
	    exe, text);
	f = popen(command, "r");
	CHECK(f != NULL);
	while (fgets(line, sizeof line, f) != NULL) {
		CHECK(strstr(line, "umask(") == NULL);
		CHECK(strstr(line, " chmod(") == NULL);
		CHECK(strstr(line, "fchmodat") == NULL);
		if (strstr(line, "fchmod(") != NULL) {
			CHECK(strstr(line, "0600") != NULL);
			CHECK_INT(binds, 0);
			chmods++;
		} else if (strstr(line, "bind(") != NULL) {
			CHECK(strstr(line, path) != NULL);
			CHECK_INT(chmods, 1);
			binds++;
		}
	}
	CHECK_INT(pclose(f), 0);
	CHECK_INT(binds, 1);
}

static void
the_file_has_its_mode_before_it_has_its_name(void **state)
{
	(void)state;
	child_run(run_strace, NULL);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		where_test(of_many_starters_exactly_one_wins),
		where_test(the_file_has_its_mode_before_it_has_its_name),
		where_test(who_starts_while_another_closes_keeps_its_path),
	};

	if (argc == 2)
		return sock_close(sock_listen(argv[1])) != 0;
	return child_result(cmocka_run_group_tests(tests, make_dir,
	    remove_dir));
}
