/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sock.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "where.h"

/* Groups by name; net/test_datagrams.c sends to them. */

static void
a_group_has_its_port_shared(void **state)
{
	char address[SOCK_ADDR_TEXT_MAX];
	struct sock_addr own;
	const sock_t s = sock_listen("udp:239.255.0.1:0");
	sock_t other;

	(void)state;
	assert_int_equal(sock_local(s, &own), 0);
	(void)sock_addr_text(&own, address, sizeof address);
	other = sock_listen(address);
	assert_true(other > 0);
	assert_int_equal(sock_close(s), 0);
	assert_int_equal(sock_close(other), 0);
}

/* rows: group, interface, code, a word of the message */
static void
a_group_is_named_in_clear_words(void **state)
{
	static const struct {
		const char *group, *interface;
		int code;
		const char *word;
	} rows[] = {
		{ "10.0.0.1", NULL, SOCK_EADDR, "no multicast address" },
		{ "", NULL, SOCK_EADDR, "group" },
		{ "224.0.0.9x", NULL, SOCK_EADDR, "group" },
		{ "224.0.0.9@", "lo", SOCK_EADDR, "source" },
		{ "232.0.0.9@::1", "lo", SOCK_EADDR, "no source" },
		{ "232.0.0.9@224.0.0.1", "lo", SOCK_EADDR, "no source" },
		{ "224.0.0.9", "", SOCK_EADDR, "interface" },
		{ "224.0.0.9", "no-such", -ENODEV, "interface" },
		{ "224.0.0.9", "192.0.2.77", -ENODEV, "" },
		{ "ff02::9", "127.0.0.1", -ENODEV, "interface" },
		{ "ff02::9%no-such", NULL, -ENODEV, "group" },
		{ "224.0.0.9\033[2J", NULL, SOCK_EADDR, "\\x1b" },
	};
	const sock_t s = sock_listen("udp:0.0.0.0:0");
	char address[64];
	sock_t gram;
	size_t i;

	(void)state;
	(void)snprintf(address, sizeof address, "unixgram:@sock-groups-%d",
	    (int)getpid());
	gram = sock_listen(address);
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const int rc = sock_join(s, rows[i].group, rows[i].interface);

		if (rc != rows[i].code ||
		    strstr(sock_errmsg(), rows[i].word) == NULL)
			fail_msg("row %zu, \"%s\": %d, %s", i, rows[i].group,
			    rc, sock_errmsg());
	}
	assert_int_equal(sock_join(gram, "224.0.0.9", NULL), SOCK_EUSAGE);
	assert_int_equal(sock_join(s, NULL, NULL), SOCK_EUSAGE);
	assert_int_equal(sock_close(s), 0);
	assert_int_equal(sock_close(gram), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		where_test(a_group_has_its_port_shared),
		where_test(a_group_is_named_in_clear_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
