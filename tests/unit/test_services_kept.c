/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sock/base.h>

#include "base/clock.h"
#include "name/service.h"
#include "name/services_file.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static char dir[] = "/tmp/sock-services-XXXXXX";
static char path[64];

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return 1;
	snprintf(path, sizeof path, "%s/services", dir);
	socki_services_file_path(path);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	socki_services_file_path(NULL);
	socki_clock_source(NULL);
	(void)unlink(path);
	return rmdir(dir);
}

static sock_time now = 1;

static sock_time
test_clock(void)
{
	return now;
}

/* Another file takes the place of one that is there, as an editor does it. */
static void
replace_file(const char *text)
{
	char other[sizeof path + 4];
	FILE *file;

	snprintf(other, sizeof other, "%s.new", path);
	file = fopen(other, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(rename(other, path), 0);
}

static void
a_change_is_seen_after_a_second_and_not_looked_for_before(void **state)
{
	(void)state;
	socki_clock_source(test_clock);
	replace_file("one 4/tcp\n");
	assert_int_equal(sock_service_port("one", "tcp"), 4);
	replace_file("two 4/tcp\n");
	now += 999999999;
	assert_string_equal(sock_service_name(4, "tcp"), "one");
	assert_int_equal(sock_service_port("two", "tcp"), SOCK_ENOSERVICE);
	now += 1;
	assert_string_equal(sock_service_name(4, "tcp"), "two");
	now += 1000000000;
	assert_string_equal(sock_service_name(4, "tcp"), "two");
	assert_int_equal(unlink(path), 0);
	assert_string_equal(sock_service_name(4, "tcp"), "two");
	now += 1000000000;
	assert_null(sock_service_name(4, "tcp"));
	replace_file("six 4/tcp\n");
	assert_null(sock_service_name(4, "tcp"));
	now += 1000000000;
	assert_string_equal(sock_service_name(4, "tcp"), "six");
	socki_clock_source(NULL);
}

static sock_time
a_clock_that_runs(void)
{
	static _Atomic sock_time since = 1;

	return atomic_fetch_add(&since, 300000000);
}

static void *
ask_often(void *wrong)
{
	for (int i = 0; i < 2000; i++) {
		const char *name = sock_service_name(4, "tcp");

		if (name == NULL || strcmp(name, "one") != 0 ||
		    sock_service_port("two", NULL) != 6)
			atomic_fetch_add((_Atomic int *)wrong, 1);
	}
	return NULL;
}

static void
threads_may_ask_at_once(void **state)
{
	_Atomic int wrong = 0;
	pthread_t threads[3];

	(void)state;
	replace_file("one 4/tcp\ntwo 6/udp\n");
	socki_services_file_path(path);
	socki_clock_source(a_clock_that_runs);
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_often,
				     &wrong),
		    0);
	for (int i = 0; i < 20; i++)
		replace_file("one 4/tcp\ntwo 6/udp\n");
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	socki_clock_source(NULL);
	assert_int_equal(wrong, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_change_is_seen_after_a_second_and_not_looked_for_before),
		cmocka_unit_test(threads_may_ask_at_once),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
