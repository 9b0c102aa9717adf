/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/door.h"
#include "sys/sys.h"

/* Linux 5.4; what <sys/wait.h> has of it depends on the C library. */
#define BY_PIDFD 3

/* The same on all machines but alpha. */
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

pid_t
socki_sys_fork(void)
{
	sigset_t all, mask;
	pid_t rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &mask);
	DOOR(rc, fork, fork());
	if (rc != 0)
		pthread_sigmask(SIG_SETMASK, &mask, NULL);
	return rc;
}

int
socki_sys_pidfd(pid_t pid)
{
	int rc;

	DOOR(rc, pidfd, (int)syscall(SYS_pidfd_open, pid, 0));
	return socki_sys_high(rc);
}

static int
try_reap(int by, int id)
{
	const int saved = errno;
	siginfo_t info = { .si_pid = 0 };
	int rc = 0;

	if (syscall(SYS_waitid, by, id, &info, WEXITED | WNOHANG, NULL) != 0)
		rc = -errno;
	errno = saved;
	/* ECHILD: somebody waits for any child, or nobody for none. */
	if (rc == -ECHILD)
		return 0;
	return rc == 0 && info.si_pid == 0 ? -EAGAIN : rc;
}

int
socki_sys_reap(int pidfd, pid_t pid)
{
	int rc = -EINVAL;

	if (pidfd >= 0)
		rc = try_reap(BY_PIDFD, pidfd);
	return rc == -EINVAL ? try_reap(P_PID, pid) : rc;
}

void
socki_sys_kill(int pidfd, pid_t pid)
{
	const int saved = errno;

	if (pidfd >= 0)
		(void)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	else
		(void)syscall(SYS_kill, pid, SIGKILL);
	errno = saved;
}
