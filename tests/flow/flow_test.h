/* SPDX-License-Identifier: MIT */
#ifndef FLOW_TEST_H
#define FLOW_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "flow.h"

/* Bodies of flow.h as tests of cmocka's. */

static void
flow_run(void **state)
{
	assert_int_equal(flow_run_case(*state), 0);
}

#define FLOW_CASE(body, over, opens) \
	{ \
#body, flow_run, NULL, NULL, &(struct flow_case) \
		{ \
			body, over, opens \
		} \
	}

#define FLOW_TEST(body, over) FLOW_CASE(body, over, OPENS_STREAMS)
#define LISTENER_TEST(body) FLOW_CASE(body, OVER_LISTENERS, OPENS_LISTENER)
#define KIND_TEST(body) FLOW_CASE(body, OVER_PAIR, OPENS_NOTHING)

#endif
