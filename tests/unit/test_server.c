/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/stat.h>

#include "serving.h"

static void
each_mode_serves_over_each_transport(void **state)
{
	struct serving s;
	int i;

	(void)state;
	EACH_ROW(s)
	{
		const int many = modes[s.mode].one ? 1 : 20;
		sock_t c[20];

		serving_start(&s, .on_stream = serving_echo);
		for (i = 0; i < many; i++) {
			c[i] = serving_dial(&s);
			assert_true(serving_echoes(c[i], "one"));
		}
		assert_int_equal(serving_stats(&s).active, many);
		for (i = 0; i < many; i++) {
			assert_true(serving_echoes(c[i], "two"));
			assert_int_equal(sock_finish(c[i], SOON), 0);
		}
		UNTIL(serving_stats(&s).active == 0);
		assert_int_equal(serving_stats(&s).finished, many);
		assert_int_equal(serving_stats(&s).bytes_in, 6 * many);
		assert_int_equal(serving_stats(&s).bytes_out, 6 * many);
		serving_stop(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_mode_serves_over_each_transport),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
