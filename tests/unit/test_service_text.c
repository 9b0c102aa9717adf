/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sock/base.h>

#include "name/registry.h"
#include "name/service.h"
#include "name/services_file.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int
setup(void **state)
{
	(void)state;
	socki_services_file_path("/nonexistent/services");
	return 0;
}

static const struct {
	const char *name, *transport;
	int port;
} texts[] = {
	{ "https", "tcp", 443 },
	{ "HTTPS", "tcp", 443 },
	{ "hTTpS", "TcP", 443 },
	{ "https", "UDP", 443 },
	{ "https", "SCTP", 443 },
	{ "DISCARD", "Dccp", 9 },
	/* IANA's own capitals. */
	{ "EtherNet-IP-1", "tcp", 2222 },
	{ "ethernet/ip-1", "tcp", 2222 },
	{ "3COM-NSD", "tcp", 1742 },
	/* Both lengths of a key's words, and their ends. */
	{ "ph", "tcp", 481 },
	{ "Z39.50", "tcp", 210 },
	{ "ftp", "tcp", 21 },
	{ "smtp", "tcp", 25 },
	{ "telnet", "tcp", 23 },
	{ "finger", "tcp", 79 },
	{ "ftp-data", "tcp", 20 },
	{ "discard", "tcp", 9 },
	{ "submission", "tcp", 587 },
	{ "http-rpc-epmap", "tcp", 593 },
	{ "CLC-build-daemon", "tcp", 8990 },
	/* No name. */
	{ "", "tcp", SOCK_ENOSERVICE },
	{ "443", "tcp", SOCK_ENOSERVICE },
	{ "0", "tcp", SOCK_ENOSERVICE },
	{ "+443", "tcp", SOCK_ENOSERVICE },
	{ " https", "tcp", SOCK_ENOSERVICE },
	{ "https ", "tcp", SOCK_ENOSERVICE },
	{ "https\n", "tcp", SOCK_ENOSERVICE },
	{ "https.", "tcp", SOCK_ENOSERVICE },
	{ "http", "dccp", SOCK_ENOSERVICE },
	{ "tftp", "sctp", SOCK_ENOSERVICE },
	{ "no-such-service", "tcp", SOCK_ENOSERVICE },
	{ "no-such-service1", "tcp", SOCK_ENOSERVICE },
	{ "a-name-longer-than-any-that-is-assigned", NULL, SOCK_ENOSERVICE },
	{ "\xc4\xb1map", "tcp", SOCK_ENOSERVICE },
	{ NULL, "tcp", SOCK_ENOSERVICE },
	{ NULL, NULL, SOCK_ENOSERVICE },
	/* No transport. */
	{ "https", "", SOCK_ENOSERVICE },
	{ "https", "tc", SOCK_ENOSERVICE },
	{ "https", "tcp4", SOCK_ENOSERVICE },
	{ "https", "tcpp", SOCK_ENOSERVICE },
	{ "https", "udplite", SOCK_ENOSERVICE },
	{ "https", "sctpx", SOCK_ENOSERVICE },
	{ "https", "tcp ", SOCK_ENOSERVICE },
	{ "https", "\x14\x03\x10", SOCK_ENOSERVICE },
	{ "https", "T\xc3p", SOCK_ENOSERVICE },
	{ "https", "tls", SOCK_ENOSERVICE },
};

static void
expect_texts(void)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		const int port =
		    sock_service_port(texts[i].name, texts[i].transport);

		if (port != texts[i].port)
			fail_msg("\"%s\"/%s is %d",
			    texts[i].name ? texts[i].name : "NULL",
			    texts[i].transport ? texts[i].transport : "NULL",
			    port);
	}
}

static void
names_are_read_in_any_case_and_nothing_else_is_a_name(void **state)
{
	(void)state;
	expect_texts();
}

/* Where 'I' and 'i' are two letters. */
static void
names_read_the_same_in_turkish(void **state)
{
	(void)state;
	if (setlocale(LC_ALL, "tr_TR.UTF-8") == NULL) {
		print_message("no tr_TR.UTF-8 (apt-get install locales)\n");
		skip();
	}
	expect_texts();
	assert_int_equal(sock_service_port("IMAPS", "tcp"), 993);
	assert_int_equal(sock_service_port("SUBMISSION", "TCP"), 587);
	setlocale(LC_ALL, "C");
}

static int
small(int c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static void
one_other_byte_is_another_name(void **state)
{
	static const char *const names[] = { "ph", "ftp", "imap", "https",
		"discard", "ftp-data", "mpm-flags", "submission",
		"xmlipcregsvc", "http-rpc-epmap", "warmspotmgmt",
		"clc-build-daemon" };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		const size_t n = strlen(names[i]);
		const int port = socki_service_port_n(names[i], n, "tcp");

		assert_true(port > 0);
		for (size_t at = 0; at < n; at++)
			for (int c = 0; c < 256; c++) {
				char *name = malloc(n);
				int other;

				assert_non_null(name);
				memcpy(name, names[i], n);
				name[at] = (char)c;
				other = socki_service_port_n(name, n, "tcp");
				free(name);
				if (small(c) == names[i][at])
					assert_int_equal(other, port);
				else if (other == port)
					fail_msg("%s with byte %d at %zu",
					    names[i], c, at);
			}
	}
}

/* Exact allocations, so that a read past the slice shows. */
static void
a_slice_needs_no_terminator_and_hides_no_nul(void **state)
{
	static const char *const names[] = { "ph", "ftp", "smtp", "https",
		"telnet", "discard", "ftp-data", "submission",
		"http-rpc-epmap" };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		const size_t n = strlen(names[i]);
		char *exact = malloc(n), *more = calloc(1, n + 3);

		assert_non_null(exact);
		assert_non_null(more);
		memcpy(exact, names[i], n);
		memcpy(more, names[i], n);
		assert_in_range(socki_service_port_n(exact, n, "tcp"), 1,
		    65535);
		for (size_t nuls = 1; nuls <= 3; nuls++)
			assert_int_equal(socki_service_port_n(more, n + nuls,
					     "tcp"),
			    SOCK_ENOSERVICE);
		more[n + 1] = 'x';
		assert_int_equal(socki_service_port_n(more, n + 2, "tcp"),
		    SOCK_ENOSERVICE);
		free(exact);
		free(more);
	}
	assert_int_equal(socki_service_port_n("", 0, "tcp"), SOCK_ENOSERVICE);
}

/* A name, its NUL and what lies behind it in the table. */
static void
bytes_of_the_table_itself_are_no_name(void **state)
{
	const char *name = socki_registry_names;

	(void)state;
	for (size_t n; (n = strlen(name)) > 0; name += n + 1)
		for (size_t more = n + 1; more <= REGISTRY_NAME_MAX; more++)
			if (socki_service_port_n(name, more, NULL) > 0)
				fail_msg("%s and %zu bytes", name, more - n);
}

static void
a_name_of_any_length_is_read_to_its_end(void **state)
{
	char *name = malloc(70001);

	(void)state;
	assert_non_null(name);
	for (size_t n = 1; n <= 70000; n = n < 80 ? n + 1 : 2 * n) {
		memset(name, 'a', n);
		name[n] = '\0';
		if (n != 0 && sock_service_port(name, NULL) > 0)
			fail_msg("%zu times 'a' has a port", n);
		assert_int_equal(socki_service_port_n(name, n, NULL),
		    SOCK_ENOSERVICE);
	}
	free(name);
}

static const struct {
	const char *name, *transport, *text;
} errors[] = {
	{ "no-such-thing", "tcp", "service no-such-thing: no such service" },
	{ "https", "dccp",
	    "service https: no such service: known on tcp,udp,sctp only" },
	{ "443", "tcp",
	    "service 443: no such service: a number is not a name" },
	{ "https", "tls",
	    "service https: no such service: no transport is called \"tls\"" },
	{ NULL, "tcp", "service: no such service: the name is NULL" },
	{ "", "tcp", "service: no such service: the name is empty" },
	{ "a\nb", "tcp", "service a\\x0ab: no such service" },
};

static void
an_unknown_service_says_why(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(errors); i++) {
		assert_int_equal(sock_service_port(errors[i].name,
				     errors[i].transport),
		    SOCK_ENOSERVICE);
		assert_string_equal(sock_errmsg(), errors[i].text);
		assert_int_equal(sock_last_error()->code, SOCK_ENOSERVICE);
	}
}

static void
a_port_without_a_name_is_no_error(void **state)
{
	(void)state;
	(void)sock_service_port("no-such-thing", "tcp");
	assert_null(sock_service_name(4, "tcp"));
	assert_null(sock_service_name(-1, "tcp"));
	assert_null(sock_service_name(443, "tls"));
	assert_int_equal(sock_service_names(443, "tls", NULL, 0), 0);
	assert_string_equal(sock_errmsg(),
	    "service no-such-thing: no such service");
}

static void *
look_up_much(void *arg)
{
	for (int i = 0; i < 20000; i++)
		if (sock_service_port("imaps", "tcp") != 993 ||
		    strcmp(sock_service_name(993, "tcp"), "imaps") != 0)
			return arg;
	return NULL;
}

static void
any_threads_look_up_at_once(void **state)
{
	pthread_t threads[4];
	void *wrong;

	(void)state;
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, look_up_much,
				     threads),
		    0);
	for (size_t i = 0; i < COUNT(threads); i++) {
		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_null(wrong);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    names_are_read_in_any_case_and_nothing_else_is_a_name),
		cmocka_unit_test(names_read_the_same_in_turkish),
		cmocka_unit_test(one_other_byte_is_another_name),
		cmocka_unit_test(a_slice_needs_no_terminator_and_hides_no_nul),
		cmocka_unit_test(bytes_of_the_table_itself_are_no_name),
		cmocka_unit_test(a_name_of_any_length_is_read_to_its_end),
		cmocka_unit_test(an_unknown_service_says_why),
		cmocka_unit_test(a_port_without_a_name_is_no_error),
		cmocka_unit_test(any_threads_look_up_at_once),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
