/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sock/addr.h>
#include <sock/base.h>

#include "addr/ip.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* In a namespace of its own there is one interface, lo, with index 1. */
static const struct {
	const char *text, *canonical;
} good[] = {
	{ "fe80::1%lo", "fe80::1%lo" },
	{ "fe80::1%1", "fe80::1%lo" },
	{ "febf::%lo", "febf::%lo" },
	{ "ff01::1%lo", "ff01::1%lo" },
	{ "ff02::1%lo", "ff02::1%lo" },
	{ "ff12::1%1", "ff12::1%lo" },
};

static void
a_zone_is_a_name_or_an_index(void **state)
{
	char text[SOCKI_IP_TEXT_MAX];
	struct socki_ip_slip slip;
	struct socki_ip ip;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++) {
		if (socki_ip_parse6(&ip, good[i].text, strlen(good[i].text),
			&slip) != 0)
			fail_msg("\"%s\": %s at %zu", good[i].text, slip.what,
			    slip.at);
		assert_int_equal(ip.zone, 1);
		socki_ip_text(&ip, text);
		assert_string_equal(text, good[i].canonical);
	}
}

static const struct {
	const char *text;
	int code;
	size_t at;
} bad[] = {
	{ "fe80::1%", SOCK_EADDR, 8 },
	{ "fe80::1%nosuch0", -ENODEV, 8 },
	{ "fe80::1%911", -ENODEV, 8 },
	{ "fe80::1%0", -ENODEV, 8 },
	{ "fe80::1%4294967297", -ENODEV, 8 },
	{ "fe80::1%99999999999999999999", -ENODEV, 8 },
	{ "fe80::1%01", SOCK_EADDR, 8 },
	{ "fe80::1%+1", -ENODEV, 8 },
	{ "fe80::1%1x", -ENODEV, 8 },
	{ "fe80::1%LO", -ENODEV, 8 },
	{ "fe80::1%25lo", -ENODEV, 8 },
	{ "fe80::1%interface-of-16b", -ENODEV, 8 },
	{ "fe80::1%l o", SOCK_EADDR, 9 },
	{ "fe80::1%lo%lo", SOCK_EADDR, 10 },
	{ "fe80::1%lo/64", SOCK_EADDR, 10 },
	{ "fe80::1%l\303\266", SOCK_EADDR, 9 },
	{ "::1%lo", SOCK_EADDR, 3 },
	{ "::%lo", SOCK_EADDR, 2 },
	{ "2001:db8::1%lo", SOCK_EADDR, 11 },
	{ "2001:db8::1%nosuch0", SOCK_EADDR, 11 },
	{ "fd00::1%1", SOCK_EADDR, 7 },
	{ "fec0::1%lo", SOCK_EADDR, 7 },
	{ "ff03::1%lo", SOCK_EADDR, 7 },
	{ "ff05::1%lo", SOCK_EADDR, 7 },
	{ "ff0e::1%lo", SOCK_EADDR, 7 },
	{ "::ffff:169.254.1.1%lo", SOCK_EADDR, 18 },
	{ "%lo", SOCK_EADDR, 0 },
};

static void
another_zone_is_refused(void **state)
{
	char text[1100] = "fe80::1%";
	struct socki_ip_slip slip;
	struct socki_ip ip;
	size_t i;
	int rc;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		rc = socki_ip_parse6(&ip, bad[i].text, strlen(bad[i].text),
		    &slip);
		if (rc != bad[i].code || slip.at != bad[i].at)
			fail_msg("\"%s\": %d, %s at %zu", bad[i].text, rc,
			    slip.what, slip.at);
		assert_int_equal(ip.size, 0);
	}
	memset(text + 8, 'l', 1024);
	assert_int_equal(socki_ip_parse6(&ip, text, 8 + 1024, &slip), -ENODEV);
	assert_int_equal(socki_ip_parse4(&ip, "169.254.1.1%lo", 14, &slip),
	    SOCK_EADDR);
}

static void
the_message_names_the_missing_interface(void **state)
{
	struct sock_addr addr;

	(void)state;
	assert_int_equal(sock_addr_parse(&addr, "tcp:[fe80::1%nosuch0]:80"),
	    -ENODEV);
	assert_string_equal(sock_errmsg(),
	    "parse tcp:[fe80::1%nosuch0]:80: no such device: "
	    "no interface has this name, at byte 13");
}

/* The kernel lets an interface have any of these names. */
static void
a_name_that_would_not_read_back_is_shown_as_index(void **state)
{
	static const char *const names[] = { "77", "a]b", "l\303\266", "\001",
		"\x7f" };
	static const struct socki_ip ip = { .size = 16,
		.byte = { 0xfe, 0x80, [15] = 1 },
		.zone = 1 };
	char text[SOCKI_IP_TEXT_MAX];
	struct socki_ip_slip slip;
	struct socki_ip back;
	struct ifreq request = { .ifr_name = "lo" };
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	size_t i, n;
	int rc;

	(void)state;
	assert_true(fd >= 0);
	for (i = 0; i < COUNT(names); i++) {
		strcpy(request.ifr_newname, names[i]);
		rc = ioctl(fd, SIOCSIFNAME, &request);
		if (rc != 0 && (errno == ENOSYS || errno == ENOTTY)) {
			print_message("SKIP: no renaming under emulation\n");
			close(fd);
			skip();
		}
		if (rc != 0)
			fail_msg("renaming to \"%s\": %s", names[i],
			    strerror(errno));
		strcpy(request.ifr_name, names[i]);
		n = socki_ip_text(&ip, text);
		assert_string_equal(text, "fe80::1%1");
		assert_int_equal(socki_ip_parse6(&back, text, n, &slip), 0);
		assert_int_equal(back.zone, 1);
	}
	strcpy(request.ifr_newname, "interface-of-15");
	assert_int_equal(ioctl(fd, SIOCSIFNAME, &request), 0);
	n = socki_ip_text(&ip, text);
	assert_string_equal(text, "fe80::1%interface-of-15");
	assert_int_equal(socki_ip_parse6(&back, text, n, &slip), 0);
	assert_int_equal(back.zone, 1);
	close(fd);
}

static void
an_interface_that_is_gone_is_shown_as_index(void **state)
{
	static const struct socki_ip ip = { .size = 16,
		.byte = { 0xfe, 0x80, [15] = 1 },
		.zone = UINT32_MAX };
	char text[SOCKI_IP_TEXT_MAX];

	(void)state;
	socki_ip_text(&ip, text);
	assert_string_equal(text, "fe80::1%4294967295");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_zone_is_a_name_or_an_index),
		cmocka_unit_test(another_zone_is_refused),
		cmocka_unit_test(the_message_names_the_missing_interface),
		cmocka_unit_test(an_interface_that_is_gone_is_shown_as_index),
		cmocka_unit_test(
		    a_name_that_would_not_read_back_is_shown_as_index),
	};

	if (unshare(CLONE_NEWNET) != 0 &&
	    unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
		printf("SKIP: no namespace of its own: %s\n", strerror(errno));
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
