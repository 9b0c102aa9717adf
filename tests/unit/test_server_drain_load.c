/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "server/server.h"
#include "serving.h"

/* Clients without end, each of which wants its answer whole. */
struct crowd {
	const struct serving *s;
	_Atomic bool drained; /* who is refused from now on is not cut */
	_Atomic int served, refused, cut;
};

#define ANSWER_BYTES 20000

static void
answer_one(sock_t s, void *arg)
{
	static const char answer[ANSWER_BYTES];
	char byte;

	(void)arg;
	if (sock_read(s, &byte, 1, SOCK_DEFAULT) == 1)
		(void)sock_write(s, answer, sizeof answer, SOCK_DEFAULT);
}

static void
ask_without_end(void *arg)
{
	struct crowd *crowd = arg;
	char buf[4096];

	while (!atomic_load(&crowd->drained) ||
	    atomic_load(&crowd->refused) == 0) {
		const sock_t c =
		    sock_dial(crowd->s->at, .deadline = sock_in(100));
		size_t have = 0;
		ssize_t n = 0;

		if (c < 0) {
			atomic_fetch_add(&crowd->refused, 1);
			break;
		}
		if (sock_write(c, "?", 1, SOON) == 0)
			while ((n = sock_read(c, buf, sizeof buf, SOON)) > 0)
				have += (size_t)n;
		atomic_fetch_add(n == 0 && have == ANSWER_BYTES ?
			&crowd->served :
			&crowd->cut,
		    1);
		(void)sock_close(c);
	}
}

static void *
ask_in_thread(void *arg)
{
	ask_without_end(arg);
	return NULL;
}

#define ASKERS 8

static void
drain_at_once(struct crowd *crowd)
{
	assert_int_equal(sock_server_drain(crowd->s->v, SOON), 0);
	atomic_store(&crowd->drained, true);
}

/* Each acceptor that a client wakes sees it before anybody has told it. */
static void
drain_late(struct crowd *crowd)
{
	struct sock_server *v = crowd->s->v;
	const int before = atomic_load(&crowd->served);

	atomic_store(&v->shared->drain_by, SOON);
	atomic_store(&crowd->drained, true);
	/* Where one acceptor serves all, the queue may never be empty. */
	UNTIL(atomic_load(&crowd->refused) > 0 ||
	    atomic_load(&crowd->served) > before + 100);
	socki_server_stir(v, true);
}

static void
drain_under_load(const struct serving *s, void (*drain)(struct crowd *crowd))
{
	struct crowd crowd = { .s = s };
	pthread_t threads[ASKERS];
	int i, rc;

	for (i = 0; i < ASKERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
				     ask_in_thread, &crowd),
		    0);
	UNTIL(atomic_load(&crowd.served) > 20);
	drain(&crowd);
	rc = sock_server_wait(s->v, SOON);
	if (rc < 0)
		serving_failed(s);
	assert_int_equal(rc, 0);
	for (i = 0; i < ASKERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	if (atomic_load(&crowd.cut) != 0)
		serving_failed(s);
	assert_int_equal(atomic_load(&crowd.cut), 0);
	assert_int_equal(serving_stats(s).aborted, 0);
	sock_server_free(s->v);
}

/*
 * AddressSanitizer of clang 14 leaves its allocator's locks in a child as they
 * were: it hangs if another thread, such as an asker, had one.
 */
static bool
may_hang(const struct serving *s)
{
	if (!UNDER_ASAN || modes[s->mode].mode != SOCK_FORKING)
		return false;
	printf("SKIP: forking at %s: AddressSanitizer may hang in a child\n",
	    transports[s->transport]);
	return true;
}

#define ROUNDS (UNDER_TSAN || RUNNING_ON_VALGRIND ? 1 : 3)

static void
under_load_nobody_is_cut(void **state)
{
	struct serving s;
	int round;

	(void)state;
	EVERY_ROW(s)
	for (round = 0; round < ROUNDS && !may_hang(&s); round++) {
		serving_start(&s, .on_stream = answer_one);
		drain_under_load(&s, drain_at_once);
	}
}

static void
acceptors_that_see_it_first_cut_nobody(void **state)
{
	struct serving s;
	int round;

	(void)state;
	EACH_ROW(s)
	for (round = 0; round < ROUNDS; round++) {
		serving_start(&s, .on_stream = answer_one);
		drain_under_load(&s, drain_late);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(under_load_nobody_is_cut),
		cmocka_unit_test(acceptors_that_see_it_first_cut_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
