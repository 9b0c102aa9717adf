/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sock/process.h>
#include <sys/signalfd.h>

#include "base/error.h"
#include "base/memory.h"
#include "engine/watch.h"
#include "sys/sys.h"

static void
end(struct socki_watch *w)
{
	socki_watch_end(w);
	socki_free(w);
}

/* It has no handle that the child could close. */
static int
forked(struct socki_watch *w, const struct socki_task *who)
{
	(void)w, (void)who;
	return SOCKI_FORKED_CLOSES;
}

static const struct socki_watch_kind signal_kind = { end, forked };

/* On failure fd is closed. */
static int
watch_new(struct socki_watch **out, int fd)
{
	struct socki_object *object;
	struct socki_watch *w = socki_zalloc(sizeof *w);
	int rc = -ENOMEM;

	if (w != NULL)
		rc = socki_watch_open(w, &signal_kind, fd);
	if (rc < 0) {
		socki_free(w);
		socki_sys_close(fd);
		return rc;
	}
	(void)socki_handle_pin(w->handle, &object);
	*out = w;
	return 0;
}

static int
take(struct socki_watch *w, sock_time deadline)
{
	struct signalfd_siginfo info;
	int rc;

	do {
		const uint32_t seen = socki_watch_seen(w, SOCKI_READ);
		const ssize_t n = socki_sys_read(w->fd, &info, sizeof info);

		if (n != -EAGAIN)
			return n < 0 ? (int)n : (int)info.ssi_signo;
		rc = socki_watch_park(w, SOCKI_READ, seen, deadline);
	} while (rc == 0);
	return rc;
}

static int
wait_signal(const int *signals, int count, sock_time deadline)
{
	struct socki_watch *w;
	int rc = socki_sys_signalfd(signals, count);

	if (rc >= 0)
		rc = watch_new(&w, rc);
	if (rc < 0)
		return rc == -EINVAL ? SOCK_EUSAGE : rc;
	rc = take(w, deadline);
	(void)socki_handle_close(w->handle);
	socki_object_unpin(&w->object);
	return rc;
}

int
sock_wait_signal(const int *signals, int count, sock_time deadline)
{
	int rc = SOCK_EUSAGE;

	if (signals != NULL && count > 0)
		rc = wait_signal(signals, count, deadline);
	return rc < 0 ? socki_error_usage(rc, "wait signal",
			    "no signals, or none of such a number") :
			rc;
}
