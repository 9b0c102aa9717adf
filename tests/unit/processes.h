/* SPDX-License-Identifier: MIT */
#ifndef SOCK_TEST_PROCESSES_H
#define SOCK_TEST_PROCESSES_H

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "engine/worker.h"
#include "serving.h"
#include "where.h"

/*
 * Servers of processes: each test runs in both modes.  A child does as it is
 * told by lines, and says who it is.
 */

static const int process_modes[] = { 3, 4 }; /* rows of modes[] */

#define EACH_PROCESS_MODE(s) \
	for (s = (struct serving){ .mode = process_modes[0] }; \
	     s.mode <= process_modes[1]; s.mode++)

/* What a test shares with its children. */
struct process_page {
	_Atomic int crash; /* each conversation does, at once */
	_Atomic int at_exit;
	struct sock_server *_Atomic v;
};

static struct process_page *page;

static inline int
threads_running(void)
{
	DIR *dir = opendir("/proc/self/task");
	int n = -2;

	while (dir != NULL && readdir(dir) != NULL)
		n++;
	if (dir != NULL)
		closedir(dir);
	return n;
}

static inline void
process_obey(sock_t s, const char *line)
{
	struct sock_server *v = atomic_load(&page->v);
	char *volatile memory;

	if (strcmp(line, "crash") == 0)
		kill(getpid(), SIGKILL);
	else if (strcmp(line, "exit") == 0)
		_exit(7);
	else if (strcmp(line, "hang") == 0)
		for (;;)
			pause();
	else if (strcmp(line, "sockets") == 0)
		sock_printf(s, "%d\n", aside_sockets());
	else if (strcmp(line, "threads") == 0)
		sock_printf(s, "%d\n", threads_running());
	else if (strcmp(line, "open") == 0)
		sock_printf(s, "%d\n", aside_open());
	else if (strcmp(line, "parent") == 0)
		sock_printf(s, "%d\n", (int)getppid());
	else if (strcmp(line, "drain") == 0)
		sock_printf(s, "%d\n", sock_server_drain(v, SOON));
	else if (strcmp(line, "alloc") == 0) {
		memory = malloc(1000);
		sock_printf(s, "%d\n", memory != NULL);
		free(memory);
	} else
		sock_printf(s, "%d\n", (int)getpid());
}

static inline void
process_serve(sock_t s, void *arg)
{
	char line[64];

	(void)arg;
	if (atomic_load(&page->crash) > 0)
		kill(getpid(), SIGKILL);
	while (sock_read_line(s, line, sizeof line, SOCK_DEFAULT) >= 0)
		process_obey(s, line);
}

/* What a child answers; -1: it does not. */
static inline int
process_ask(sock_t s, const char *line)
{
	char answer[64];

	if (sock_printf(s, "%s\n", line) < 0 ||
	    sock_read_line(s, answer, sizeof answer, SOON) < 0)
		return -1;
	return (int)strtol(answer, NULL, 10);
}

/* A conversation, and whose. */
struct talk {
	sock_t sock;
	int pid;
};

static inline struct talk
process_dial(const struct serving *s)
{
	struct talk t = { .sock = serving_dial(s) };

	assert_true(t.sock > 0);
	t.pid = process_ask(t.sock, "pid");
	assert_true(t.pid > 0);
	assert_int_not_equal(t.pid, getpid());
	return t;
}

/*
 * A child may hold the other end of what was being dialed when it was forked:
 * the end of the stream is told beside the descriptor's.
 */
static inline void
process_hang_up(sock_t s)
{
	(void)sock_shut(s, SOON);
	(void)sock_close(s);
}

/* One with a child that is neither of these. */
static inline struct talk
process_dial_other(const struct serving *s, int a, int b)
{
	const sock_time until = SOON;
	struct talk t;

	for (;;) {
		t = process_dial(s);
		if (t.pid != a && t.pid != b)
			return t;
		process_hang_up(t.sock);
		assert_true(sock_now() < until);
	}
}

/* What starts later would be taken for what a server leaves open. */
static inline int
process_setup(void **state)
{
	unsigned i;
	int rc;

	if (where_warm_up(state) < 0)
		return -1;
	for (i = 0; i < socki_worker_count(); i++)
		if (socki_worker_at(i, &rc) == NULL)
			return rc;
	page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return page == MAP_FAILED ? -1 : 0;
}

/* No child is left, and no zombie. */
static inline void
assert_no_children(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* Of whole programs; NULL: they run. */
static inline const char *
processes_skipped(void)
{
	if (UNDER_TSAN)
		return "this tool allows no threads in children";
	if (under_emulation())
		return "no threads in children here";
	return NULL;
}

#define PROCESSES_MAIN(tests) \
	do { \
		if (processes_skipped() != NULL) { \
			printf("SKIP: %s\n", processes_skipped()); \
			return 77; \
		} \
		return cmocka_run_group_tests(tests, process_setup, NULL); \
	} while (0)

#endif
