/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sock/fiber.h>
#include <sock/open.h>
#include <sock/wait.h>

#include "engine/worker.h"
#include "server/process.h"
#include "sys/sys.h"

/* Without a pidfd, or where one tells what waitid(2) does not. */
#define LOOK_MS 100

static int
fd_of(const struct socki_child *child)
{
	return child->pidfd > 0 ? sock_fd(child->pidfd) : -1;
}

static void
watch(void *arg)
{
	struct socki_child *child = arg;
	struct sock_event event = { .sock = child->pidfd,
		.want = SOCK_READABLE };

	sock_shield(true);
	if (child->pidfd > 0)
		(void)sock_wait(&event, 1, SOCK_FOREVER);
	while (socki_sys_reap(fd_of(child), child->pid) == -EAGAIN)
		(void)sock_sleep(sock_in(LOOK_MS));
	atomic_store(&child->is_over, true);
	child->ended(child);
}

struct socki_task *
socki_child_prepare(struct socki_family *f, struct socki_child *child, int *rc)
{
	return socki_fiber_new_on(f->worker, watch, child, rc);
}

void
socki_child_watch(struct socki_child *child, struct socki_task *task)
{
	child->pidfd = socki_family_handle(socki_sys_pidfd(child->pid));
	atomic_store(&child->is_over, false);
	if (socki_fiber_start(task) == 0)
		return;
	/* A thread, where there are no fibers, that could not be made. */
	socki_child_kill(child);
	watch(child);
}

void
socki_child_kill(struct socki_child *child)
{
	if (!atomic_load(&child->is_over))
		socki_sys_kill(fd_of(child), child->pid);
}
