/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sock/addr.h>
#include <sock/base.h>

#include "base/error.h"
#include "name/address.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* In Turkish the capital of i is not I. */
static const struct {
	const char *text, *shown;
} rows[] = {
	{ "UNIX:/run/INIT", "unix:/run/INIT" },
	{ "UnIxGrAm:@i", "unixgram:@i" },
	{ "tcp:192.0.2.1:DOMAIN", "tcp:192.0.2.1:53" },
	{ "tcp:192.0.2.1:IMAPS", "tcp:192.0.2.1:993" },
	{ "[2001:DB8::ABCD]:1", "tcp:[2001:db8::abcd]:1" },
	{ "/\304\260\304\261", "unix:/%C4%B0%C4%B1" },
};

static void
an_address_reads_the_same_in_turkish(void **state)
{
	char buf[SOCK_ADDR_TEXT_MAX];
	struct sock_addr addr;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		if (sock_addr_parse(&addr, rows[i].text) != 0)
			fail_msg("%s", sock_errmsg());
		sock_addr_text(&addr, buf, sizeof buf);
		assert_string_equal(buf, rows[i].shown);
	}
}

static void
a_letter_that_is_not_ascii_is_in_no_host(void **state)
{
	struct sock_addr addr;

	(void)state;
	assert_int_equal(sock_addr_parse(&addr, "\304\260:80"), SOCK_EADDR);
	assert_int_equal(sock_addr_parse(&addr, "\335:80"), SOCK_EADDR);
	assert_int_equal(sock_addr_parse(&addr, "n\304\261c.example:80"),
	    SOCK_EADDR);
}

static void
localhost_is_local_in_turkish(void **state)
{
	struct socki_target target;
	struct socki_why why;

	(void)state;
	assert_int_equal(socki_target_parse(&target, "I.LOCALHOST:80", 14, true,
			     &why),
	    0);
	assert_int_equal(target.kind, SOCKI_TARGET_LOCALHOST);
}

/* Compiles the locale where the machine has its source only. */
static int
speak_turkish(char *dir)
{
	char command[256];

	if (setlocale(LC_ALL, "tr_TR.UTF-8") != NULL)
		return 1;
	snprintf(command, sizeof command,
	    "localedef -i tr_TR -f UTF-8 "
	    "%s/tr_TR.UTF-8 >%s/log 2>&1",
	    dir, dir);
	if (system(command) == -1)
		return 0;
	setenv("LOCPATH", dir, 1);
	return setlocale(LC_ALL, "tr_TR.UTF-8") != NULL;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_reads_the_same_in_turkish),
		cmocka_unit_test(a_letter_that_is_not_ascii_is_in_no_host),
		cmocka_unit_test(localhost_is_local_in_turkish),
	};
	char dir[] = "/tmp/sock-locale-XXXXXX", command[64];
	volatile int small = 'i'; /* not to be computed when compiling */
	int rc = 77;

	if (mkdtemp(dir) == NULL)
		return 1;
	if (!speak_turkish(dir))
		printf("SKIP: no tr_TR.UTF-8 (apt-get install locales)\n");
	else if (toupper(small) == 'I')
		printf("SKIP: this C library has one locale\n");
	else
		rc = cmocka_run_group_tests(tests, NULL, NULL);
	snprintf(command, sizeof command, "rm -rf %s", dir);
	return system(command) == 0 ? rc : 1;
}
