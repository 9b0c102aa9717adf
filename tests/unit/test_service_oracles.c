/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sock/base.h>
#include <sock/service.h>

#include "name/services_file.h"

/*
 * What Debian has of the same facts: /etc/services of netbase, by way of
 * getservbyname(3), and the list of libwireshark-data.
 */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NETBASE "/var/lib/dpkg/info/netbase.list"
#define WIRESHARK "/usr/share/wireshark/services"
#define ROWS_MAX 2000

struct row {
	char name[64], transport[8];
	int port;
};

static struct row rows[ROWS_MAX];
static size_t row_count;

/* Where the registry has a port of its own on that transport. */
static const struct row exceptions[] = {
	{ "dicom", "tcp", 11112 }, /* netbase 104 */
	{ "icp", "udp", 1112 },    /* netbase 3130 */
};

static void
add(const char *name, const char *transport)
{
	struct row *r = &rows[row_count++];

	assert_true(row_count < ROWS_MAX);
	snprintf(r->name, sizeof r->name, "%s", name);
	snprintf(r->transport, sizeof r->transport, "%s", transport);
}

static void
read_netbase(void)
{
	const struct servent *e;

	row_count = 0;
	setservent(1);
	while ((e = getservent()) != NULL) {
		add(e->s_name, e->s_proto);
		for (char **alias = e->s_aliases; *alias != NULL; alias++)
			add(*alias, e->s_proto);
	}
	endservent();
	for (size_t i = 0; i < row_count; i++) {
		e = getservbyname(rows[i].name, rows[i].transport);
		assert_non_null(e);
		rows[i].port = ntohs((uint16_t)e->s_port);
	}
}

static bool
is_transport(const char *name)
{
	static const char *const known[] = { "tcp", "udp", "sctp", "dccp" };

	for (size_t i = 0; i < COUNT(known); i++)
		if (strcmp(known[i], name) == 0)
			return true;
	return false;
}

static void
every_name_of_netbase_resolves_as_getservbyname_does(void **state)
{
	unsigned excepted = 0;

	(void)state;
	read_netbase();
	assert_true(row_count > 300);
	for (size_t i = 0; i < row_count; i++) {
		const struct row *r = &rows[i];
		int port = r->port;

		for (size_t j = 0; j < COUNT(exceptions); j++)
			if (strcmp(exceptions[j].name, r->name) == 0 &&
			    strcmp(exceptions[j].transport, r->transport) ==
				0) {
				port = exceptions[j].port;
				excepted |= 1u << j;
			}
		if (!is_transport(r->transport)) /* AppleTalk's ddp */
			port = SOCK_ENOSERVICE;
		if (sock_service_port(r->name, r->transport) != port)
			fail_msg("%s/%s is %d, not %d", r->name, r->transport,
			    sock_service_port(r->name, r->transport), port);
	}
	assert_int_equal(excepted, (1u << COUNT(exceptions)) - 1);
}

static const struct row any_exceptions[] = {
	{ "dicom", "", 11112 },
	{ "icp", "", 1112 }, /* tcp, which netbase does not have */
};

static void
without_a_transport_too(void **state)
{
	(void)state;
	read_netbase();
	for (size_t i = 0; i < row_count; i++) {
		const struct servent *e = getservbyname(rows[i].name, NULL);
		int port;

		assert_non_null(e);
		port = ntohs((uint16_t)e->s_port);
		for (size_t j = 0; j < COUNT(any_exceptions); j++)
			if (strcmp(any_exceptions[j].name, rows[i].name) == 0)
				port = any_exceptions[j].port;
		if (!is_transport(rows[i].transport))
			continue;
		if (sock_service_port(rows[i].name, NULL) != port)
			fail_msg("%s is %d, not %d", rows[i].name,
			    sock_service_port(rows[i].name, NULL), port);
	}
}

/*
 * Names of 2022 that are cut, spelled otherwise or gone by now, and one that
 * the sources of registry.tsv lack (compressnet).
 */
static const struct row stale[] = {
	{ "compressnet", "", 2 },
	{ "compressnet", "", 3 },
	{ "netconf-beep", "", 831 },
	{ "netconfsoaphttp", "", 832 },
	{ "netconfsoapbeep", "", 833 },
	{ "pearldoc-xact", "", 1980 },
	{ "Apple-Remote-De", "", 3283 },
	{ "Escale-(Newton", "", 3679 },
	{ "fox-skytale", "", 4319 },
	{ "avi-nms", "", 4413 },
	{ "avi-nms-disc", "", 4413 },
	{ "qftest-licserve", "", 5543 },
	{ "pmcdproxy", "", 44322 },
};

static bool
is_stale(const char *name, int port)
{
	for (size_t i = 0; i < COUNT(stale); i++)
		if (stale[i].port == port && strcmp(stale[i].name, name) == 0)
			return true;
	return false;
}

static bool
has_name(int port, const char *transport, const char *name)
{
	const char *names[16];
	const int n = sock_service_names(port, transport, names, COUNT(names));

	for (int i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* NAME PORT[-PORT]/TRANSPORT[/TRANSPORT...]; how many of them were looked up. */
static int
check_line(const char *line)
{
	char name[64], ports[64], *transport, *rest;
	int port, count = 0;

	if (line[0] == '#' || sscanf(line, "%63s %63s", name, ports) != 2)
		return 0;
	rest = strchr(ports, '/');
	assert_non_null(rest);
	*rest++ = '\0';
	assert_int_equal(sscanf(ports, "%d", &port), 1);
	while ((transport = strsep(&rest, "/")) != NULL) {
		count++;
		if (has_name(port, transport, name) == is_stale(name, port))
			fail_msg("%s %d/%s", name, port, transport);
	}
	return count;
}

static void
wiresharks_names_are_names_of_their_ports(void **state)
{
	FILE *file = fopen(WIRESHARK, "r");
	char line[512];
	int count = 0;

	(void)state;
	if (file == NULL) {
		print_message("%s is missing (apt-get install "
			      "libwireshark-data)\n",
		    WIRESHARK);
		skip();
	}
	while (fgets(line, sizeof line, file) != NULL)
		count += check_line(line);
	fclose(file);
	assert_true(count > 10000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    every_name_of_netbase_resolves_as_getservbyname_does),
		cmocka_unit_test(without_a_transport_too),
		cmocka_unit_test(wiresharks_names_are_names_of_their_ports),
	};

	if (access(NETBASE, F_OK) != 0 || access("/etc/services", R_OK) != 0) {
		printf("SKIP: no /etc/services of Debian's netbase\n");
		return 77;
	}
#ifndef __GLIBC__
	printf("SKIP: getservent() of this C library reads nothing\n");
	return 77;
#endif
	socki_services_file_path("/nonexistent/services");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
