/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <sock/base.h>
#include <sock/service.h>

#include "name/services_file.h"

#define PAIRS_MAX 20000
#define NAMES_MAX 16

/* A name that a port has; the port's others hang on it. */
struct pair {
	char name[20];
	int next;
};

static struct pair pairs[PAIRS_MAX];
static int pair_count = 1, heads[65536]; /* 0: none */
static bool assigned[65536];

static void
add(const char *name, int port)
{
	for (int i = heads[port]; i != 0; i = pairs[i].next)
		if (strcmp(pairs[i].name, name) == 0)
			return;
	assert_true(pair_count < PAIRS_MAX);
	snprintf(pairs[pair_count].name, sizeof pairs->name, "%s", name);
	pairs[pair_count].next = heads[port];
	heads[port] = pair_count++;
}

static void
load(const char *path, bool is_iana)
{
	FILE *file = fopen(path, "r");
	char line[128], name[20];
	int first, last;

	if (file == NULL)
		fail_msg("%s is missing", path);
	while (fgets(line, sizeof line, file) != NULL) {
		if (line[0] == '#')
			continue;
		assert_int_equal(sscanf(line, "%19s %d %d", name, &first,
				     &last),
		    3);
		if (is_iana)
			assigned[first] = true;
		for (int port = first; port <= last; port++)
			add(name, port);
	}
	fclose(file);
}

static int
setup(void **state)
{
	(void)state;
	socki_services_file_path("/nonexistent/services");
	load("../../lib/name/registry.tsv", true);
	load("../../lib/name/everyday.tsv", false);
	return 0;
}

static void
a_port_has_its_names_and_no_others(void **state)
{
	const char *names[NAMES_MAX];

	(void)state;
	assert_true(pair_count > 6500);
	for (int port = 0; port <= 65535; port++) {
		const int count =
		    sock_service_names(port, NULL, names, NAMES_MAX);
		int expected = 0;

		for (int i = heads[port]; i != 0; i = pairs[i].next) {
			int at = 0;

			while (at < count &&
			    strcmp(names[at], pairs[i].name) != 0)
				at++;
			if (at == count)
				fail_msg("%d lacks %s", port, pairs[i].name);
			expected++;
		}
		if (count != expected)
			fail_msg("%d has %d names, not %d", port, count,
			    expected);
		if ((sock_service_name(port, NULL) != NULL) != (expected > 0))
			fail_msg("%d: %s", port, sock_service_name(port, NULL));
	}
}

/* Where that is: at the first port of an assignment. */
static void
a_walk_begins_behind_any_port(void **state)
{
	int next = 0;

	(void)state;
	for (int port = 65535; port >= 0; port--) {
		struct sock_service it = { .size = sizeof it, .port = port };

		if (sock_service_next(&it) != (next != 0) ||
		    (next != 0 && it.port != next))
			fail_msg("behind %d comes %d, not %d", port, it.port,
			    next);
		if (assigned[port])
			next = port;
	}
}

static void
a_walk_from_what_is_no_port_ends(void **state)
{
	static const int none[] = { INT_MIN, -1, 65536, INT_MAX - 63, INT_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
		struct sock_service it = { .size = sizeof it, .port = none[i] };

		assert_false(sock_service_next(&it));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port_has_its_names_and_no_others),
		cmocka_unit_test(a_walk_begins_behind_any_port),
		cmocka_unit_test(a_walk_from_what_is_no_port_ends),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
