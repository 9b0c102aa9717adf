/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sock/base.h>

#include "base/memory.h"
#include "name/service.h"
#include "name/services_file.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static char dir[] = "/tmp/sock-services-XXXXXX";
static char path[64];
static int spare; /* the lowest free descriptor */

static int
lowest_free(void)
{
	const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	close(fd);
	return fd;
}

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return 1;
	snprintf(path, sizeof path, "%s/services", dir);
	socki_services_file_path(path);
	spare = lowest_free();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(dir);
}

static void
write_file(const char *text, size_t n)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, n, file), n);
	assert_int_equal(fclose(file), 0);
	socki_services_file_path(path); /* as if nobody had asked before */
}

static const char usual[] =
    "# our own\n"
    "\n"
    "ours\t\t4/tcp\tours-alias Ours-Other # and a comment\n"
    "ours 6/udp\n"
    "  indented   8/tcp\n"
    "twice 10/udp\n"
    "twice 12/tcp\n"
    "twice 14/tcp\n"
    "tight 4001/tcp#comment\n"
    "https 4443/tcp\n"
    "other 443/tcp\n"
    "longer-than-iana-would-have-it 16/tcp\n"
    "two-names 24/tcp second\n"
    "no-port /tcp\n"
    "zero 0/tcp\n"
    "large 65536/tcp\n"
    "larger 4294967300/tcp\n"
    "negative -4/tcp\n"
    "signed +4/tcp\n"
    "spaced 28 /tcp\n"
    "no-transport 28\n"
    "strange 28/ddp\n"
    "28 28/tcp\n"
    "caf\xc3\xa9 32/tcp\n"
    "delete\x7f 36/tcp\n"
    "windows\v60/tcp\f# lines of another system\r\n"
    "edited\t48/tcp\twith-alias\r\n"
    "late 40/udp\n"
    "late 61/sctp\n"
    "last 65533/sctp";

static const struct {
	const char *name, *transport;
	int port;
} names[] = {
	{ "ours", "tcp", 4 },
	{ "OURS", "tcp", 4 },
	{ "ours-alias", "tcp", 4 },
	{ "ours-OTHER", NULL, 4 },
	{ "ours", "udp", 6 },
	{ "ours", NULL, 4 },
	{ "indented", "tcp", 8 },
	{ "twice", NULL, 12 },
	{ "twice", "udp", 10 },
	{ "tight", "tcp", 4001 },
	{ "last", "sctp", 65533 },
	{ "last", NULL, 65533 },
	{ "late", NULL, 40 },
	{ "longer-than-iana-would-have-it", "tcp", 16 },
	{ "second", "tcp", 24 },
	{ "windows", "tcp", 60 },
	{ "edited", "tcp", 48 },
	{ "with-alias", "tcp", 48 },
	{ "https", "tcp", 443 },
	{ "https", "dccp", SOCK_ENOSERVICE },
	{ "comment", "tcp", SOCK_ENOSERVICE },
	{ "and", "tcp", SOCK_ENOSERVICE },
	{ "#", "tcp", SOCK_ENOSERVICE },
	{ "no-port", NULL, SOCK_ENOSERVICE },
	{ "zero", NULL, SOCK_ENOSERVICE },
	{ "large", NULL, SOCK_ENOSERVICE },
	{ "larger", NULL, SOCK_ENOSERVICE },
	{ "negative", NULL, SOCK_ENOSERVICE },
	{ "signed", NULL, SOCK_ENOSERVICE },
	{ "spaced", NULL, SOCK_ENOSERVICE },
	{ "no-transport", NULL, SOCK_ENOSERVICE },
	{ "strange", NULL, SOCK_ENOSERVICE },
	{ "strange", "ddp", SOCK_ENOSERVICE },
	{ "28", "tcp", SOCK_ENOSERVICE },
	{ "caf\xc3\xa9", "tcp", SOCK_ENOSERVICE },
	{ "ours 4/tcp", NULL, SOCK_ENOSERVICE },
};

static const struct {
	int port;
	const char *transport, *name;
} ports[] = {
	{ 4, "tcp", "ours" },
	{ 4, NULL, "ours" },
	{ 4, "udp", NULL },
	{ 6, NULL, "ours" },
	{ 12, "tcp", "twice" },
	{ 60, "tcp", "windows" },
	{ 16, "tcp", "longer-than-iana-would-have-it" },
	{ 65533, "sctp", "last" },
	{ 443, "tcp", "https" },
	{ 4443, "tcp", "pharos" },
	{ 28, NULL, NULL },
	{ 32, NULL, NULL },
	{ 36, NULL, NULL },
	{ 0, NULL, NULL },
};

static void
the_file_is_asked_for_what_the_registry_lacks(void **state)
{
	(void)state;
	write_file(usual, sizeof usual - 1);
	for (size_t i = 0; i < COUNT(names); i++) {
		const int port =
		    sock_service_port(names[i].name, names[i].transport);

		if (port != names[i].port)
			fail_msg("%s/%s is %d", names[i].name,
			    names[i].transport ? names[i].transport : "any",
			    port);
	}
	for (size_t i = 0; i < COUNT(ports); i++) {
		const char *name =
		    sock_service_name(ports[i].port, ports[i].transport);

		if ((name == NULL) != (ports[i].name == NULL) ||
		    (name != NULL && strcmp(name, ports[i].name) != 0))
			fail_msg("%d/%s is %s", ports[i].port,
			    ports[i].transport ? ports[i].transport : "any",
			    name != NULL ? name : "NULL");
	}
	/* Not for the list of names. */
	assert_int_equal(sock_service_names(4, "tcp", NULL, 0), 0);
}

/* A line of n bytes and its newline: a name and port, then a comment. */
static char *
long_line(char *at, const char *start, size_t n)
{
	memset(at, 'x', n);
	memcpy(at, start, strlen(start));
	at[n] = '\n';
	return at + n + 1;
}

static void
a_line_of_any_length_hides_no_other(void **state)
{
	static char text[64 * 1024];

	(void)state;
	for (size_t n = 1000; n <= 1050; n++) {
		char *end = long_line(text, "before 4/tcp # ", n);

		end = long_line(end, "behind 6/tcp # ", 5 * n);
		memset(end - 1100, ' ', 1099);
		memcpy(end - 12, "tail 10/tcp", 11);
		memcpy(end, "short 8/tcp\n", 12);
		write_file(text, (size_t)(end + 12 - text));
		if (sock_service_port("before", "tcp") !=
			(n < 1024 ? 4 : SOCK_ENOSERVICE) ||
		    sock_service_port("behind", "tcp") != SOCK_ENOSERVICE ||
		    sock_service_port("tail", "tcp") != SOCK_ENOSERVICE ||
		    sock_service_port("short", "tcp") != 8)
			fail_msg("with a line of %zu bytes", n);
	}
}

static void
a_name_that_is_too_long_is_left_out(void **state)
{
	char text[128], name[80];

	(void)state;
	for (int n = 60; n <= 66; n++) {
		const bool fits = n <= SERVICES_FILE_NAME_MAX;

		memset(name, 'n', sizeof name);
		name[n] = '\0';
		snprintf(text, sizeof text, "%s 4/tcp\n", name);
		write_file(text, strlen(text));
		assert_int_equal(sock_service_port(name, NULL),
		    fits ? 4 : SOCK_ENOSERVICE);
		assert_int_equal(sock_service_name(4, NULL) != NULL, fits);
	}
}

/* A line that the bound cuts is left out, or its last word would be half. */
static void
a_file_without_end_is_read_to_its_bound(void **state)
{
	static char text[(1 << 20) + 64];
	static const char cut[] = "\ncut 6/tcp almost\nbeyond 8/tcp\n";

	(void)state;
	memset(text, '#', sizeof text);
	for (size_t at = 100; at < sizeof text; at += 100)
		text[at] = '\n';
	memcpy(text, "within 4/tcp\n", 13);
	memcpy(text + (1 << 20) - 16, cut, sizeof cut - 1);
	write_file(text, sizeof text);
	assert_int_equal(sock_service_port("within", "tcp"), 4);
	assert_int_equal(sock_service_port("cut", "tcp"), SOCK_ENOSERVICE);
	assert_int_equal(sock_service_port("almo", "tcp"), SOCK_ENOSERVICE);
	assert_int_equal(sock_service_port("beyond", "tcp"), SOCK_ENOSERVICE);
}

static void
expect_the_registry_alone(void)
{
	assert_int_equal(sock_service_port("https", "tcp"), 443);
	assert_int_equal(sock_service_port("within", "tcp"), SOCK_ENOSERVICE);
	assert_null(sock_service_name(4, "tcp"));
}

/* As after chroot(2), and with what nobody expects there. */
static void
without_a_file_the_registry_answers(void **state)
{
	(void)state;
	(void)unlink(path);
	socki_services_file_path(path);
	expect_the_registry_alone();
	socki_services_file_path(dir); /* a folder */
	expect_the_registry_alone();
	assert_int_equal(mkfifo(path, 0600), 0);
	socki_services_file_path(path);
	expect_the_registry_alone();
	(void)unlink(path);
	write_file("within 4/tc", 11);
	expect_the_registry_alone();
	write_file("\0within 4/tcp\n\0\0", 16);
	expect_the_registry_alone();
	write_file("", 0);
	expect_the_registry_alone();
}

static int
no_memory(size_t n)
{
	(void)n;
	return 0;
}

static void
without_memory_the_registry_answers(void **state)
{
	(void)state;
	write_file("within 4/tcp\n", 13);
	socki_memory_hook(no_memory);
	expect_the_registry_alone();
	socki_memory_hook(NULL);
	assert_int_equal(sock_service_port("within", "tcp"), 4);
}

static void
errno_is_left_alone(void **state)
{
	(void)state;
	(void)unlink(path);
	errno = 12345;
	(void)sock_service_port("within", "tcp");
	(void)sock_service_name(4, "tcp");
	assert_int_equal(errno, 12345);
}

static void
no_descriptor_is_left_open(void **state)
{
	(void)state;
	assert_int_equal(lowest_free(), spare);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_file_is_asked_for_what_the_registry_lacks),
		cmocka_unit_test(a_line_of_any_length_hides_no_other),
		cmocka_unit_test(a_name_that_is_too_long_is_left_out),
		cmocka_unit_test(a_file_without_end_is_read_to_its_bound),
		cmocka_unit_test(without_a_file_the_registry_answers),
		cmocka_unit_test(without_memory_the_registry_answers),
		cmocka_unit_test(errno_is_left_alone),
		cmocka_unit_test(no_descriptor_is_left_open),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
