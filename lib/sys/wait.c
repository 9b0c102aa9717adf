/* SPDX-License-Identifier: MIT */
#include <linux/futex.h>
#include <linux/types.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "sys/direct.h"
#include "sys/door.h"
#include "sys/sys.h"

int
socki_sys_poll(struct pollfd *fds, unsigned count, int64_t timeout_ns)
{
	const struct timespec span = { timeout_ns / 1000000000,
		timeout_ns % 1000000000 };
	int rc;

	DOOR_DIRECT(rc, poll,
	    direct_ppoll(fds, count, timeout_ns < 0 ? NULL : &span));
	return rc;
}

int
socki_sys_epoll_create(void)
{
	int rc;

	DOOR(rc, epoll_create, epoll_create1(EPOLL_CLOEXEC));
	return socki_sys_high(rc);
}

int
socki_sys_epoll_ctl(int ep, int op, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event e = { .events = events, .data.u64 = data };
	int rc;

	DOOR(rc, epoll_ctl, epoll_ctl(ep, op, fd, &e));
	return rc;
}

/* Milliseconds, rounded up: waking too early would be a busy wait. */
static int
milliseconds(int64_t ns)
{
	if (ns < 0)
		return -1;
	return ns > INT64_C(1000000) * (INT32_MAX - 1) ?
	    INT32_MAX :
	    (int)((ns + 999999) / 1000000);
}

static int
wait_exactly(int ep, struct epoll_event *events, int max, int64_t timeout_ns)
{
#ifdef SYS_epoll_pwait2
	/* The kernel's struct timespec, 64 bits wide on every machine. */
	const struct {
		int64_t s, ns;
	} span = { timeout_ns / 1000000000, timeout_ns % 1000000000 };

	return (int)syscall(SYS_epoll_pwait2, ep, events, max,
	    timeout_ns < 0 ? NULL : &span, NULL, 0);
#else
	(void)ep, (void)events, (void)max, (void)timeout_ns;
	errno = ENOSYS;
	return -1;
#endif
}

int
socki_sys_epoll_wait(int ep, struct epoll_event *events, int max,
    int64_t timeout_ns)
{
	static _Atomic bool coarse; /* epoll_pwait2 is of Linux 5.11 */
	int rc = -ENOSYS;

	if (timeout_ns > 0 &&
	    !atomic_load_explicit(&coarse, memory_order_relaxed)) {
		DOOR(rc, epoll_wait, wait_exactly(ep, events, max, timeout_ns));
		/* EPERM: a seccomp filter older than the call. */
		if (rc != -ENOSYS && rc != -EPERM)
			return rc;
		atomic_store(&coarse, true);
	}
	DOOR_DIRECT(rc, epoll_wait,
	    direct_epoll_wait(ep, events, max, milliseconds(timeout_ns)));
	return rc;
}

/* Machines that never had a clock of 32 bits have the other call alone. */
#ifdef SYS_futex
typedef __kernel_long_t futex_time;
#else
#define SYS_futex SYS_futex_time64
typedef int64_t futex_time;
#endif

int
socki_sys_futex_wait(_Atomic int *word, int value, int64_t timeout_ns)
{
	const int64_t most = INT64_C(1000000000) * INT32_MAX;
	const int64_t ns = timeout_ns < most ? timeout_ns : most;
	const struct {
		futex_time s, ns;
	} span = { (futex_time)(ns / 1000000000),
		(futex_time)(ns % 1000000000) };
	int rc;

	DOOR(rc, futex,
	    (int)syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value,
		timeout_ns < 0 ? NULL : &span));
	return rc;
}

void
socki_sys_futex_wake(_Atomic int *word)
{
	const int saved = errno;

	(void)syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1);
	errno = saved;
}

int
socki_sys_eventfd(void)
{
	int rc;

	DOOR(rc, eventfd, eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
	return socki_sys_high(rc);
}

void
socki_sys_eventfd_set(int fd)
{
	const uint64_t one = 1;

	(void)direct_write(fd, &one, sizeof one);
}

void
socki_sys_eventfd_clear(int fd)
{
	uint64_t count;

	(void)direct_read(fd, &count, sizeof count);
}
