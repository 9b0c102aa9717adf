/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <netdb.h>

#include <sock.h>

#include "resolve/eai.h"
#include "scripted.h"
#include "where.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define SOON sock_in(20000)
#define SHORTLY sock_in(60)

#define LABEL_63 \
	"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"
#define NAME_253 \
	LABEL_63 \
	"." LABEL_63 "." LABEL_63 \
	".bcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghij"

/* What an address claims to be called, and what of it is told: row 151. */
static const struct {
	const char *claims, *told;
	int code;
} rows[] = {
	{ "host.example.org", "host.example.org", 0 },
	{ "host.example.org.", "host.example.org", 0 },
	{ "xn--bcher-kva.example", "xn--bcher-kva.example", 0 },
	{ "_under.example", "_under.example", 0 },
	{ "26.0.0.73.example", "26.0.0.73.example", 0 },
	{ NAME_253, NAME_253, 0 },
	{ NAME_253 "c", "", SOCK_ENOHOST },
	{ "", "", SOCK_ENOHOST },
	{ ".", "", SOCK_ENOHOST },
	{ "a..b", "", SOCK_ENOHOST },
	{ "\033[2Jroot", "", SOCK_ENOHOST },
	{ "a\nb.example", "", SOCK_ENOHOST },
	{ "a\rb.example", "", SOCK_ENOHOST },
	{ "a\tb.example", "", SOCK_ENOHOST },
	{ "a\x7f.example", "", SOCK_ENOHOST },
	{ "b\xc3\xbc.example", "", SOCK_ENOHOST },
	{ "\x9b"
	  "2J.example",
	    "", SOCK_ENOHOST },
	{ "a b.example", "", SOCK_ENOHOST },
	{ "$(reboot).example", "", SOCK_ENOHOST },
	{ "<script>.example", "", SOCK_ENOHOST },
	{ "a/b.example", "", SOCK_ENOHOST },
	{ "a\\.b.example", "", SOCK_ENOHOST },
	{ "-a.example", "", SOCK_ENOHOST },
	/* It would be taken for another address. */
	{ "10.0.0.1", "", SOCK_ENOHOST },
	{ "0x7f000001", "", SOCK_ENOHOST },
	{ "fe80::1%eth0", "", SOCK_ENOHOST },
	/* What the name service says, and whatever stands beside it. */
	{ "stale.example", "", SOCK_ERESOLVE },
	{ "stale.example", "", -ENOMEM },
};

static struct scripted_name script[] = {
	{ .name = "tcp:192.0.2.1:0" },
	{ .name = "tcp:192.0.2.9:0",
	    .answer = "a.example",
	    .held = 1u << SCRIPTED_NAME },
	{ .name = "tcp:192.0.2.10:0",
	    .answer = "a.example",
	    .held = 1u << SCRIPTED_NAME },
	{ .name = "tcp:[2001:db8::1]:0", .answer = "six.example" },
	{ .name = "*", .code = SOCK_ENOHOST, .answer = "" },
};

struct reversing {
	const char *text;
	size_t room;
	sock_time deadline;
	int rc;
	char host[300];
};

static void
reversing_try(void *arg)
{
	struct reversing *r = arg;
	struct sock_addr addr;

	if (sock_addr_parse(&addr, r->text) < 0) {
		r->rc = SOCK_EADDR;
		return;
	}
	memset(r->host, 'x', sizeof r->host);
	r->rc = sock_reverse(&addr, r->host, r->room, r->deadline);
}

static void
only_what_looks_like_a_host_is_told(void **state)
{
	struct reversing r = { .text = "tcp:192.0.2.1:443",
		.room = sizeof r.host,
		.deadline = SOON };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows) * WHERE_COUNT; i++) {
		const size_t row = i / WHERE_COUNT;

		script[0].answer = rows[row].claims;
		script[0].code =
		    rows[row].code == SOCK_ENOHOST ? 0 : rows[row].code;
		scripted_use(&scripted, script);
		assert_true(where_run((enum where)(i % WHERE_COUNT),
		    reversing_try, &r));
		if (r.rc != rows[row].code ||
		    strcmp(r.host, rows[row].told) != 0)
			fail_msg("row %zu: %d \"%s\"", row, r.rc, r.host);
	}
}

static void
the_room_for_a_name_is_kept(void **state)
{
	struct reversing r = { .text = "udp:[2001:db8::1]:53",
		.deadline = SOON };

	(void)state;
	scripted_use(&scripted, script);
	for (r.room = 0; r.room < 14; r.room++) {
		reversing_try(&r);
		assert_int_equal(r.rc,
		    r.room < sizeof "six.example" ? SOCK_ETOOBIG : 0);
		assert_int_equal(r.host[r.room], 'x');
		if (r.room > 0 && r.rc < 0)
			assert_string_equal(r.host, "");
	}
	assert_string_equal(r.host, "six.example");
}

static void
what_has_no_name_is_not_asked_for(void **state)
{
	struct reversing r = { .text = "unix:/x",
		.room = sizeof r.host,
		.deadline = SOON };
	struct sock_addr none;

	(void)state;
	scripted_use(&scripted, script);
	reversing_try(&r);
	assert_int_equal(r.rc, SOCK_EUSAGE);
	assert_string_equal(sock_errmsg(),
	    "reverse unix:/x: the call makes no sense here: no IP address");
	memset(&none, 0, sizeof none);
	assert_int_equal(sock_reverse(&none, r.host, sizeof r.host, SOON),
	    SOCK_EUSAGE);
	r = (struct reversing){ .text = "tcp:192.0.2.1:1",
		.room = sizeof r.host,
		.deadline = SOCK_NOWAIT };
	reversing_try(&r);
	assert_int_equal(r.rc, -EAGAIN);
	assert_int_equal(scripted_count(), 0);
}

static void
a_deadline_bounds_it(void **state)
{
	struct reversing r = { .room = sizeof r.host };
	int where;

	(void)state;
	for (where = 0; where < WHERE_COUNT; where++) {
		scripted_use(&scripted, script);
		r.text =
		    where == IN_THREAD ? "tcp:192.0.2.9:1" : "tcp:192.0.2.10:1";
		r.deadline = SHORTLY;
		assert_true(where_run((enum where)where, reversing_try, &r));
		assert_int_equal(r.rc, -ETIMEDOUT);
		assert_string_equal(r.host, "");
		scripted_release();
	}
}

/* Row 22. */
static void
each_failure_of_the_name_service_has_its_code(void **state)
{
	static const struct {
		int code, error, wanted;
	} eai[] = {
		{ EAI_NONAME, 0, SOCK_ENOHOST },
		{ EAI_NODATA, 0, SOCK_ENOHOST },
		{ EAI_ADDRFAMILY, 0, SOCK_ENOHOST },
		{ EAI_AGAIN, EMFILE, SOCK_ERESOLVE },
		{ EAI_FAIL, 0, SOCK_ERESOLVE },
		{ EAI_MEMORY, 0, -ENOMEM },
		{ EAI_SYSTEM, EMFILE, -EMFILE },
		{ EAI_SYSTEM, ECONNREFUSED, -ECONNREFUSED },
		{ EAI_SYSTEM, 0, SOCK_ERESOLVE },
		{ EAI_SYSTEM, EAGAIN, SOCK_ERESOLVE },
		{ EAI_SYSTEM, ETIMEDOUT, SOCK_ERESOLVE },
		{ EAI_SYSTEM, ECANCELED, SOCK_ERESOLVE },
		{ EAI_SERVICE, 0, SOCK_ERESOLVE },
		{ EAI_FAMILY, 0, SOCK_ERESOLVE },
		{ -12345, EMFILE, SOCK_ERESOLVE },
	}, herrno[] = {
		{ HOST_NOT_FOUND, 0, SOCK_ENOHOST },
		{ NO_DATA, 0, SOCK_ENOHOST },
		{ TRY_AGAIN, EMFILE, SOCK_ERESOLVE },
		{ NO_RECOVERY, 0, SOCK_ERESOLVE },
#ifdef NETDB_INTERNAL
		{ NETDB_INTERNAL, ENOMEM, -ENOMEM },
		{ NETDB_INTERNAL, 0, SOCK_ERESOLVE },
#endif
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(eai); i++)
		if (socki_eai(eai[i].code, eai[i].error) != eai[i].wanted)
			fail_msg("EAI %d", eai[i].code);
	for (i = 0; i < COUNT(herrno); i++)
		if (socki_herrno(herrno[i].code, herrno[i].error) !=
		    herrno[i].wanted)
			fail_msg("h_errno %d", herrno[i].code);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		where_test(only_what_looks_like_a_host_is_told),
		where_test(the_room_for_a_name_is_kept),
		where_test(what_has_no_name_is_not_asked_for),
		where_test(a_deadline_bounds_it),
		cmocka_unit_test(each_failure_of_the_name_service_has_its_code),
	};

	return cmocka_run_group_tests(tests, where_warm_up, NULL);
}
