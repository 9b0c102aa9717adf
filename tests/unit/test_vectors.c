/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sock/addr.h>
#include <sock/base.h>
#include <sock/service.h>

#include "addr/addr.h"
#include "addr/ip.h"
#include "base/error.h"
#include "name/address.h"
#include "name/host.h"

/*
 * The rows of Go's own tests, where a copy of them is at hand; what matters of
 * them stands in our tables too.  Where we are stricter, a row is listed here.
 */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define VECTORS SOCK_SHARED_DIR "/vectors/"
#define FIELDS 4

static const struct {
	const char *input, *reason;
} exceptions[] = {
	{ "0:0:0:0:000000:ffff:127.1.2.3", "at most four digits a group" },
	{ "-0", "no sign" },
	{ "+0", "no sign" },
	{ "+1", "no sign" },
	{ "", "no empty port" },
	{ "golang.org:", "no empty port" },
	{ "127.0.0.1:", "no empty port" },
	{ "[::1]:", "no empty port" },
	{ "localhost%lo0:http", "a name has no zone" },
	{ "localhost%lo0:80", "a name has no zone" },
	{ "[localhost%lo0]:http", "brackets hold IPv6" },
	{ "[localhost%lo0]:80", "brackets hold IPv6" },
	{ "[::1%lo0]:http", "loopback has no zone" },
	{ "[::1%lo0]:80", "loopback has no zone" },
	{ "golang.org:https%foo", "no service is named so" },
};

static bool
is_exception(const char *input)
{
	size_t i;

	for (i = 0; i < COUNT(exceptions); i++)
		if (strcmp(exceptions[i].input, input) == 0)
			return true;
	return false;
}

/* In place: \\ \t \n \r \xNN. */
static void
unescape(char *s)
{
	char *to = s;
	unsigned int byte;

	for (; *s != '\0'; s++) {
		if (*s != '\\') {
			*to++ = *s;
			continue;
		}
		s++;
		if (*s == 'x' && sscanf(s + 1, "%2x", &byte) == 1) {
			*to++ = (char)byte;
			s += 2;
		} else
			*to++ = (char)(*s == 't' ? '\t' :
				*s == 'n'        ? '\n' :
				*s == 'r'        ? '\r' :
						   *s);
	}
	*to = '\0';
}

/* Calls check() for each row; the row after the comments is the header. */
static void
for_each_row(const char *name, void (*check)(char *field[FIELDS]))
{
	char path[512], line[2048], *field[FIELDS], *rest;
	int rows = -1, i;
	FILE *file;

	snprintf(path, sizeof path, "%s%s", VECTORS, name);
	file = fopen(path, "r");
	if (file == NULL)
		fail_msg("%s cannot be read", path);
	while (fgets(line, sizeof line, file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#' || rows++ < 0)
			continue;
		rest = line;
		for (i = 0; i < FIELDS; i++) {
			field[i] = rest != NULL ? strsep(&rest, "\t") : line;
			unescape(field[i]);
		}
		check(field);
	}
	fclose(file);
	assert_true(rows > 10);
}

/* They agree, or it is a row where we are stricter; nothing else is listed. */
static void
compare(const char *input, bool ours, bool theirs)
{
	if (ours != theirs && !(theirs && is_exception(input)))
		fail_msg("\"%s\": we say %d, they %d", input, ours, theirs);
	if (ours == theirs && is_exception(input))
		fail_msg("\"%s\" is no exception", input);
}

static void
check_ip(char *field[FIELDS])
{
	const bool theirs = strcmp(field[1], "ok") == 0;
	struct socki_ip_slip slip;
	struct in6_addr wide;
	struct socki_ip ip;
	int rc;

	rc = socki_ip_parse(&ip, field[0], strlen(field[0]), &slip);
	if (field[0][0] == '\0')
		return assert_int_equal(rc, SOCK_EADDR);
	compare(field[0], rc == 0, theirs);
	if (rc != 0)
		return;
	socki_ip_unmap(&ip);
	assert_int_equal(inet_pton(AF_INET6, field[2], &wide), 1);
	if (memcmp((char *)&wide + 16 - ip.size, ip.byte, ip.size) != 0)
		fail_msg("\"%s\"", field[0]);
}

static int
parse_port(const char *network, const char *service)
{
	struct socki_target target;
	struct socki_why why;
	char text[128];
	int rc;

	snprintf(text, sizeof text, "%s:*:%s", network, service);
	rc = socki_target_parse(&target, text, strlen(text), true, &why);
	return rc < 0 ? rc : target.port;
}

static void
check_port(char *field[FIELDS])
{
	const int port = parse_port("tcp", field[0]);
	const long theirs = strtol(field[1], NULL, 10);
	const bool number =
	    strchr(field[1], '<') == NULL && theirs >= 0 && theirs <= 65535;

	if (strcmp(field[2], "true") == 0) {
		if (port != sock_service_port(field[0], "tcp") &&
		    port != SOCK_EADDR)
			fail_msg("\"%s\": %d", field[0], port);
		return;
	}
	compare(field[0], port >= 0, number);
	if (port >= 0)
		assert_int_equal(port, theirs);
}

static void
check_lookup(char *field[FIELDS])
{
	const int port = parse_port(field[0], field[1]);

	compare(field[1], port >= 0, strcmp(field[3], "true") == 0);
	if (port >= 0)
		assert_int_equal(port, strtol(field[2], NULL, 10));
}

static void
check_split(char *field[FIELDS])
{
	char host[300], port[8];
	struct socki_target target;
	struct socki_ip_slip slip;
	struct socki_why why;
	struct sock_addr addr;
	struct socki_ip ip;
	int rc;

	rc = socki_target_parse(&target, field[0], strlen(field[0]), false,
	    &why);
	compare(field[0], rc == 0, strcmp(field[1], "ok") == 0);
	if (rc != 0)
		return;
	snprintf(port, sizeof port, "%d", target.port);
	if (strcmp(port, field[3]) != 0)
		assert_int_equal(target.port,
		    sock_service_port(field[3], "tcp"));
	if (target.kind >= SOCKI_TARGET_LOCALHOST) {
		memcpy(host, target.host, target.host_len);
		host[target.host_len] = '\0';
		assert_string_equal(host, field[2]);
		return;
	}
	assert_int_equal(socki_ip_parse(&ip, field[2], strlen(field[2]), &slip),
	    0);
	socki_addr_from_ip(&addr, SOCK_SCHEME_TCP, &ip, target.port);
	assert_true(sock_addr_equal(&addr, &target.addr));
}

static void
check_join(char *field[FIELDS])
{
	char text[SOCK_ADDR_TEXT_MAX], whole[SOCK_ADDR_TEXT_MAX];
	struct socki_target target;
	struct socki_why why;
	int rc;

	rc = socki_target_parse(&target, field[2], strlen(field[2]), false,
	    &why);
	compare(field[2], rc == 0, true);
	if (rc != 0 || target.kind != SOCKI_TARGET_ONE ||
	    strcmp(field[1], "80") != 0)
		return;
	snprintf(whole, sizeof whole, "tcp:%s", field[2]);
	assert_string_equal(sock_addr_text(&target.addr, text, sizeof text),
	    whole);
}

static void
check_name(char *field[FIELDS])
{
	struct socki_ip_slip slip;

	compare(field[0],
	    socki_host_check(field[0], strlen(field[0]), &slip) == 0,
	    strcmp(field[1], "true") == 0);
}

static void
addresses_are_read_as_go_reads_them(void **state)
{
	(void)state;
	for_each_row("parse_ip.tsv", check_ip);
}

static void
ports_are_read_as_go_reads_them(void **state)
{
	(void)state;
	for_each_row("parse_port.tsv", check_port);
	for_each_row("lookup_port.tsv", check_lookup);
}

static void
host_and_port_are_split_and_joined_as_go_does(void **state)
{
	(void)state;
	for_each_row("split_host_port.tsv", check_split);
	for_each_row("join_host_port.tsv", check_join);
}

static void
host_names_are_those_of_go(void **state)
{
	(void)state;
	for_each_row("dns_name.tsv", check_name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_read_as_go_reads_them),
		cmocka_unit_test(ports_are_read_as_go_reads_them),
		cmocka_unit_test(host_and_port_are_split_and_joined_as_go_does),
		cmocka_unit_test(host_names_are_those_of_go),
	};

	if (access(VECTORS, R_OK) != 0) {
		printf("SKIP: %s is not there\n", VECTORS);
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
