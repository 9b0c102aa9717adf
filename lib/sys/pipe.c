/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "sys/direct.h"
#include "sys/door.h"
#include "sys/sys.h"

/*
 * write(2) has no MSG_NOSIGNAL.  A SIGPIPE that was pending before is left to
 * whom it belongs; one of ours is taken back before anybody sees it.
 */
ssize_t
socki_sys_write(int fd, const void *buf, size_t n)
{
	const struct timespec at_once = { 0, 0 };
	sigset_t pipe_only, mask, pending;
	bool was_blocked, was_pending = false;
	ssize_t rc;

	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe_only, &mask);
	was_blocked = sigismember(&mask, SIGPIPE) == 1;
	if (was_blocked && sigpending(&pending) == 0)
		was_pending = sigismember(&pending, SIGPIPE) == 1;
	DOOR_DIRECT_RESTART(rc, write, direct_write(fd, buf, n), &n);
	if (rc == -EPIPE && !was_pending) {
		const int saved = errno;

		while (sigtimedwait(&pipe_only, NULL, &at_once) < 0 &&
		    errno == EINTR)
			;
		errno = saved;
	}
	if (!was_blocked)
		pthread_sigmask(SIG_SETMASK, &mask, NULL);
	return rc;
}
