/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <sock.h>
#include <stdio.h>
#include <string.h>

#include "child.h"
#include "dialing.h"
#include "naming.h"
#include "plain.h"
#include "sys/fault.h"
#include "where.h"

/* A loop of somebody else's; whatever sock_connected() says in the end. */
static int
foreign(sock_t s)
{
	int rc;

	while ((rc = sock_connected(s, SOCK_NOWAIT)) == -EAGAIN) {
		struct pollfd p = { sock_fd(s), POLLIN | POLLOUT, 0 };
		const sock_time due = sock_due(s), now = sock_now();
		const int ms = due == SOCK_FOREVER ? 20000 :
		    due <= now                     ? 0 :
				 (int)((due - now) / 1000000) + 1;

		if (poll(&p, 1, ms) == 0 && ms == 20000)
			return -EINPROGRESS;
	}
	return rc;
}

/* In a thread, in a fiber and in a foreign loop: the same peer, or code. */
static void
check(const struct sock_dial_options *o, const char *peer, int code)
{
	struct dialing d = { .options = *o };
	char shown[SOCK_ADDR_TEXT_MAX], want[64];
	struct sock_addr addr;
	int where, rc;

	(void)snprintf(want, sizeof want, "tcp:%s:%d", peer, port);
	for (where = 0; where <= WHERE_COUNT; where++) {
		if (where < WHERE_COUNT) {
			rc = (int)dialing_run(&d, where);
			rc = d.got > 0 ? 0 : rc;
		} else {
			d.got = sock_dial_start_with(o);
			rc = d.got > 0 ? foreign(d.got) : (int)d.got;
			(void)snprintf(d.text, sizeof d.text, "%s",
			    sock_errmsg());
		}
		if (rc != code)
			fail_msg("%s, %d: %d, %s", o->address, where, rc,
			    d.text);
		if (code == 0) {
			assert_int_equal(sock_peer(d.got, &addr), 0);
			assert_string_equal(sock_addr_text(&addr, shown,
						sizeof shown),
			    want);
		}
		sock_close(d.got);
	}
}

#define CHECK_DIAL(peer, code, ...) \
	check(&(const struct sock_dial_options){ .size = sizeof(struct \
						     sock_dial_options), \
		  .deadline = SOON, \
		  .address = __VA_ARGS__ }, \
	    peer, code)

static void
a_name_leads_to_its_addresses(void **state)
{
	(void)state;
	CHECK_DIAL("127.0.0.1", 0, address("four.test"));
	CHECK_DIAL("127.0.0.1", 0, address("refused.test"));
	CHECK_DIAL("127.0.0.1", 0, address("two.test"), .family = AF_INET);
	CHECK_DIAL("127.0.0.1", 0, address("two.test"), .local = "127.0.0.1");
	if (!plain_has_ipv6())
		SKIP_TEST("no IPv6 here");
	CHECK_DIAL("[::1]", 0, address("six.test"));
	CHECK_DIAL("[::1]", 0, address("two.test"));
}

static void
the_c_librarys_order_says_who_is_first(void **state)
{
	(void)state;
	if (!plain_has_ipv6())
		SKIP_TEST("no IPv6 here");
	CHECK_DIAL("[::1]", 0, address("one-answer.test"));
	scripted_release();
	scripted_use(&scripted_sorted, names);
	CHECK_DIAL("127.0.0.1", 0, address("one-answer.test"));
	scripted_release();
}

static void
a_silent_address_does_not_keep_the_next_one_waiting(void **state)
{
	(void)state;
	CHECK_DIAL("127.0.0.1", 0, address("silent.test"));
	CHECK_DIAL("127.0.0.1", 0, address("silent.test"), .stagger_ms = 10);
}

/* Its answer never comes before the dial has ended. */
static void
an_aaaa_that_is_late_is_not_waited_for(void **state)
{
	(void)state;
	CHECK_DIAL("127.0.0.1", 0, address("silent-aaaa.test"));
	scripted_release();
}

static void
what_no_name_service_knows_has_its_own_code(void **state)
{
	char want[128];
	sock_t s;

	(void)state;
	CHECK_DIAL("", SOCK_ENOHOST, address("nobody.test"));
	CHECK_DIAL("", SOCK_ERESOLVE, address("failing.test"));
	CHECK_DIAL("", SOCK_ENOHOST, "srv:_nobody._tcp.test");
	CHECK_DIAL("", SOCK_ENOSERVICE, "srv:_none._tcp.test");
	CHECK_DIAL("", SOCK_ENOHOST, "tcp:hidden.onion:80");

	s = sock_dial(address("nobody.test"));
	assert_int_equal(s, SOCK_ENOHOST);
	(void)snprintf(want, sizeof want, "dial %s: no such host",
	    address("nobody.test"));
	assert_string_equal(sock_errmsg(), want);
}

static void
one_error_lists_the_addresses(void **state)
{
	char want[256];

	(void)state;
	CHECK_DIAL("", -ECONNREFUSED, address("dead.test"));
	assert_int_equal(sock_dial(address("dead.test")), -ECONNREFUSED);
	(void)snprintf(want, sizeof want,
	    "dial %s: 127.0.0.2:%d: connection refused; 127.0.0.4:%d: "
	    "connection refused",
	    address("dead.test"), port, port);
	assert_string_equal(sock_errmsg(), want);

	assert_int_equal(sock_dial(address("many.test")), -ECONNREFUSED);
	assert_true(strlen(sock_errmsg()) < 300);
	assert_non_null(strstr(sock_errmsg(), "; and "));
	assert_non_null(strstr(sock_errmsg(), " more"));

	/* One alone is named, too. */
	assert_int_equal(sock_dial(address("any.test")), -EACCES);
	(void)snprintf(want, sizeof want,
	    "dial %s: 0.0.0.0:%d: permission denied", address("any.test"),
	    port);
	assert_string_equal(sock_errmsg(), want);

	/* A deadline tells of those that were under way. */
	assert_int_equal(sock_dial(address("silent.test"), .deadline = SHORTLY,
			     .stagger_ms = -1),
	    -ETIMEDOUT);
	(void)snprintf(want, sizeof want, "dial %s: 127.0.0.3:%d: timed out",
	    address("silent.test"), port);
	assert_string_equal(sock_errmsg(), want);
}

static void
a_name_of_no_host_in_particular_is_refused(void **state)
{
	(void)state;
	CHECK_DIAL("", -EACCES, address("any.test"));
	CHECK_DIAL("0.0.0.0", 0, address("any.test"), .any_address = true);
}

/* A name service that says another thing each time (DNS rebinding). */
struct rules {
	unsigned asked;
	struct sock_addr seen[8];
};

static bool
not_the_first(const struct sock_addr *addr, void *arg)
{
	struct rules *rules = arg;

	if (rules->asked < COUNT(rules->seen))
		rules->seen[rules->asked++] = *addr;
	return !sock_addr_within(addr, "127.0.0.1");
}

static void
each_address_is_asked_about_before_it_is_connected_to(void **state)
{
	struct rules rules = { 0 };
	struct pollfd p = { listener[1], POLLIN, 0 };

	(void)state;
	/* All that came before have been accepted, or are in the queue. */
	while (poll(&p, 1, 0) == 1)
		close(accept(listener[1], NULL, NULL));
	assert_int_equal(sock_dial(address("refused.test"), .deadline = SOON,
			     .permit = not_the_first, .arg = &rules),
	    -ECONNREFUSED);
	assert_int_equal(rules.asked, 2);
	assert_true(sock_addr_within(&rules.seen[0], "127.0.0.2"));
	assert_true(sock_addr_within(&rules.seen[1], "127.0.0.1"));
	assert_int_equal(sock_addr_port(&rules.seen[1]), port);
	assert_int_equal(sock_dial(address("four.test"), .deadline = SOON,
			     .permit = not_the_first, .arg = &rules),
	    -EACCES);
	assert_int_equal(poll(&p, 1, 0), 0);
	/* Once a dial: what was asked about is what is connected to. */
	assert_int_equal(scripted_count(), 2);
}

static void
a_service_is_dialed_by_its_targets(void **state)
{
	(void)state;
	CHECK_DIAL("127.0.0.1", 0, "srv:_one._tcp.test");
	/* One has no address, one refuses. */
	CHECK_DIAL("127.0.0.1", 0, "srv:_next._tcp.test");
}

/* Three seconds are much for a test, so it is asked when it is due. */
static void
a_silent_target_is_joined_by_the_next_one(void **state)
{
	const sock_t s = sock_dial_start("srv:_silent._tcp.test");
	sock_time due;

	(void)state;
	assert_true(s > 0);
	assert_int_equal(sock_connected(s, SHORTLY), -ETIMEDOUT);
	due = sock_due(s);
	assert_true(due > sock_now() && due <= sock_in(3000));
	assert_int_equal(sock_connected(s, SOON), 0);
	assert_true(sock_now() >= due);
	sock_close(s);
}

/* Its name server heard nothing, say, and is asked again after five seconds. */
static void
a_target_whose_name_is_silent_counts_when_it_is_found(void **state)
{
	const sock_t late = sock_dial_start("srv:_late._tcp.test");
	const sock_t never = sock_dial_start("srv:_never._tcp.test");

	(void)state;
	/* Each goes on to its next target, which helps neither. */
	assert_int_equal(sock_connected(never, SHORTLY), -ETIMEDOUT);
	while (scripted_asked[SCRIPTED_BOTH] < 2)
		assert_int_equal(sock_connected(late, SHORTLY), -ETIMEDOUT);
	while (scripted_asked[SCRIPTED_BOTH] < 3)
		assert_int_equal(sock_connected(never, SHORTLY), -ETIMEDOUT);
	assert_int_equal(sock_connected(late, SHORTLY), -ETIMEDOUT);
	assert_int_equal(sock_close(never), 0);
	scripted_release();
	assert_int_equal(sock_connected(late, SOON), 0);
	assert_int_equal(sock_close(late), 0);
}

static void
the_last_target_is_looked_up_until_the_deadline(void **state)
{
	const sock_t s = sock_dial_start("srv:_last._tcp.test");

	(void)state;
	/* Once both families are asked for apart, nothing is given up. */
	do
		assert_int_equal(sock_connected(s, SHORTLY), -ETIMEDOUT);
	while (sock_due(s) != SOCK_FOREVER);
	scripted_await(3);
	scripted_release();
	assert_int_equal(sock_connected(s, SOON), 0);
	assert_int_equal(sock_close(s), 0);
}

static void
races_leave_no_descriptor(void **state)
{
	struct dialing d = DIALING(NULL, .deadline = SOON, .stagger_ms = 10);
	char silent_text[80];
	struct sock_addr addr;
	int i, where;

	(void)state;
	(void)snprintf(silent_text, sizeof silent_text, "%s",
	    address("silent.test"));
	for (where = 0; where < WHERE_COUNT; where++)
		for (i = 0; i < 300; i++) {
			d.options.address =
			    i % 20 == 0 ? silent_text : address("refused.test");
			if (dialing_run(&d, where) <= 0)
				fail_msg("%d: %s", i, d.text);
			assert_int_equal(sock_peer(d.got, &addr), 0);
			assert_true(sock_addr_within(&addr, "127.0.0.1"));
			sock_close(d.got);
		}
}

static void
messages_are_dialed_by_name(void **state)
{
	char text[64];
	struct sock_addr addr;
	sock_t s;

	(void)state;
	(void)snprintf(text, sizeof text, "udp:two.test:%d", port);
	s = sock_dial(text, .family = AF_INET, .deadline = SOON);
	assert_true(s > 0);
	assert_int_equal(sock_local(s, &addr), 0);
	assert_int_equal(addr.scheme, SOCK_SCHEME_UDP);
	sock_close(s);
}

#ifdef SOCK_FAULTS
/* It would take four calls and a descriptor more. */
static void
a_thread_dials_one_address_of_a_name_without_a_bundle(void **state)
{
	sock_t s;

	(void)state;
	assert_int_equal(socki_fault_set("epoll_create:EMFILE@1+", 1), 0);
	s = sock_dial(address("refused.test"), .deadline = SOON);
	assert_int_equal(socki_fault_set(NULL, 0), 0);
	if (s <= 0)
		fail_msg("%s", sock_errmsg());
	sock_close(s);
}
#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		names_test(a_name_leads_to_its_addresses),
		names_test(the_c_librarys_order_says_who_is_first),
		names_test(a_silent_address_does_not_keep_the_next_one_waiting),
		names_test(an_aaaa_that_is_late_is_not_waited_for),
		names_test(what_no_name_service_knows_has_its_own_code),
		names_test(one_error_lists_the_addresses),
		names_test(a_name_of_no_host_in_particular_is_refused),
		names_test(
		    each_address_is_asked_about_before_it_is_connected_to),
		names_test(a_service_is_dialed_by_its_targets),
		names_test(a_silent_target_is_joined_by_the_next_one),
		names_test(
		    a_target_whose_name_is_silent_counts_when_it_is_found),
		names_test(the_last_target_is_looked_up_until_the_deadline),
		names_test(races_leave_no_descriptor),
		names_test(messages_are_dialed_by_name),
#ifdef SOCK_FAULTS
		names_test(
		    a_thread_dials_one_address_of_a_name_without_a_bundle),
#endif
	};

	return child_result(cmocka_run_group_tests(tests, open_all, close_all));
}
