/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "sys/fault.h"
#include "sys/sys.h"

#ifdef SOCK_FAULTS

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int
no_more_faults(void **state)
{
	(void)state;
	return socki_fault_set(NULL, 1);
}

/* Which of the first 64 calls fail, as bits; *error is what they fail with. */
static uint64_t
luck(enum socki_call call, int *error)
{
	uint64_t bits = 0;
	int i;

	*error = 0;
	for (i = 0; i < 64; i++) {
		const int rc = socki_fault(call, NULL);

		if (rc == 0)
			continue;
		assert_true(*error == 0 || *error == rc);
		*error = rc;
		bits |= UINT64_C(1) << i;
	}
	return bits;
}

static void
a_text_that_is_not_understood_is_refused(void **state)
{
	static const char *const bad[] = { ",", "send", "send:", ":EAGAIN@1",
		"send:EAGAIN", "send:EAGAIN:", "send:EAGAIN@", "send:EAGAIN:30",
		"send:EAGAIN:%", "send:EAGAIN:101%", "send:EAGAIN:-1%",
		"send:EAGAIN:4294967297%", "send:EAGAIN:1%%", "send:EAGAIN:x%",
		"send:EAGAIN@0", "send:EAGAIN@-1", "send:EAGAIN@+1",
		"send:EAGAIN@ 1", "send:EAGAIN@1x", "send:EAGAIN@1++",
		"send:EAGAIN@99999999999999999999", "send:EWHATEVER@1",
		"send:11@1", "send:eagain@1", "SEND:EAGAIN@1", "sen:EAGAIN@1",
		"sendx:EAGAIN@1", " send:EAGAIN@1", "send :EAGAIN@1",
		"send:max=", "send:max=0", "send:max=-1", "send:max=+1",
		"send:max= 1", "send:max=1x", "send:MAX=1", "send:max=1:30%",
		"send:max=99999999999999999999", ",send:EAGAIN@1",
		"send:EAGAIN@1,,recv:EAGAIN@1", "send:EAGAIN@1,recv",
		"send:EAGAIN@1;recv:EAGAIN@1", "a:b,send:EAGAIN@1",
		/* one more than there is room for */
		"send:max=1,send:max=1,send:max=1,send:max=1,send:max=1,"
		"send:max=1,send:max=1,send:max=1,send:max=1,send:max=1,"
		"send:max=1,send:max=1,send:max=1,send:max=1,send:max=1,"
		"send:max=1,send:max=1" };
	int error;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		assert_int_equal(socki_fault_set("recv:EIO@3", 1), 0);
		assert_int_equal(socki_fault(SOCKI_CALL_recv, NULL), 0);
		if (socki_fault_set(bad[i], 1) != -EINVAL)
			fail_msg("\"%s\" is taken", bad[i]);
		/* And what was set before goes on, its count too. */
		if (luck(SOCKI_CALL_recv, &error) != 2 || error != EIO)
			fail_msg("\"%s\" changed something", bad[i]);
	}
}

static void
the_nth_call_fails_or_all_from_it_on(void **state)
{
	static const struct {
		const char *text;
		uint64_t bits;
		int error;
	} rows[] = {
		{ "send:EAGAIN@1", 1, EAGAIN },
		{ "send:EMFILE@3", 4, EMFILE },
		{ "send:ENOBUFS@2+", ~UINT64_C(1), ENOBUFS },
		{ "send:EINTR@64", UINT64_C(1) << 63, EINTR },
		{ "send:EINTR@65", 0, 0 },
		{ "send:EIO@5,send:EIO@7,recv:EIO@6", 0x50, EIO },
		{ "send:EPERM:0%", 0, 0 },
		{ "send:EPERM:100%", UINT64_MAX, EPERM },
		{ "send:max=1", 0, 0 },
		{ "recv:EIO@1+", 0, 0 },
		{ "", 0, 0 },
		{ NULL, 0, 0 },
	};
	int error;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		const char *text = rows[i].text ? rows[i].text : "NULL";

		assert_int_equal(socki_fault_set(rows[i].text, 1), 0);
		if (luck(SOCKI_CALL_send, &error) != rows[i].bits)
			fail_msg("\"%s\": other calls fail", text);
		if (error != rows[i].error)
			fail_msg("\"%s\": error %d", text, error);
	}
}

static void
the_same_seed_is_the_same_luck(void **state)
{
	uint64_t first, bits = 0;
	unsigned seed, differ = 0, count = 0;
	int error;

	(void)state;
	assert_int_equal(socki_fault_set("send:EAGAIN:30%", 1), 0);
	first = luck(SOCKI_CALL_send, &error);
	for (seed = 1; seed <= 100; seed++) {
		assert_int_equal(socki_fault_set("send:EAGAIN:30%", seed), 0);
		bits = luck(SOCKI_CALL_send, &error);
		assert_int_equal(socki_fault_set("send:EAGAIN:30%", seed), 0);
		assert_true(luck(SOCKI_CALL_send, &error) == bits);
		differ += bits != first;
		count += (unsigned)__builtin_popcountll(bits);
	}
	assert_true(differ >= 95);
	/* 6,400 calls: 30 % of them, within ten standard deviations. */
	assert_in_range(count, 1920 - 370, 1920 + 370);
}

static void
calls_are_counted_from_the_last_change_on(void **state)
{
	char byte;

	(void)state;
	assert_int_equal(socki_fault_set(NULL, 1), 0);
	assert_int_equal(socki_fault_count(SOCKI_CALL_read), 0);
	assert_int_equal(socki_sys_read(-1, &byte, 1), -EBADF);
	assert_int_equal(socki_sys_read(-1, &byte, 1), -EBADF);
	assert_int_equal(socki_fault_count(SOCKI_CALL_read), 2);
	assert_int_equal(socki_fault_count(SOCKI_CALL_write), 0);
	assert_false(socki_fault_active());
	assert_int_equal(socki_fault_set("read:EIO@1", 1), 0);
	assert_int_equal(socki_fault_count(SOCKI_CALL_read), 0);
	assert_true(socki_fault_active());
	assert_int_equal(socki_sys_read(-1, &byte, 1), -EIO);
	assert_int_equal(socki_sys_read(-1, &byte, 1), -EBADF);
	assert_int_equal(socki_fault_count(SOCKI_CALL_read), 2);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_that_is_not_understood_is_refused),
		cmocka_unit_test(the_nth_call_fails_or_all_from_it_on),
		cmocka_unit_test(the_same_seed_is_the_same_luck),
		cmocka_unit_test(calls_are_counted_from_the_last_change_on),
	};

	return cmocka_run_group_tests_name("fault", tests, NULL,
	    no_more_faults);
}

#else

int
main(void)
{
	puts("SKIP: built without SOCK_FAULTS");
	return 77;
}

#endif
