/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sched.h>

#include <sock/sync.h>

#include "crew.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct sock_channel *channel;

static int
send_int(int value, sock_time deadline)
{
	return sock_channel_send(channel, &value, deadline);
}

/* The value, or an error. */
static int
receive_int(sock_time deadline)
{
	int value = -1;
	const int rc = sock_channel_receive(channel, &value, deadline);

	return rc < 0 ? rc : value;
}

static void
items_come_in_the_order_in_which_they_were_sent(void **state)
{
	int i;

	(void)state;
	channel = sock_channel_new(sizeof(int), 3);
	assert_int_equal(receive_int(SOCK_NOWAIT), -EAGAIN);
	for (i = 0; i < 20; i += 2) {
		assert_int_equal(send_int(i, SOCK_NOWAIT), 0);
		assert_int_equal(send_int(i + 1, SOCK_FOREVER), 0);
		assert_int_equal(send_int(99, 0 * i + SOCK_FOREVER), 0);
		assert_int_equal(send_int(99, SOCK_NOWAIT), -EAGAIN);
		assert_int_equal(send_int(99, sock_in(1)), -ETIMEDOUT);
		assert_int_equal(receive_int(SOCK_NOWAIT), i);
		assert_int_equal(receive_int(SOCK_FOREVER), i + 1);
		assert_int_equal(receive_int(1), 99);
		assert_int_equal(receive_int(1), -ETIMEDOUT);
	}
	assert_string_equal(sock_errmsg(), "channel receive: timed out");
	sock_channel_free(channel);
}

static void
what_makes_no_sense_is_refused(void **state)
{
	(void)state;
	channel = NULL;
	assert_int_equal(send_int(1, SOCK_FOREVER), SOCK_EUSAGE);
	assert_int_equal(receive_int(SOCK_FOREVER), SOCK_EUSAGE);
	assert_int_equal(sock_channel_close(NULL), SOCK_EUSAGE);
	assert_string_equal(sock_errmsg(),
	    "channel close: the call makes no sense here: no channel");
	sock_channel_free(NULL);
	assert_null(sock_channel_new(8, SIZE_MAX / 8));
	assert_null(sock_channel_new(SIZE_MAX, 1));
	assert_string_equal(sock_errmsg(), "channel: out of memory");
}

static void
a_closed_channel_gives_what_is_left_and_takes_nothing(void **state)
{
	(void)state;
	channel = sock_channel_new(sizeof(int), 2);
	assert_int_equal(send_int(1, SOCK_FOREVER), 0);
	assert_int_equal(send_int(2, SOCK_FOREVER), 0);
	assert_int_equal(sock_channel_close(channel), 0);
	assert_int_equal(sock_channel_close(channel), 0);
	assert_int_equal(send_int(3, SOCK_FOREVER), -EPIPE);
	assert_string_equal(sock_errmsg(),
	    "channel send: the channel is closed");
	assert_int_equal(receive_int(SOCK_FOREVER), 1);
	assert_int_equal(receive_int(SOCK_NOWAIT), 2);
	assert_int_equal(receive_int(SOCK_FOREVER), SOCK_EEOF);
	assert_int_equal(receive_int(SOCK_NOWAIT), SOCK_EEOF);
	assert_string_equal(sock_errmsg(),
	    "channel receive: the channel is closed");
	sock_channel_free(channel);
}

static void
items_of_no_bytes_are_counted(void **state)
{
	(void)state;
	channel = sock_channel_new(0, 2);
	assert_int_equal(sock_channel_send(channel, NULL, SOCK_NOWAIT), 0);
	assert_int_equal(sock_channel_send(channel, NULL, SOCK_NOWAIT), 0);
	assert_int_equal(sock_channel_send(channel, NULL, SOCK_NOWAIT),
	    -EAGAIN);
	assert_int_equal(sock_channel_receive(channel, NULL, SOCK_NOWAIT), 0);
	assert_int_equal(sock_channel_receive(channel, NULL, SOCK_NOWAIT), 0);
	assert_int_equal(sock_channel_receive(channel, NULL, SOCK_NOWAIT),
	    -EAGAIN);
	sock_channel_free(channel);
}

/* Who sends and who receives, and what they count; any of them may end. */
struct traffic {
	_Atomic int next, last; /* values to send */
	_Atomic unsigned char seen[40000];
	_Atomic int received;
	bool impatient;
};

static sock_time
patience(const struct traffic *t, int i)
{
	return !t->impatient ? SOCK_FOREVER :
	    i % 3 == 0       ? SOCK_NOWAIT :
			       sock_now() + 20000;
}

static void
send_values(void *arg)
{
	struct traffic *t = arg;
	int i, rc = 0;

	while ((i = atomic_fetch_add(&t->next, 1)) < t->last) {
		do
			rc = send_int(i, patience(t, i));
		while (rc == -ETIMEDOUT || (rc == -EAGAIN && !sched_yield()));
		EXPECT_INT(rc, 0);
	}
}

static void
receive_values(void *arg)
{
	struct traffic *t = arg;
	int rc, i = 0;

	while ((rc = receive_int(patience(t, i++))) != SOCK_EEOF) {
		if (rc >= 0) {
			EXPECT_INT(atomic_fetch_add(&t->seen[rc], 1), 0);
			atomic_fetch_add(&t->received, 1);
		} else if (rc == -EAGAIN) {
			EXPECT_INT(sock_sleep(SOCK_NOWAIT) + sched_yield(), 0);
		} else {
			EXPECT_INT(rc, -ETIMEDOUT);
		}
	}
}

static void
run_traffic(size_t capacity, bool impatient)
{
	static struct traffic t;
	struct crew senders, receivers;

	memset(&t, 0, sizeof t);
	t.last = aside_many(impatient ? 4000 : 20000);
	t.impatient = impatient;
	channel = sock_channel_new(sizeof(int), capacity);
	crew_start(&receivers, 8, receive_values, &t);
	crew_start(&senders, 8, send_values, &t);
	crew_join(&senders);
	EXPECT_INT(sock_channel_close(channel), 0);
	crew_join(&receivers);
	EXPECT_INT(t.received, t.last);
	sock_channel_free(channel);
}

static void
every_item_arrives_once_whoever_sends_and_receives(void **state)
{
	static const size_t capacities[] = { 0, 1, 3, 100 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(capacities); i++) {
		run_traffic(capacities[i], false);
		run_traffic(capacities[i], true);
	}
	assert_aside();
}

/* A cancel, and how many were sent and received all the same. */
static _Atomic int sent, received;

static void
send_until_cancelled(void *arg)
{
	int rc;

	(void)arg;
	while ((rc = send_int(1, SOCK_FOREVER)) == 0)
		atomic_fetch_add(&sent, 1);
	EXPECT_INT(rc, -ECANCELED);
}

static void
receive_until_cancelled(void *arg)
{
	int rc;

	(void)arg;
	while ((rc = receive_int(SOCK_FOREVER)) > 0)
		atomic_fetch_add(&received, 1);
	EXPECT_INT(rc, -ECANCELED);
}

static void
a_cancelled_sender_keeps_its_item_and_a_receiver_has_taken_none(void **state)
{
	int round, i;

	(void)state;
	for (round = 0; round < 50; round++) {
		struct sock_group *g = sock_group_new();

		atomic_store(&sent, 0);
		atomic_store(&received, 0);
		channel = sock_channel_new(sizeof(int), (size_t)round % 3);
		for (i = 0; i < 4; i++)
			assert_int_equal(sock_go_spread(g,
					     i % 2 ? send_until_cancelled :
						     receive_until_cancelled,
					     NULL),
			    0);
		while (atomic_load(&received) < 10)
			sched_yield();
		sock_group_free(g);
		while (receive_int(SOCK_NOWAIT) > 0)
			atomic_fetch_add(&received, 1);
		assert_int_equal(sent, received);
		sock_channel_free(channel);
	}
	assert_aside();
}

static void
send_to_nobody(void *arg)
{
	(void)arg;
	EXPECT_INT(send_int(7, SOCK_FOREVER), -EPIPE);
	atomic_fetch_add(&sent, 1);
}

static void
receive_from_nobody(void *arg)
{
	(void)arg;
	EXPECT_INT(receive_int(SOCK_FOREVER), SOCK_EEOF);
	atomic_fetch_add(&sent, 1);
}

static void
closing_wakes_all_that_wait(void **state)
{
	void (*const runs[])(void *) = { send_to_nobody, receive_from_nobody };
	struct crew crew;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(runs); i++) {
		atomic_store(&sent, 0);
		channel = sock_channel_new(sizeof(int), 0);
		crew_start(&crew, 12, runs[i], NULL);
		aside_poke();
		assert_int_equal(sent, 0);
		assert_int_equal(sock_channel_close(channel), 0);
		crew_join(&crew);
		assert_int_equal(sent, 12);
		sock_channel_free(channel);
	}
	assert_aside();
}

static void
go_on_in_child(void *arg)
{
	(void)arg;
	EXPECT_INT(receive_int(SOCK_NOWAIT), 5);
	EXPECT_INT(receive_int(SOCK_NOWAIT), 6);
	EXPECT_INT(receive_int(SOCK_NOWAIT), -EAGAIN);
	EXPECT_INT(send_int(8, SOCK_NOWAIT), 0);
}

static void
send_a_six(void *arg)
{
	(void)arg;
	EXPECT_INT(send_int(6, SOCK_FOREVER), 0);
	EXPECT_INT(send_int(7, SOCK_FOREVER), 0);
	atomic_store(&sent, 1);
}

/* A sender that waits is the parent's, and so is its item. */
static void
a_child_finds_what_was_sent_and_nobody_waiting(void **state)
{
	struct sock_group *g = sock_group_new();

	(void)state;
	atomic_store(&sent, 0);
	channel = sock_channel_new(sizeof(int), 2);
	assert_int_equal(send_int(5, SOCK_FOREVER), 0);
	assert_int_equal(sock_go(g, send_a_six, NULL), 0);
	aside_poke();
	if (SOCKI_SWITCH)
		assert_int_equal(aside_child(go_on_in_child, NULL), 0);
	assert_int_equal(receive_int(SOCK_FOREVER), 5);
	assert_int_equal(receive_int(SOCK_FOREVER), 6);
	assert_int_equal(receive_int(SOCK_FOREVER), 7);
	assert_int_equal(sock_group_wait(g, SOCK_FOREVER), 0);
	sock_group_free(g);
	sock_channel_free(channel);
	assert_aside();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    items_come_in_the_order_in_which_they_were_sent),
		cmocka_unit_test(what_makes_no_sense_is_refused),
		cmocka_unit_test(
		    a_closed_channel_gives_what_is_left_and_takes_nothing),
		cmocka_unit_test(items_of_no_bytes_are_counted),
		cmocka_unit_test(
		    every_item_arrives_once_whoever_sends_and_receives),
		cmocka_unit_test(
		    a_cancelled_sender_keeps_its_item_and_a_receiver_has_taken_none),
		cmocka_unit_test(closing_wakes_all_that_wait),
		cmocka_unit_test(
		    a_child_finds_what_was_sent_and_nobody_waiting),
	};

	crew_workers();
	return cmocka_run_group_tests_name("channel", tests, NULL, NULL);
}
