/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sched.h>

#include "processes.h"
#include "workers.h"

/* Of a program whose workers are pinned. */

static cpu_set_t
processors_of(pid_t pid)
{
	cpu_set_t set;

	assert_int_equal(sched_getaffinity(pid, sizeof set, &set), 0);
	return set;
}

static void
each_child_has_a_processor_of_its_own(void **state)
{
	struct serving s = { .mode = process_modes[0] };
	cpu_set_t mine = processors_of(0), sets[2];
	struct talk t[2];
	int i;

	(void)state;
	if (CPU_COUNT(&mine) < 2)
		ASIDE_SKIP("one processor");
	serving_start(&s, .on_stream = process_serve, .workers = 2);
	t[0] = process_dial(&s);
	t[1] = process_dial_other(&s, t[0].pid, 0);
	for (i = 0; i < 2; i++) {
		sets[i] = processors_of(t[i].pid);
		assert_int_equal(CPU_COUNT(&sets[i]), 1);
		process_hang_up(t[i].sock);
	}
	assert_false(CPU_EQUAL(&sets[0], &sets[1]));
	serving_stop(&s);
	sets[0] = processors_of(0);
	assert_true(CPU_EQUAL(&sets[0], &mine));
	assert_no_children();
}

static void
tell_spread(sock_t s, void *arg)
{
	cpu_set_t mine, all;

	(void)arg;
	note_processors(&mine);
	all = spread_over(1);
	CPU_OR(&all, &all, &mine);
	sock_printf(s, "%d\n", CPU_COUNT(&all));
}

static void
the_workers_of_a_child_have_one_each(void **state)
{
	struct serving s = { .mode = process_modes[0] };
	const cpu_set_t mine = processors_of(0);
	sock_t t[2];
	int i;

	(void)state;
	if (CPU_COUNT(&mine) < 2)
		ASIDE_SKIP("one processor");
	serving_start(&s, .on_stream = tell_spread, .workers = 2);
	for (i = 0; i < 2; i++)
		t[i] = serving_dial(&s);
	for (i = 0; i < 2; i++) {
		assert_int_equal(process_ask(t[i], ""), 2);
		process_hang_up(t[i]);
	}
	serving_stop(&s);
	assert_no_children();
}

int
main(void)
{
	const struct sock_runtime_options o = { .size = sizeof o, .pin = true };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_child_has_a_processor_of_its_own),
		cmocka_unit_test(the_workers_of_a_child_have_one_each),
	};

	if (sock_runtime(&o) < 0)
		return 1;
	PROCESSES_MAIN(tests);
}
