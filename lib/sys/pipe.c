/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <time.h>
#include <unistd.h>

#include "sys/direct.h"
#include "sys/door.h"
#include "sys/sys.h"

/*
 * What has no MSG_NOSIGNAL.  A SIGPIPE that was pending before is left to whom
 * it belongs; one of ours is taken back before anybody sees it.  A call that
 * moves several pieces may tell of those that went, and raise it for the next.
 */
struct guard {
	sigset_t pipe_only, mask;
	bool was_blocked, was_pending;
};

static void
begin(struct guard *g)
{
	sigset_t pending;

	sigemptyset(&g->pipe_only);
	sigaddset(&g->pipe_only, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &g->pipe_only, &g->mask);
	g->was_blocked = sigismember(&g->mask, SIGPIPE) == 1;
	g->was_pending = g->was_blocked && sigpending(&pending) == 0 &&
	    sigismember(&pending, SIGPIPE) == 1;
}

static void
end(const struct guard *g, size_t n, ssize_t rc)
{
	const struct timespec at_once = { 0, 0 };

	if ((rc == -EPIPE || (rc > 0 && (size_t)rc < n)) && !g->was_pending)
		while (direct_sigtimedwait(&g->pipe_only, &at_once) == -EINTR)
			;
	if (!g->was_blocked)
		pthread_sigmask(SIG_SETMASK, &g->mask, NULL);
}

ssize_t
socki_sys_write(int fd, const void *buf, size_t n)
{
	struct guard guard;
	ssize_t rc;

	begin(&guard);
	DOOR_DIRECT_RESTART(rc, write, direct_write(fd, buf, n), &n);
	end(&guard, n, rc);
	return rc;
}

ssize_t
socki_sys_sendfile(int out, int in, int64_t offset, size_t n)
{
	struct guard guard;
	off_t at = (off_t)offset;
	ssize_t rc;

	begin(&guard);
	DOOR_DIRECT_RESTART(rc, sendfile, direct_sendfile(out, in, &at, n), &n);
	end(&guard, n, rc);
	return rc == -EINPROGRESS ? -EAGAIN : rc;
}

ssize_t
socki_sys_splice(int in, int out, size_t n)
{
	struct guard guard;
	ssize_t rc;

	begin(&guard);
	DOOR_DIRECT_RESTART(rc, splice,
	    direct_splice(in, out, n, SPLICE_F_MOVE | SPLICE_F_NONBLOCK), &n);
	end(&guard, n, rc);
	return rc == -EINPROGRESS ? -EAGAIN : rc;
}

int
socki_sys_pipe(int out[2], size_t size)
{
	const int saved = errno;
	int rc;

	DOOR(rc, pipe2, pipe2(out, O_CLOEXEC | O_NONBLOCK));
	if (rc == 0)
		rc = socki_sys_high_both(out);
	/* It may be more than the user is allowed: then it stays small. */
	if (rc == 0 && size > 0 && fcntl(out[0], F_SETPIPE_SZ, (int)size) < 0)
		errno = saved;
	return rc;
}
