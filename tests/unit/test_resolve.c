/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include <sock.h>

#include "plain.h"
#include "resolving.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct scripted_name names[] = {
	{ .name = "both.test", .answer = "127.0.0.1 ::1" },
	{ .name = "four.test", .answer = "127.0.0.3 127.0.0.2" },
	{ .name = "six.test", .answer = "::1" },
	{ .name = "mixed.test",
	    .answer = "127.0.0.3 ::1 127.0.0.2",
	    .held = 1u << SCRIPTED_A | 1u << SCRIPTED_AAAA },
	{ .name = "repeats.test",
	    .answer = "127.0.0.1 ::1 127.0.0.1 ::ffff:127.0.0.1 ::1" },
	{ .name = "dot.test.", .answer = "127.0.0.9" },
	{ .name = "none.test", .answer = "" },
	{ .name = "nohost.test", .code = SOCK_ENOHOST },
	{ .name = "fails.test", .code = SOCK_ERESOLVE },
	{ .name = "memory.test", .code = -ENOMEM },
	{ .name = "errno.test", .code = -EMFILE },
	{ .name = "_s._tcp.test",
	    .answer = " 2:22:four.test 1:11:both.test 1:12:localhost" },
	{ .name = "_s._udp.test", .answer = " 1:53:four.test" },
	{ .name = "_half._tcp.test",
	    .answer = " 1:1:nohost.test 2:2:x.onion 3:3:four.test" },
	{ .name = "_twice._tcp.test",
	    .answer = " 1:3:four.test 2:3:four.test 3:4:four.test" },
	{ .name = "_dead._tcp.test",
	    .answer = " 1:1:nohost.test 2:2:fails.test" },
	{ .name = "_no._tcp.test", .code = SOCK_ENOSERVICE },
	{ .name = "*", .code = SOCK_ENOHOST },
};

static const struct {
	const char *address;
	const char *found; /* or what the error says: */
	int code;
} rows[] = {
	{ "tcp:both.test:80", "tcp:[::1]:80 tcp:127.0.0.1:80", 0 },
	{ "udp:both.test:domain", "udp:[::1]:53 udp:127.0.0.1:53", 0 },
	{ "four.test:1", "tcp:127.0.0.3:1 tcp:127.0.0.2:1", 0 },
	{ "tls:six.test:443", "tls:[::1]:443", 0 },
	{ "tcp:repeats.test:80", "tcp:[::1]:80 tcp:127.0.0.1:80", 0 },
	{ "tcp:dot.test.:80", "tcp:127.0.0.9:80", 0 },
	{ "tcp:dot.test:80", "resolve tcp:dot.test:80: no such host",
	    SOCK_ENOHOST },
	{ "tcp:none.test:80", "resolve tcp:none.test:80: no such host",
	    SOCK_ENOHOST },
	{ "tcp:fails.test:80",
	    "resolve tcp:fails.test:80: the name service failed for now",
	    SOCK_ERESOLVE },
	{ "memory.test:80", "resolve memory.test:80: out of memory", -ENOMEM },
	{ "errno.test:80",
	    "resolve errno.test:80: too many open files in this process",
	    -EMFILE },
	{ "srv:_s._tcp.test",
	    "tcp:[::1]:11 tcp:127.0.0.1:11 tcp:[::1]:12 tcp:127.0.0.1:12 "
	    "tcp:127.0.0.3:22 tcp:127.0.0.2:22",
	    0 },
	{ "srv://_S._UDP.test", "resolve srv://_S._UDP.test: no such host",
	    SOCK_ENOHOST },
	{ "SRV:_s._udp.test", "udp:127.0.0.3:53 udp:127.0.0.2:53", 0 },
	{ "srv:_half._tcp.test", "tcp:127.0.0.3:3 tcp:127.0.0.2:3", 0 },
	{ "srv:_twice._tcp.test",
	    "tcp:127.0.0.3:3 tcp:127.0.0.2:3 tcp:127.0.0.3:4 tcp:127.0.0.2:4",
	    0 },
	{ "srv:_dead._tcp.test",
	    "resolve srv:_dead._tcp.test: the name service failed for now",
	    SOCK_ERESOLVE },
	{ "srv:_no._tcp.test",
	    "resolve srv:_no._tcp.test: no such service: the domain says that "
	    "it has none",
	    SOCK_ENOSERVICE },
};

/* Two services of one priority come in either order. */
static bool
is_found(struct resolving *r, const char *wanted)
{
	static const char turned[] =
	    "tcp:[::1]:12 tcp:127.0.0.1:12 tcp:[::1]:11 tcp:127.0.0.1:11 "
	    "tcp:127.0.0.3:22 tcp:127.0.0.2:22";
	char text[400];

	(void)resolving_text(r, text, sizeof text);
	return strcmp(text, wanted) == 0 ||
	    (strcmp(r->address, "srv:_s._tcp.test") == 0 &&
		strcmp(text, turned) == 0);
}

/* Whether a row took so long that its question may have been split. */
static bool
resolve_rows(const struct socki_resolver *resolver)
{
	struct resolving r = { .deadline = SOON };
	bool late = false;
	sock_time began;
	size_t i;
	int where;

	scripted_use(resolver, names);
	for (i = 0; i < COUNT(rows) * WHERE_COUNT; i++) {
		const size_t row = i / WHERE_COUNT;

		/* Without IPv6 its addresses come last. */
		if (strstr(rows[row].found, "::1") != NULL && !plain_has_ipv6())
			continue;
		where = (int)(i % WHERE_COUNT);
		r.address = rows[row].address;
		began = sock_now();
		(void)resolving_run(&r, (enum where)where);
		late = late ||
		    sock_now() - began >= SOCKI_LOOKUP_SPLIT_MS * 1000000;
		if (rows[row].code == 0 ? !is_found(&r, rows[row].found) :
					  r.rc != rows[row].code ||
			    strcmp(r.text, rows[row].found) != 0)
			fail_msg("%s in a %s: %d %s %s", r.address,
			    where_names[where], r.rc, r.text,
			    r.rc > 0 ?
				sock_addr_text(r.out, r.text, sizeof r.text) :
				"");
	}
	return late;
}

static void
a_name_gives_its_addresses_in_order(void **state)
{
	(void)state;
	if (!resolve_rows(&scripted))
		assert_int_equal(atomic_load(&scripted_asked[SCRIPTED_A]), 0);
}

static void
families_that_are_asked_for_apart_come_together(void **state)
{
	(void)state;
	(void)resolve_rows(&scripted_apart);
	assert_int_equal(atomic_load(&scripted_asked[SCRIPTED_BOTH]), 0);
}

static void
check_order(const struct socki_resolver *resolver, const char *wanted)
{
	struct resolving r = { .address = "mixed.test:80", .deadline = SOON };
	char text[400];
	int where;

	for (where = 0; where < WHERE_COUNT; where++) {
		scripted_use(resolver, names);
		assert_int_equal(resolving_run(&r, (enum where)where), 3);
		assert_string_equal(resolving_text(&r, text, sizeof text),
		    wanted);
	}
	scripted_release();
}

/* gai.conf(5) may have it so. */
static void
the_order_of_a_c_library_that_sorts_is_kept(void **state)
{
	(void)state;
	if (plain_has_ipv6())
		check_order(&scripted,
		    "tcp:[::1]:80 tcp:127.0.0.3:80 tcp:127.0.0.2:80");
	check_order(&scripted_sorted,
	    "tcp:127.0.0.3:80 tcp:[::1]:80 tcp:127.0.0.2:80");
}

/* Numbers, names of this host and names of nobody's: rows 2, 19, 29. */
static void
nobody_is_asked_for_what_is_known(void **state)
{
	static const struct {
		const char *address;
		int rc;
	} known[] = {
		{ "tcp:127.0.0.1:80", 1 },
		{ "tcp:[::1]:80", 1 },
		{ "unix:/x", 1 },
		{ "@x", 1 },
		{ "tcp:localhost:80", 2 },
		{ "tcp:LOCALHOST.:80", 2 },
		{ "tcp:a.b.localhost:80", 2 },
		{ ":80", 2 },
		{ "tcp:x.onion:80", SOCK_ENOHOST },
		{ "tcp:X.Onion.:80", SOCK_ENOHOST },
		{ "tcp:onion:80", SOCK_ENOHOST },
		{ "tcp:a.invalid:80", SOCK_ENOHOST },
		{ "tcp:INVALID:80", SOCK_ENOHOST },
		{ "srv:_a._tcp.b.onion", SOCK_ENOHOST },
		{ "tcp:0177.0.0.1:80", SOCK_EADDR },
		{ "tcp:2130706433:80", SOCK_EADDR },
		{ "tcp:0x7f.1:80", SOCK_EADDR },
		{ "tcp:*:80", SOCK_EADDR },
		{ "tcp:a b:80", SOCK_EADDR },
		{ "srv:a._tcp.b", SOCK_EADDR },
		{ "srv:_a._sctp.b", SOCK_EADDR },
		{ "srv:_a._tcp", SOCK_EADDR },
		{ "srv:_a._tcp.", SOCK_EADDR },
		{ "srv:_a._tcp.b:80", SOCK_EADDR },
		{ "srv:_a._tcp.b\nc", SOCK_EADDR },
		{ "", SOCK_EADDR },
		{ NULL, SOCK_EUSAGE },
	};
	struct sock_addr out[2];
	size_t i;

	(void)state;
	scripted_use(&scripted, names);
	for (i = 0; i < COUNT(known); i++) {
		/* onion is refused by the look-up, which needs a wait's leave. */
		const int rc = sock_resolve(known[i].address, out, 2, SOON);

		if (rc != known[i].rc)
			fail_msg("%s: %d", known[i].address, rc);
	}
	assert_int_equal(scripted_count(), 0);
	assert_int_equal(sock_resolve("tcp:onions:80", out, 2, SOON),
	    SOCK_ENOHOST);
	assert_int_equal(scripted_count(), 1);
}

static void
a_name_without_waiting_would_wait(void **state)
{
	struct sock_addr out[2];

	(void)state;
	scripted_use(&scripted, names);
	assert_int_equal(sock_resolve("tcp:both.test:80", out, 2, SOCK_NOWAIT),
	    -EAGAIN);
	assert_int_equal(sock_resolve("srv:_s._tcp.test", out, 2, SOCK_NOWAIT),
	    -EAGAIN);
	assert_int_equal(sock_resolve("tcp:[::1]:80", out, 2, SOCK_NOWAIT), 1);
	assert_int_equal(sock_resolve("localhost:80", out, 2, SOCK_NOWAIT), 2);
	assert_int_equal(scripted_count(), 0);
}

static void
no_more_are_written_than_there_is_room(void **state)
{
	struct sock_addr out[2];

	(void)state;
	scripted_use(&scripted, names);
	memset(out, 0, sizeof out);
	assert_int_equal(sock_resolve("tcp:both.test:80", out, 1, SOON), 1);
	assert_int_equal(out[0].u.sa.sa_family,
	    plain_has_ipv6() ? AF_INET6 : AF_INET);
	assert_int_equal(sock_resolve("localhost:80", out, 1, SOON), 1);
	assert_int_equal(sock_resolve("srv:_s._tcp.test", out, 1, SOON), 1);
	assert_int_equal(out[1].length, 0);
	assert_int_equal(sock_resolve("tcp:both.test:80", out, 0, SOON),
	    SOCK_EUSAGE);
	assert_int_equal(sock_resolve("tcp:both.test:80", out, -1, SOON),
	    SOCK_EUSAGE);
}

/* As many as there is room for, of the wrong family too: row 21. */
static int
answer_many(const char *host, int family, struct sock_addr *out, int max)
{
	int i;

	(void)host, (void)family;
	assert_true(max <= RESOLVING_MAX);
	for (i = 0; i < max; i++) {
		(void)sock_addr_parse(&out[i], "tcp:127.0.0.1:0");
		out[i].u.in.sin_addr.s_addr = htonl(0x7f000001u + (unsigned)i);
	}
	return max;
}

static void
of_many_addresses_the_first_64_are_kept(void **state)
{
	static const struct socki_resolver many = { answer_many, NULL, NULL,
		NULL, false };
	struct resolving r = { .address = "many.test:80", .deadline = SOON };

	(void)state;
	socki_resolver_use(&many);
	resolving_try(&r);
	assert_int_equal(r.rc, 64);
	socki_resolver_use(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		where_test(a_name_gives_its_addresses_in_order),
		where_test(families_that_are_asked_for_apart_come_together),
		where_test(the_order_of_a_c_library_that_sorts_is_kept),
		where_test(nobody_is_asked_for_what_is_known),
		where_test(a_name_without_waiting_would_wait),
		where_test(no_more_are_written_than_there_is_room),
		where_test(of_many_addresses_the_first_64_are_kept),
	};

	return cmocka_run_group_tests(tests, where_warm_up, NULL);
}
