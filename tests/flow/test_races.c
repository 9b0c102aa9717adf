/* SPDX-License-Identifier: MIT */
#include "flow_test.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * Close and cancel against calls that wait, or are about to: each call ends
 * once, with the end it was given, and no stranger's descriptor is touched.
 * SOCK_RACES says how many in all; 2,400 by default.
 */

enum what {
	READING,
	WRITING,
	ACCEPTING,
	WHATS
};

struct race {
	sock_t target, peer;
	enum what what;
	_Atomic bool begun;
	int rc;
};

static unsigned
rounds(void)
{
	const char *text = getenv("SOCK_RACES");
	const unsigned runs = FLOW_KINDS * 2; /* by close, and by cancel */

	return text == NULL ? (unsigned)fewer(300) :
			      (unsigned)strtoul(text, NULL, 10) / runs;
}

/* Goes on until it is stopped: at each point of a call in some round. */
static void
run(void *arg)
{
	struct race *r = arg;
	char block[2048] = "";
	sock_t s;

	atomic_store(&r->begun, true);
	do
		switch (r->what) {
		case READING:
			r->rc = (int)sock_read(r->target, block, sizeof block,
			    soon());
			break;
		case WRITING:
			r->rc =
			    sock_write(r->target, block, sizeof block, soon());
			break;
		default:
			s = sock_accept(r->target, soon());
			r->rc = s < 0 ? (int)s : 0;
			(void)sock_close(s < 0 ? 0 : s);
		}
	while (r->rc >= 0);
}

static int
open_round(struct race *r)
{
	sock_t ends[2] = { 0, 0 };
	int rc = 0;

	atomic_init(&r->begun, false);
	if (r->what == ACCEPTING) {
		char name[64];

		(void)snprintf(name, sizeof name, "unix:@sock-races-%d",
		    (int)getpid());
		r->target = sock_listen(name);
		r->peer = sock_dial(name);
		return r->target < 0 ? (int)r->target : 0;
	}
	rc = sock_pair(ends);
	r->target = ends[0];
	r->peer = ends[1];
	return rc;
}

static void
race(struct flow *f, struct race *r, bool close, unsigned pause)
{
	SAME(open_round(r), 0);
	flow_start(f, run, r);
	while (!atomic_load(&r->begun))
		flow_yield();
	while (pause-- > 0)
		flow_yield();
	if (r->what == READING)
		(void)sock_write_some(r->peer, "x", 1, SOCK_NOWAIT);
	SAME(close ? sock_close(r->target) : sock_cancel(r->target), 0);
	flow_join(f);
	SAME(r->rc, close ? SOCK_ESTALE : -ECANCELED);
	if (!close)
		(void)sock_close(r->target);
	(void)sock_close(r->peer < 0 ? 0 : r->peer);
	SAME(sock_read(r->target, &r->rc, 1, SOCK_NOWAIT), SOCK_ESTALE);
}

static void
all_rounds(struct flow *f, bool close)
{
	const unsigned n = rounds();
	struct race r = { .what = READING };
	unsigned i;

	for (i = 0; i < n; i++) {
		r.what = (enum what)(i % WHATS);
		race(f, &r, close, i / WHATS % 8);
		if (r.rc >= 0)
			return;
	}
}

static void
closing_at_any_moment_ends_the_call_once(struct flow *f)
{
	all_rounds(f, true);
}

static void
cancelling_at_any_moment_ends_the_call_once(struct flow *f)
{
	all_rounds(f, false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		KIND_TEST(closing_at_any_moment_ends_the_call_once),
		KIND_TEST(cancelling_at_any_moment_ends_the_call_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
