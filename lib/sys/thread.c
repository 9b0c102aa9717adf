/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/direct.h"
#include "sys/door.h"
#include "sys/sys.h"

/* The kernel's own bound, CONFIG_NR_CPUS: a smaller set would be EINVAL. */
#define PROCESSORS_MAX 8192

struct processors {
	cpu_set_t sets[PROCESSORS_MAX / CPU_SETSIZE];
};

static unsigned
get_processors(struct processors *out)
{
	const int saved = errno;
	unsigned i, count = 0;

	if (sched_getaffinity(0, sizeof *out, out->sets) < 0)
		errno = saved;
	else
		for (i = 0; i < PROCESSORS_MAX; i++)
			count += CPU_ISSET_S(i, sizeof *out, out->sets) != 0;
	return count;
}

/* What pins choose from, and what threads begin with whose starter is pinned. */
static struct processors kept;
static unsigned kept_count;

/* By us: what this thread runs on is not what the program chose for it. */
static _Thread_local bool tied __attribute__((tls_model("initial-exec")));

static void
run_on(struct processors *p)
{
	const int saved = errno;

	(void)sched_setaffinity(0, sizeof *p, p->sets);
	errno = saved;
}

static int
create(void *(*run)(void *), void *arg, const pthread_attr_t *attr,
    pthread_t *thread)
{
	struct processors own;
	const bool moves = tied && get_processors(&own) > 0;
	sigset_t all, mask;
	int rc = -socki_fault(SOCKI_CALL_thread, NULL);

	if (rc < 0)
		return rc;
	/* The new thread inherits the mask: no signal can slip in before. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &mask);
	/* And the processors: who is pinned to one shall not pass it on. */
	if (moves)
		run_on(&kept);
	rc = pthread_create(thread, attr, run, arg);
	if (moves)
		run_on(&own);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	return -rc;
}

int
socki_sys_thread(void *(*run)(void *), void *arg, size_t stack)
{
	pthread_attr_t attr;
	pthread_t thread;
	int rc = pthread_attr_init(&attr);

	if (rc != 0)
		return -rc;
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (stack > 0)
		(void)pthread_attr_setstacksize(&attr, stack);
	rc = create(run, arg, &attr, &thread);
	pthread_attr_destroy(&attr);
	return rc;
}

int
socki_sys_thread_to_join(void *(*run)(void *), void *arg, pthread_t *thread)
{
	return create(run, arg, NULL, thread);
}

void
socki_sys_thread_join(pthread_t thread)
{
	int state;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	(void)pthread_join(thread, NULL);
	pthread_setcancelstate(state, &state);
}

unsigned
socki_sys_processors(void)
{
	struct processors p;
	const unsigned count = tied ? kept_count : get_processors(&p);

	return count > 0 ? count : 1;
}

void
socki_sys_pin_prepare(void)
{
	if (!tied)
		kept_count = get_processors(&kept);
}

void
socki_sys_pin(unsigned number)
{
	struct processors one;
	unsigned i, left;

	if (kept_count == 0)
		return;
	left = number % kept_count;
	for (i = 0; !CPU_ISSET_S(i, sizeof kept, kept.sets) || left-- > 0; i++)
		;
	CPU_ZERO_S(sizeof one, one.sets);
	CPU_SET_S(i, sizeof one, one.sets);
	run_on(&one);
	tied = true;
}

static int
membarrier(int command)
{
	const int saved = errno;
	const int rc = syscall(SYS_membarrier, command, 0, 0) < 0 ? -errno : 0;

	errno = saved;
	return rc;
}

int
socki_sys_barrier_prepare(void)
{
	return membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
}

void
socki_sys_barrier(void)
{
	const struct timespec span = { 0, 1000000 };

	/*
	 * A seccomp filter that came after the preparing may forbid it: no
	 * store waits in a processor's buffer for a millisecond.
	 */
	if (membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) < 0)
		(void)direct_ppoll(NULL, 0, &span);
}
