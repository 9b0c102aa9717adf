/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <limits.h>

#include <sock.h>

#include "child.h"
#include "name_server.h"
#include "resolving.h"

/* Names as the C library finds them, where lo is the only interface: row 23. */

#define DATA(text) text, sizeof(text) - 1
#define PTR(last, data) \
	{ \
#last ".2.0.192.in-addr.arpa", ns_t_ptr, DATA(data) \
	}

static const struct name_record records[] = {
	{ "a.test", ns_t_a, DATA("\x7f\0\0\1") },
	{ "both.test", ns_t_a, DATA("\x7f\0\0\1") },
	{ "both.test", ns_t_aaaa, DATA("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1") },
	{ "six.test", ns_t_aaaa, DATA("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1") },
	{ "twice.test", ns_t_a, DATA("\x7f\0\0\2") },
	{ "twice.test", ns_t_a, DATA("\x7f\0\0\2") },
	{ "late6.test", ns_t_a, DATA("\x7f\0\0\1") },
	{ "late4.test", ns_t_aaaa, DATA("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1") },
	{ "hosts.test", ns_t_aaaa, DATA("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1") },
	{ "short.corp.test", ns_t_a, DATA("\x7f\0\0\3") },
	{ "text.test", ns_t_txt, DATA("\1x") },
	{ "_s._tcp.test", ns_t_srv, DATA("\0\2\0\0\0\x16\1a\4test\0") },
	{ "_s._tcp.test", ns_t_srv, DATA("\0\1\0\0\1\xbb\3six\4test\0") },
	{ "_no._tcp.test", ns_t_srv, DATA("\0\0\0\0\0\0\0") },
	PTR(1, "\4host\7example\0"),
	PTR(2, "\x5\x1b[2Jx\7example\0"),
	PTR(3, "\4a\nbc\7example\0"),
	{ .name = NULL },
};

static const struct name_rule rules[] = {
	{ "late6.test", ns_t_aaaa, NAME_DROPPED },
	{ "late4.test", ns_t_a, NAME_DROPPED },
	{ "dead.test", 0, NAME_DROPPED },
	{ "fails.test", 0, ns_r_servfail },
	{ "refused.test", 0, ns_r_refused },
	{ .name = NULL },
};

static const struct {
	const char *address;
	int code;
	const char *found;
} rows[] = {
	{ "tcp:a.test:80", 0, "tcp:127.0.0.1:80" },
	{ "tcp:a.test.:80", 0, "tcp:127.0.0.1:80" },
	{ "tcp:A.Test:80", 0, "tcp:127.0.0.1:80" },
	{ "tcp:both.test:80", 0, "tcp:[::1]:80 tcp:127.0.0.1:80" },
	{ "tcp:six.test:80", 0, "tcp:[::1]:80" },
	{ "tcp:twice.test:80", 0, "tcp:127.0.0.2:80" },
	{ "tcp:hosts.test:80", 0, "tcp:127.0.0.7:80" },
	{ "tcp:short:80", 0, "tcp:127.0.0.3:80" },
	{ "tcp:short.:80", SOCK_ENOHOST, "" },
	{ "tcp:text.test:80", SOCK_ENOHOST, "" },
	{ "tcp:nobody.test:80", SOCK_ENOHOST, "" },
	{ "tcp:fails.test:80", SOCK_ERESOLVE, "" },
	{ "tcp:refused.test:80", SOCK_ERESOLVE, "" },
	{ "srv:_s._tcp.test", 0, "tcp:[::1]:443 tcp:127.0.0.1:22" },
	{ "srv:_no._tcp.test", SOCK_ENOSERVICE, "" },
	{ "srv:_x._tcp.test", SOCK_ENOHOST, "" },
};

static void
resolve_all(void *arg)
{
	struct resolving r = { .deadline = SOON };
	char text[200];
	size_t i;

	(void)arg;
	name_server_enter(records, rules,
	    "127.0.0.1 localhost\n127.0.0.7 hosts.test\n");
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		r.address = rows[i].address;
		resolving_try(&r);
		(void)resolving_text(&r, text, sizeof text);
		if ((r.rc < 0 ? r.rc : 0) != rows[i].code ||
		    strcmp(text, rows[i].found) != 0)
			child_fail(__FILE__, __LINE__, "%s: %d %s %s",
			    r.address, r.rc, r.text, text);
	}
}

static void
names_are_found_as_the_machine_is_configured(void **state)
{
	(void)state;
	child_run(resolve_all, NULL);
}

/* Rows 17, 24: one family is silent, or both. */
static void
resolve_past_silence(void *arg)
{
	struct resolving r = { .deadline = 0 };

	(void)arg;
	name_server_enter(records, rules, "127.0.0.1 localhost\n");
	r = (struct resolving){ .address = "tcp:late6.test:80",
		.deadline = sock_in(3000) };
	resolving_try(&r);
	CHECK_INT(r.rc, 1);
	CHECK_INT(r.out[0].u.sa.sa_family, AF_INET);
	r = (struct resolving){ .address = "tcp:late4.test:80",
		.deadline = sock_in(3000) };
	resolving_try(&r);
	CHECK_INT(r.rc, 1);
	CHECK_INT(r.out[0].u.sa.sa_family, AF_INET6);
	r = (struct resolving){ .address = "tcp:dead.test:80",
		.deadline = sock_in(100) };
	resolving_try(&r);
	CHECK_INT(r.rc, -ETIMEDOUT);
}

static void
a_silent_name_server_holds_up_what_it_must(void **state)
{
	(void)state;
	child_run(resolve_past_silence, NULL);
}

/* Row 21: many of one family, and one of the other, which comes last. */
static void
resolve_many(void *arg)
{
	struct resolving r = { .address = "tcp:many.test:80",
		.deadline = SOON };
	char hosts[140 * 32];
	size_t n = 0;
	int i;

	(void)arg;
	for (i = 1; i <= 130; i++)
		n += (size_t)snprintf(hosts + n, sizeof hosts - n,
		    "127.0.1.%d many.test\n", i);
	(void)snprintf(hosts + n, sizeof hosts - n, "fec0::1 many.test\n");
	name_server_enter(records, rules, hosts);
	resolving_try(&r);
	CHECK_INT(r.rc, SOCKI_ADDRESSES_MAX + 1);
	CHECK_INT(r.out[0].u.sa.sa_family, AF_INET);
	CHECK_INT(r.out[SOCKI_ADDRESSES_MAX].u.sa.sa_family, AF_INET6);
}

static void
of_many_addresses_some_of_each_family_are_kept(void **state)
{
	(void)state;
	child_run(resolve_many, NULL);
}

/* Rows 2, 26, 29: what leaves this machine, and what does not. */
static void
ask_for_what_is_known(void *arg)
{
	static const char *const known[] = { "tcp:localhost:80",
		"tcp:a.localhost:80", "tcp:x.onion:80", "tcp:x.invalid:80",
		"tcp:127.0.0.1:80", "tcp:0x7f000001:80", "tcp:hosts.test:80" };
	struct resolving r = { .deadline = SOON };
	char last[sizeof name_last];
	size_t i;

	(void)arg;
	name_server_enter(records, rules,
	    "127.0.0.1 localhost\n127.0.0.7 hosts.test\n");
	for (i = 0; i < sizeof known / sizeof known[0]; i++) {
		r.address = known[i];
		resolving_try(&r);
		CHECK_INT(atomic_load(&name_questions), 0);
	}
	/* With a dot at its end no domain is put behind it. */
	r.address = "tcp:nobody.test.:80";
	resolving_try(&r);
	name_server_last(last);
	CHECK_TEXT(last, "nobody.test");
	r.address = "tcp:nobody.test:80";
	resolving_try(&r);
	name_server_last(last);
	CHECK_TEXT(last, "nobody.test.corp.test");
}

static void
what_is_known_is_asked_of_no_server(void **state)
{
	(void)state;
	child_run(ask_for_what_is_known, NULL);
}

static void
check_reverse(const char *text, int code, const char *wanted)
{
	struct sock_addr addr;
	char host[254];
	int rc;

	CHECK_INT(sock_addr_parse(&addr, text), 0);
	rc = sock_reverse(&addr, host, sizeof host, SOON);
	if (rc != code || strcmp(host, wanted) != 0)
		child_fail(__FILE__, __LINE__, "%s: %d", text, rc);
}

static void
reverse_all(void *arg)
{
	(void)arg;
	name_server_enter(records, rules, "127.0.0.7 hosts.test\n");
	check_reverse("tcp:192.0.2.1:443", 0, "host.example");
	check_reverse("udp:127.0.0.7:1", 0, "hosts.test");
	check_reverse("tcp:192.0.2.2:1", SOCK_ENOHOST, "");
	check_reverse("tcp:192.0.2.3:1", SOCK_ENOHOST, "");
	check_reverse("tcp:192.0.2.4:1", SOCK_ENOHOST, "");
	check_reverse("tcp:[2001:db8::1]:1", SOCK_ENOHOST, "");
}

static void
an_address_has_the_name_that_its_owner_gave_it(void **state)
{
	(void)state;
	child_run(reverse_all, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_found_as_the_machine_is_configured),
		cmocka_unit_test(a_silent_name_server_holds_up_what_it_must),
		cmocka_unit_test(
		    of_many_addresses_some_of_each_family_are_kept),
		cmocka_unit_test(what_is_known_is_asked_of_no_server),
		cmocka_unit_test(
		    an_address_has_the_name_that_its_owner_gave_it),
	};

	return child_result(cmocka_run_group_tests(tests, NULL, NULL));
}
