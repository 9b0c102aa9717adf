/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <sys/signalfd.h>

#include "sys/door.h"
#include "sys/sys.h"

int
socki_sys_signalfd(const int *signals, int count)
{
	const int saved = errno;
	sigset_t set;
	int i, rc = 0;

	sigemptyset(&set);
	for (i = 0; i < count && rc == 0; i++)
		rc = sigaddset(&set, signals[i]);
	errno = saved;
	/* Which signalfd(2) would leave out, and say nothing. */
	if (rc != 0 || sigismember(&set, SIGKILL) || sigismember(&set, SIGSTOP))
		return -EINVAL;
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	DOOR(rc, signalfd, signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
	return socki_sys_high(rc);
}
