/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sock/open.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "server/process.h"
#include "server/server.h"
#include "sys/sys.h"

/*
 * SOCK_FORKING.  To the parent a conversation is a child; the acceptor's thread
 * forks it, so that no connection of the server's is open then but its own.
 */

/* In place of the conversation's session. */
struct offspring {
	struct socki_child child; /* first */
	struct socki_conversation *conversation;
	struct socki_report *report;
};

static struct offspring *
offspring_of(struct socki_conversation *c)
{
	return (struct offspring *)(void *)c->session;
}

static struct socki_report *
take_report(struct socki_family *f)
{
	unsigned i;

	for (i = 0; i < f->report_count; i++) {
		struct socki_report *r =
		    &f->reports[f->report_turn++ % f->report_count];

		if (!atomic_load(&r->taken)) {
			atomic_store(&r->outcome, 0);
			atomic_store(&r->bytes_in, 0);
			atomic_store(&r->bytes_out, 0);
			atomic_store(&r->taken, true);
			return r;
		}
	}
	return NULL;
}

static void
conversation_ended(struct socki_child *child)
{
	struct offspring *o = (struct offspring *)(void *)child;
	struct socki_conversation *c = o->conversation;
	const uint8_t outcome = atomic_load(&o->report->outcome);
	const sock_t pidfd = child->pidfd;

	atomic_store(&c->bytes_in, atomic_load(&o->report->bytes_in));
	atomic_store(&c->bytes_out, atomic_load(&o->report->bytes_out));
	atomic_store(&o->report->taken, false);
	socki_conversation_leave(c,
	    outcome == 0 ? SOCKI_ABORTED : (enum socki_outcome)(outcome - 1));
	(void)sock_close(pidfd);
	socki_free(c);
}

static void *
minder_thread(void *family)
{
	socki_family_mind(family);
	return NULL;
}

static void
tell(struct socki_report *r, const struct socki_counts *n)
{
	const enum socki_outcome outcome = atomic_load(&n->finished) > 0 ?
	    SOCKI_FINISHED :
	    atomic_load(&n->timed_out) > 0 ? SOCKI_TIMED_OUT :
					     SOCKI_ABORTED;

	atomic_store(&r->bytes_in, atomic_load(&n->bytes_in));
	atomic_store(&r->bytes_out, atomic_load(&n->bytes_out));
	atomic_store(&r->outcome, (uint8_t)(1 + outcome));
}

/* The child's life. */
static _Noreturn void
live(struct socki_station *st, struct socki_socket *s, struct socki_report *r)
{
	struct sock_server *v = st->server;
	struct socki_counts mine = { .accepted = 0 };

	st->handle = 0;
	if (st->spare >= 0)
		socki_sys_close(st->spare);
	st->counts = &mine;
	v->tick_ms = v->family->tick_ms;
	v->options.max_streams = 0; /* the parent's to count */
	if (socki_sys_thread(minder_thread, v->family, 0) < 0)
		_exit(1);
	if (socki_conversation_hold(st, s, 0) == 0)
		tell(r, &mine);
	_exit(0);
}

static struct socki_conversation *
new_conversation(struct socki_station *st, uint64_t peer)
{
	struct socki_conversation *c =
	    socki_conversation_new(st, sizeof(struct offspring), peer);
	struct offspring *o;

	if (c == NULL)
		return NULL;
	o = offspring_of(c);
	o->child.ended = conversation_ended;
	o->child.is_over = true; /* until there is one */
	o->conversation = c;
	return c;
}

int
socki_conversation_fork(struct socki_station *st, struct socki_socket *s,
    uint64_t peer)
{
	struct socki_family *f = st->server->family;
	struct socki_report *r = take_report(f);
	struct socki_conversation *c = NULL;
	struct socki_task *task = NULL;
	int rc = r == NULL ? -EAGAIN : -ENOMEM;

	if (r != NULL)
		c = new_conversation(st, peer);
	if (c != NULL)
		task = socki_child_prepare(f, &offspring_of(c)->child, &rc);
	if (task != NULL) {
		offspring_of(c)->report = r;
		/* First, so that who is answered finds it counted. */
		socki_conversation_enter(c);
		rc = offspring_of(c)->child.pid = socki_family_fork(f, s);
		if (rc == 0)
			live(st, s, r);
		if (rc > 0) {
			socki_socket_drop(s);
			socki_child_watch(&offspring_of(c)->child, task);
			return 0;
		}
		socki_conversation_retract(c);
		socki_fiber_free(task);
	}
	socki_free(c);
	if (r != NULL)
		atomic_store(&r->taken, false);
	return rc;
}

sock_time
socki_conversation_end_late(struct socki_station *st)
{
	const sock_time kill_at = socki_family_kill_at(st->server->family);
	struct socki_conversation *c;

	if (!socki_clock_passed(kill_at))
		return kill_at;
	for (c = st->first; c != NULL; c = c->next)
		if (c->sock == 0)
			socki_child_kill(&offspring_of(c)->child);
	return sock_in(SOCKI_KILL_MS);
}
