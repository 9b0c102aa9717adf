/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <sock/base.h>

#include "name/service.h"
#include "name/services_file.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define REGISTRY "../../lib/name/registry.tsv"
#define EVERYDAY "../../lib/name/everyday.tsv"
#define ROWS_MAX 20000
#define NAMES_MAX 16

struct row {
	char name[20], transport[8];
	int first, last;
	bool walked;
};

static struct row rows[ROWS_MAX], everyday[ROWS_MAX];
static size_t row_count, everyday_count;

/* Not the library's reader, which would agree with itself. */
static size_t
load(struct row *at, const char *path)
{
	FILE *file = fopen(path, "r");
	char line[128];
	size_t count = 0;

	if (file == NULL)
		fail_msg("%s is missing", path);
	while (fgets(line, sizeof line, file) != NULL) {
		struct row *r = &at[count];

		if (line[0] == '#')
			continue;
		if (sscanf(line, "%19s %d %d %7s", r->name, &r->first, &r->last,
			r->transport) != 4)
			fail_msg("%s: %s", path, line);
		count++;
	}
	fclose(file);
	return count;
}

static int
setup(void **state)
{
	(void)state;
	/* What this machine has there is another test's. */
	socki_services_file_path("/nonexistent/services");
	row_count = load(rows, REGISTRY);
	everyday_count = load(everyday, EVERYDAY);
	return 0;
}

static bool
is_everyday(const struct row *r)
{
	for (size_t i = 0; i < everyday_count; i++)
		if (everyday[i].first == r->first &&
		    strcmp(everyday[i].name, r->name) == 0 &&
		    strcmp(everyday[i].transport, r->transport) == 0)
			return true;
	return false;
}

/* Of a name's ports on a transport, the everyday one, else the lowest. */
static int
expected_port(const struct row *r)
{
	int port = 0;

	for (size_t i = 0; i < row_count; i++) {
		if (strcmp(rows[i].name, r->name) != 0 ||
		    strcmp(rows[i].transport, r->transport) != 0)
			continue;
		if (is_everyday(&rows[i]))
			return rows[i].first;
		if (port == 0)
			port = rows[i].first;
	}
	return port;
}

static void
every_name_of_the_registry_has_its_port(void **state)
{
	(void)state;
	assert_int_equal(row_count, 11723);
	for (size_t i = 0; i < row_count; i++) {
		const struct row *r = &rows[i];
		const int port = sock_service_port(r->name, r->transport);

		if (port != r->first && port != expected_port(r))
			fail_msg("%s/%s is %d", r->name, r->transport, port);
	}
}

static bool
has_name(int port, const char *transport, const char *name)
{
	const char *names[NAMES_MAX];
	const int count = sock_service_names(port, transport, names, NAMES_MAX);

	assert_true(count <= NAMES_MAX);
	for (int i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static void
every_port_of_the_registry_has_its_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < row_count; i++)
		for (int port = rows[i].first; port <= rows[i].last; port++)
			if (!has_name(port, rows[i].transport, rows[i].name) ||
			    !has_name(port, NULL, rows[i].name))
				fail_msg("%d/%s lacks %s", port,
				    rows[i].transport, rows[i].name);
}

static void
every_everyday_name_has_its_port_and_the_port_the_name(void **state)
{
	(void)state;
	assert_true(everyday_count > 140);
	for (size_t i = 0; i < everyday_count; i++) {
		const struct row *r = &everyday[i];

		if (sock_service_port(r->name, r->transport) != r->first ||
		    !has_name(r->first, r->transport, r->name))
			fail_msg("%s %d/%s", r->name, r->first, r->transport);
	}
}

/* Of two names of one port and transport, the one that IANA has first. */
static void
a_port_shows_the_first_of_its_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < row_count; i++) {
		const struct row *r = &rows[i];
		const char *name = sock_service_name(r->first, r->transport);
		bool first = true, rivals = false;

		for (size_t j = i; j-- > 0 && rows[j].first == r->first;)
			if (strcmp(rows[j].transport, r->transport) == 0)
				first = false;
		for (size_t j = 0; j < everyday_count; j++)
			rivals = rivals ||
			    (everyday[j].first == r->first && !is_everyday(r));
		if (name == NULL ||
		    (first && !rivals && strcmp(name, r->name) != 0))
			fail_msg("%d/%s is %s, not %s", r->first, r->transport,
			    name != NULL ? name : "NULL", r->name);
	}
}

/* Marks the row that the walk is at on one of its transports. */
static void
mark(const struct sock_service *it, const char *transport, size_t n)
{
	for (size_t i = 0; i < row_count; i++) {
		struct row *r = &rows[i];

		if (r->first != it->port || r->last != it->port_last ||
		    strcmp(r->name, it->name) != 0 ||
		    strlen(r->transport) != n ||
		    strncmp(r->transport, transport, n) != 0)
			continue;
		if (r->walked)
			fail_msg("%s comes twice", r->name);
		r->walked = true;
		return;
	}
	fail_msg("%s %d/%s is not in the registry", it->name, it->port,
	    transport);
}

static void
the_walk_meets_every_row_once_and_by_port(void **state)
{
	struct sock_service it = { .size = sizeof it }, end;
	int port = 0, count = 0;

	(void)state;
	for (; sock_service_next(&it); count++) {
		const char *t = it.transports;

		assert_true(it.port >= port && it.port_last >= it.port);
		port = it.port;
		for (size_t n; *t != '\0'; t += n + (t[n] == ',')) {
			n = strcspn(t, ",");
			mark(&it, t, n);
		}
	}
	assert_int_equal(count, 6360);
	for (size_t i = 0; i < row_count; i++)
		if (!rows[i].walked)
			fail_msg("%s %d is left out", rows[i].name,
			    rows[i].first);
	end = it;
	assert_false(sock_service_next(&it));
	assert_memory_equal(&it, &end, sizeof it);
}

static void
a_walk_from_nowhere_ends(void **state)
{
	struct sock_service none = { .size = 0 };
	struct sock_service small = { .size = sizeof small - 1 };
	struct sock_service lost = { .size = sizeof lost,
		.name = "https",
		.port = 443,
		.transports = "tcp" };
	struct sock_service far = { .size = sizeof far, .port = 70000 };
	struct sock_service below = { .size = sizeof below, .port = -1 };

	(void)state;
	assert_false(sock_service_next(&none));
	assert_false(sock_service_next(&small));
	assert_false(sock_service_next(&lost));
	assert_false(sock_service_next(&far));
	assert_false(sock_service_next(&below));
}

static const struct {
	const char *name, *transport;
	int port;
} known[] = {
	{ "ftp-data", "tcp", 20 },
	{ "ftp", "tcp", 21 },
	{ "ssh", "tcp", 22 },
	{ "telnet", "tcp", 23 },
	{ "smtp", "tcp", 25 },
	{ "domain", "tcp", 53 },
	{ "domain", "udp", 53 },
	{ "http", "tcp", 80 },
	{ "pop3", "tcp", 110 },
	{ "imap", "tcp", 143 },
	{ "https", "tcp", 443 },
	{ "https", "udp", 443 },
	{ "https", "sctp", 443 },
	{ "submissions", "tcp", 465 },
	{ "igmpv3lite", "udp", 465 },
	{ "exec", "tcp", 512 },
	{ "comsat", "udp", 512 },
	{ "login", "tcp", 513 },
	{ "who", "udp", 513 },
	{ "shell", "tcp", 514 },
	{ "syslog", "udp", 514 },
	{ "efs", "tcp", 520 },
	{ "router", "udp", 520 },
	{ "submission", "tcp", 587 },
	{ "imaps", "tcp", 993 },
	{ "pop3s", "tcp", 995 },
	{ "l2tp", "tcp", 1701 },
	{ "l2tp", "udp", 1701 },
	{ "nfs", "tcp", 2049 },
	{ "nfs", "udp", 2049 },
	{ "nfs", "sctp", 2049 },
	{ "discard", "dccp", 9 },
	{ "x11", "tcp", 6000 },
	{ "http-alt", "tcp", 8080 },
};

static void
everyday_ports_and_names_are_as_people_know_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(known); i++) {
		const char *name =
		    sock_service_name(known[i].port, known[i].transport);

		if (sock_service_port(known[i].name, known[i].transport) !=
			known[i].port ||
		    name == NULL || strcmp(name, known[i].name) != 0)
			fail_msg("%s %d/%s: %s", known[i].name, known[i].port,
			    known[i].transport, name != NULL ? name : "NULL");
	}
	for (int port = 6000; port <= 6063; port++)
		assert_string_equal(sock_service_name(port, "tcp"), "x11");
	assert_string_not_equal(sock_service_name(6064, "tcp"), "x11");
	assert_string_equal(sock_service_name(6667, "tcp"), "ircu");
	assert_int_equal(sock_service_port("dns", NULL), 53);
	assert_int_equal(sock_service_port("www", "tcp"), 80);
	assert_int_equal(sock_service_port("imap2", "tcp"), 143);
}

static void
no_transport_stands_for_any_and_tcp_comes_first(void **state)
{
	(void)state;
	assert_int_equal(sock_service_port("https", NULL), 443);
	assert_int_equal(sock_service_port("tftp", NULL), 69);
	assert_int_equal(sock_service_port("comsat", NULL), 512);
	assert_string_equal(sock_service_name(512, NULL), "exec");
	assert_string_equal(sock_service_name(514, NULL), "shell");
	assert_string_equal(sock_service_name(465, NULL), "submissions");
}

static void
names_come_preferred_first_and_aliases_last(void **state)
{
	static const char *const http[] = { "http", "www", "www-http" };
	static const char *const mail[] = { "submissions", "urd", "ssmtp",
		"smtps" };
	static const char *const shell[] = { "shell", "syslog", "cmd" };
	const char *out[NAMES_MAX] = { NULL };

	(void)state;
	assert_int_equal(sock_service_names(80, "tcp", out, NAMES_MAX), 3);
	for (size_t i = 0; i < COUNT(http); i++)
		assert_string_equal(out[i], http[i]);
	assert_null(out[3]);
	assert_int_equal(sock_service_names(80, NULL, out, NAMES_MAX), 3);
	assert_int_equal(sock_service_names(465, "tcp", out, NAMES_MAX), 4);
	for (size_t i = 0; i < COUNT(mail); i++)
		assert_string_equal(out[i], mail[i]);
	/* Of tcp, of udp, then an alias that is tcp's: syslog only once. */
	assert_int_equal(sock_service_names(514, NULL, out, NAMES_MAX), 3);
	for (size_t i = 0; i < COUNT(shell); i++)
		assert_string_equal(out[i], shell[i]);
}

static void
names_beyond_max_are_counted_and_not_given(void **state)
{
	const char *out[2] = { NULL, NULL };

	(void)state;
	assert_int_equal(sock_service_names(80, "tcp", NULL, 0), 3);
	assert_int_equal(sock_service_names(80, "tcp", NULL, -1), 3);
	assert_int_equal(sock_service_names(80, "tcp", out, 1), 3);
	assert_string_equal(out[0], "http");
	assert_null(out[1]);
	assert_int_equal(sock_service_names(80, "tcp", out, 2), 3);
	assert_string_equal(out[1], "www");
	assert_int_equal(sock_service_names(443, "xyz", out, 2), 0);
	assert_int_equal(sock_service_names(4, "tcp", out, 2), 0);
}

static void
ports_that_are_none_have_no_name(void **state)
{
	static const int none[] = { -2147483647 - 1, -1, 0, 4, 65535, 65536,
		65536 + 443, 2147483647 };

	(void)state;
	for (size_t i = 0; i < COUNT(none); i++)
		if (sock_service_name(none[i], NULL) != NULL ||
		    sock_service_names(none[i], NULL, NULL, 0) != 0)
			fail_msg("%d has a name", none[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_name_of_the_registry_has_its_port),
		cmocka_unit_test(every_port_of_the_registry_has_its_names),
		cmocka_unit_test(
		    every_everyday_name_has_its_port_and_the_port_the_name),
		cmocka_unit_test(a_port_shows_the_first_of_its_names),
		cmocka_unit_test(the_walk_meets_every_row_once_and_by_port),
		cmocka_unit_test(a_walk_from_nowhere_ends),
		cmocka_unit_test(
		    everyday_ports_and_names_are_as_people_know_them),
		cmocka_unit_test(
		    no_transport_stands_for_any_and_tcp_comes_first),
		cmocka_unit_test(names_come_preferred_first_and_aliases_last),
		cmocka_unit_test(names_beyond_max_are_counted_and_not_given),
		cmocka_unit_test(ports_that_are_none_have_no_name),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
