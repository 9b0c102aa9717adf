/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sock/base.h>

#include "base/memory.h"
#include "name/port.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const files[] = { "ip_unprivileged_port_start",
	"ip_local_port_range", "ip_local_reserved_ports" };

static char dir[] = "/tmp/sock-port-XXXXXX";

static int
setup(void **state)
{
	(void)state;
	return mkdtemp(dir) != NULL ? 0 : 1;
}

static void
put(const char *file, const char *text, size_t n)
{
	char path[128];
	FILE *out;

	snprintf(path, sizeof path, "%s/%s", dir, file);
	if (text == NULL) {
		(void)unlink(path);
		return;
	}
	out = fopen(path, "w");
	assert_non_null(out);
	assert_int_equal(fwrite(text, 1, n, out), n);
	assert_int_equal(fclose(out), 0);
}

static int
teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(files); i++)
		put(files[i], NULL, 0);
	return rmdir(dir);
}

static const struct {
	int port;
	enum sock_port_class is;
	const char *name;
} classes[] = {
	{ INT_MIN, SOCK_PORT_INVALID, "invalid" },
	{ -1, SOCK_PORT_INVALID, "invalid" },
	{ 0, SOCK_PORT_SYSTEM, "well-known" },
	{ 443, SOCK_PORT_SYSTEM, "well-known" },
	{ 1023, SOCK_PORT_SYSTEM, "well-known" },
	{ 1024, SOCK_PORT_USER, "registered" },
	{ 8080, SOCK_PORT_USER, "registered" },
	{ 49151, SOCK_PORT_USER, "registered" },
	{ 49152, SOCK_PORT_DYNAMIC, "ephemeral" },
	{ 65535, SOCK_PORT_DYNAMIC, "ephemeral" },
	{ 65536, SOCK_PORT_INVALID, "invalid" },
	{ INT_MAX, SOCK_PORT_INVALID, "invalid" },
};

static void
a_port_has_the_class_of_rfc_6335(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(classes); i++) {
		const enum sock_port_class is =
		    sock_port_class(classes[i].port);

		if (is != classes[i].is ||
		    strcmp(sock_port_class_name(is), classes[i].name) != 0)
			fail_msg("%d is %s", classes[i].port,
			    sock_port_class_name(is));
	}
	assert_string_equal(sock_port_class_name((enum sock_port_class)4),
	    "invalid");
	assert_string_equal(sock_port_class_name((enum sock_port_class) - 1),
	    "invalid");
}

/* NULL: the file is not there.  Expected: p privileged, e, r; in that order. */
static const struct {
	const char *start, *range, *reserved;
	int port;
	const char *expected;
} rows[] = {
	/* The kernel's own form. */
	{ "1024\n", "32768\t60999\n", "\n", 0, "" },
	{ "1024\n", "32768\t60999\n", "\n", 1, "p" },
	{ "1024\n", "32768\t60999\n", "\n", 1023, "p" },
	{ "1024\n", "32768\t60999\n", "\n", 1024, "" },
	{ "1024\n", "32768\t60999\n", "\n", 32767, "" },
	{ "1024\n", "32768\t60999\n", "\n", 32768, "e" },
	{ "1024\n", "32768\t60999\n", "\n", 60999, "e" },
	{ "1024\n", "32768\t60999\n", "\n", 61000, "" },
	{ "1024\n", "32768\t60999\n", "\n", 65535, "" },
	{ "0\n", "1\t65535\n", "\n", 1, "e" },
	{ "80\n", "1\t65535\n", "\n", 79, "pe" },
	{ "80\n", "1\t65535\n", "\n", 80, "e" },
	{ "65535\n", "40000\t40001\n", "\n", 65534, "p" },
	{ "65535\n", "40000\t40001\n", "\n", 65535, "" },
	/* Reserved is in the range of clients, or it is nothing. */
	{ "1024\n", "32768\t60999\n", "8080,40000-40010,50000\n", 8080, "" },
	{ "1024\n", "32768\t60999\n", "8080,40000-40010,50000\n", 39999, "e" },
	{ "1024\n", "32768\t60999\n", "8080,40000-40010,50000\n", 40000, "r" },
	{ "1024\n", "32768\t60999\n", "8080,40000-40010,50000\n", 40010, "r" },
	{ "1024\n", "32768\t60999\n", "8080,40000-40010,50000\n", 40011, "e" },
	{ "1024\n", "32768\t60999\n", "8080,40000-40010,50000\n", 50000, "r" },
	{ "1024\n", "32768\t60999\n", "8080,40000-40010,50000\n", 5000, "" },
	{ "1024\n", "32768\t60999\n", "32768-60999\n", 45000, "r" },
	/* What cannot be read is the kernel's default. */
	{ NULL, NULL, NULL, 1023, "p" },
	{ NULL, NULL, NULL, 1024, "" },
	{ NULL, NULL, NULL, 32767, "" },
	{ NULL, NULL, NULL, 32768, "e" },
	{ NULL, NULL, NULL, 60999, "e" },
	{ NULL, NULL, NULL, 61000, "" },
	{ "", "", "", 1023, "p" },
	{ "", "", "", 40000, "e" },
	{ "x\n", "x\ty\n", "x\n", 1023, "p" },
	{ "-1\n", "-1\t-1\n", "-1\n", 40000, "e" },
	{ "99999999999\n", "1\t99999999999\n", "\n", 2, "p" },
	{ "1024\n", "60999\t32768\n", "\n", 40000, "e" },
	{ "1024\n", "32768\n", "\n", 40000, "e" },
	{ "1024\n", "32768\t60999\n", "40000-\n", 40000, "e" },
	{ "1024\n", "32768\t60999\n", "40000,99999999999\n", 40000, "r" },
	{ "1024\n", "32768\t60999\n", "99999999999,40000\n", 40000, "e" },
};

static void
put_or_not(const char *file, const char *text)
{
	put(file, text, text != NULL ? strlen(text) : 0);
}

static void
the_kernels_files_say_what_a_port_is_for(void **state)
{
	struct sock_port_here here = { .size = sizeof here };
	char is[4], *end;

	(void)state;
	socki_port_sysctl_dir(dir);
	for (size_t i = 0; i < COUNT(rows); i++) {
		put_or_not(files[0], rows[i].start);
		put_or_not(files[1], rows[i].range);
		put_or_not(files[2], rows[i].reserved);
		assert_int_equal(sock_port_here(rows[i].port, &here), 0);
		end = is;
		if (here.privileged)
			*end++ = 'p';
		if (here.ephemeral)
			*end++ = 'e';
		if (here.reserved)
			*end++ = 'r';
		*end = '\0';
		if (strcmp(is, rows[i].expected) != 0)
			fail_msg("row %zu: %d is \"%s\"", i, rows[i].port, is);
	}
}

/* Longer than what fits on the stack, and longer than any can be. */
static void
a_long_list_of_reserved_ports_is_read_whole(void **state)
{
	struct sock_port_here here = { .size = sizeof here };
	static char text[1 << 20];
	char *end = text;

	(void)state;
	socki_port_sysctl_dir(dir);
	put_or_not(files[1], "32768\t60999\n");
	for (int port = 1; port < 60000; port += 2)
		end += sprintf(end, "%d,", port);
	put(files[2], text, (size_t)(end - text));
	for (int port = 32768; port < 59999; port += 997) {
		assert_int_equal(sock_port_here(port, &here), 0);
		assert_int_equal(here.reserved, port % 2 == 1);
		assert_int_equal(here.ephemeral, port % 2 == 0);
	}
	memset(text, '7', sizeof text);
	put(files[2], text, sizeof text);
	assert_int_equal(sock_port_here(40000, &here), 0);
	assert_true(here.ephemeral);
}

static int
never(size_t n)
{
	(void)n;
	return 0;
}

static void
without_memory_for_a_long_list_there_is_an_error(void **state)
{
	struct sock_port_here here = { .size = sizeof here };
	static char text[5000];

	(void)state;
	socki_port_sysctl_dir(dir);
	put_or_not(files[1], "32768\t60999\n");
	memset(text, ',', sizeof text);
	put(files[2], text, sizeof text);
	socki_memory_hook(never);
	assert_int_equal(sock_port_here(40000, &here), -ENOMEM);
	assert_int_equal(sock_port_here(80, &here), 0);
	socki_memory_hook(NULL);
}

static void
what_is_no_port_and_what_has_no_size_is_refused(void **state)
{
	struct sock_port_here here = { .size = sizeof here }, none = { 0 };

	(void)state;
	socki_port_sysctl_dir(dir);
	assert_int_equal(sock_port_here(-1, &here), SOCK_EUSAGE);
	assert_int_equal(sock_port_here(65536, &here), SOCK_EUSAGE);
	assert_string_equal(sock_errmsg(),
	    "port: the call makes no sense "
	    "here: a port is 0 to 65535");
	assert_int_equal(sock_port_here(80, &none), SOCK_EUSAGE);
	assert_int_equal(sock_port_here(80, NULL), SOCK_EUSAGE);
	assert_int_equal(sock_last_error()->code, SOCK_EUSAGE);
}

static void
members_beyond_the_size_are_left_alone(void **state)
{
	struct sock_port_here here;
	struct {
		struct sock_port_here here;
		unsigned char more[8];
	} larger;

	(void)state;
	socki_port_sysctl_dir(dir);
	for (size_t i = 0; i < COUNT(files); i++)
		put(files[i], NULL, 0);
	memset(&here, 0xff, sizeof here);
	here.size = offsetof(struct sock_port_here, ephemeral);
	assert_int_equal(sock_port_here(40000, &here), 0);
	assert_int_equal(here.size, offsetof(struct sock_port_here, ephemeral));
	assert_int_equal(((unsigned char *)&here.privileged)[0], 0);
	assert_int_equal(((unsigned char *)&here.ephemeral)[0], 0xff);

	memset(&larger, 0xff, sizeof larger);
	larger.here.size = sizeof larger;
	assert_int_equal(sock_port_here(40000, &larger.here), 0);
	assert_true(larger.here.ephemeral);
	assert_int_equal(larger.here.size, sizeof larger);
	assert_int_equal(larger.more[0], 0xff);
	assert_int_equal(larger.more[7], 0xff);
}

/* The kernel itself: a port that it chose is one that it may choose. */
static void
the_port_of_a_client_is_ephemeral_here(void **state)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	struct sock_port_here here = { .size = sizeof here };
	socklen_t len = sizeof addr;
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	socki_port_sysctl_dir(NULL);
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(sock_port_here(ntohs(addr.sin_port), &here), 0);
	assert_true(here.ephemeral);
	assert_false(here.reserved);
}

static void
no_descriptor_is_left_open(void **state)
{
	struct sock_port_here here = { .size = sizeof here };
	const int before = dup(STDERR_FILENO);

	(void)state;
	socki_port_sysctl_dir(NULL);
	close(before);
	for (int port = 1; port < 65536; port += 9999)
		assert_int_equal(sock_port_here(port, &here), 0);
	assert_int_equal(dup(STDERR_FILENO), before);
	close(before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port_has_the_class_of_rfc_6335),
		cmocka_unit_test(the_kernels_files_say_what_a_port_is_for),
		cmocka_unit_test(a_long_list_of_reserved_ports_is_read_whole),
		cmocka_unit_test(
		    without_memory_for_a_long_list_there_is_an_error),
		cmocka_unit_test(
		    what_is_no_port_and_what_has_no_size_is_refused),
		cmocka_unit_test(members_beyond_the_size_are_left_alone),
		cmocka_unit_test(the_port_of_a_client_is_ephemeral_here),
		cmocka_unit_test(no_descriptor_is_left_open),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
