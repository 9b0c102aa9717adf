/* SPDX-License-Identifier: MIT */
#include "name/port.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "sys/sys.h"

#define SYSTEM_LAST 1023 /* RFC 6335, section 6 */
#define USER_LAST 49151
#define PORT_LAST 65535

#define SYSCTL_USUAL 4096       /* what one write(2) can put there */
#define SYSCTL_MOST (65536 * 6) /* every port by itself, and a comma */

static const char *dir = "/proc/sys/net/ipv4";

/* What a file holds, and how far it is read. */
struct numbers {
	const char *at, *end;
};

enum sock_port_class
sock_port_class(int port)
{
	if (port < 0 || port > PORT_LAST)
		return SOCK_PORT_INVALID;
	if (port <= SYSTEM_LAST)
		return SOCK_PORT_SYSTEM;
	return port <= USER_LAST ? SOCK_PORT_USER : SOCK_PORT_DYNAMIC;
}

const char *
sock_port_class_name(enum sock_port_class port_class)
{
	/* Not pointers to names: each would need a relocation. */
	static const char names[][12] = {
		[SOCK_PORT_INVALID] = "invalid",
		[SOCK_PORT_SYSTEM] = "well-known",
		[SOCK_PORT_USER] = "registered",
		[SOCK_PORT_DYNAMIC] = "ephemeral",
	};

	if ((unsigned)port_class > SOCK_PORT_DYNAMIC)
		port_class = SOCK_PORT_INVALID;
	return names[port_class];
}

void
socki_port_sysctl_dir(const char *other)
{
	dir = other != NULL ? other : "/proc/sys/net/ipv4";
}

/*
 * Everything in one read(2), because the kernel gives these files no second
 * one: what did not fit is lost.  How much there is; 0 where there is nothing.
 */
static size_t
read_file(const char *name, char *buf, size_t size)
{
	char path[256];
	ssize_t got = 0;
	int n, fd;

	n = snprintf(path, sizeof path, "%s/%s", dir, name);
	if (n < 0 || (size_t)n >= sizeof path)
		return 0;
	fd = socki_sys_open(path, O_RDONLY, 0);
	if (fd < 0)
		return 0;
	got = socki_sys_read(fd, buf, size);
	socki_sys_close(fd);
	return got > 0 ? (size_t)got : 0;
}

/* 0-65536, or -1: no number stands here.  Moves behind it. */
static int
take_number(struct numbers *in)
{
	int value = -1;

	while (in->at < in->end && *in->at >= '0' && *in->at <= '9' &&
	    value <= PORT_LAST)
		value = (value < 0 ? 0 : 10 * value) + (*in->at++ - '0');
	return value <= PORT_LAST + 1 ? value : -1;
}

static bool
take_byte(struct numbers *in, char byte)
{
	if (in->at == in->end || *in->at != byte)
		return false;
	in->at++;
	return true;
}

/* The first port that needs no capability. */
static int
unprivileged_start(void)
{
	char buf[32];
	const size_t n =
	    read_file("ip_unprivileged_port_start", buf, sizeof buf);
	const int start = take_number(&(struct numbers){ buf, buf + n });

	return start >= 0 ? start : 1024;
}

static bool
in_client_range(int port)
{
	char buf[32];
	const size_t n = read_file("ip_local_port_range", buf, sizeof buf);
	struct numbers in = { buf, buf + n };
	int low = take_number(&in), high = -1;

	if (take_byte(&in, '\t'))
		high = take_number(&in);
	if (low < 0 || high < low) {
		low = 32768;
		high = 60999;
	}
	return low <= port && port <= high;
}

/* Whether the port is in a list like "8080,9148-9150". */
static bool
is_listed(struct numbers in, int port)
{
	int first, last;

	do {
		first = last = take_number(&in);
		if (take_byte(&in, '-'))
			last = take_number(&in);
		if (first >= 0 && first <= port && port <= last)
			return true;
	} while (take_byte(&in, ','));
	return false;
}

/* 1, 0 or -ENOMEM. */
static int
is_reserved(int port)
{
	static const char name[] = "ip_local_reserved_ports";
	char usual[SYSCTL_USUAL], *most;
	size_t n;
	int rc;

	n = read_file(name, usual, sizeof usual);
	if (n < sizeof usual)
		return is_listed((struct numbers){ usual, usual + n }, port);
	most = socki_alloc(SYSCTL_MOST);
	if (most == NULL)
		return -ENOMEM;
	n = read_file(name, most, SYSCTL_MOST);
	rc = is_listed((struct numbers){ most, most + n }, port);
	socki_free(most);
	return rc;
}

static int
refuse(int code, const char *reason)
{
	struct socki_why why;

	return socki_error(socki_why(&why, code, "%s", reason), "port", NULL,
	    &why);
}

int
sock_port_here(int port, struct sock_port_here *out)
{
	struct sock_port_here here = { 0 };
	int reserved = 0;

	if (out == NULL ||
	    out->size <= offsetof(struct sock_port_here, privileged))
		return refuse(SOCK_EUSAGE, "the struct to fill has no size");
	if (sock_port_class(port) == SOCK_PORT_INVALID)
		return refuse(SOCK_EUSAGE, "a port is 0 to 65535");

	here.size = out->size;
	/* Port 0 is the kernel's choice, which needs nothing. */
	here.privileged = port > 0 && port < unprivileged_start();
	here.ephemeral = in_client_range(port);
	if (here.ephemeral)
		reserved = is_reserved(port);
	if (reserved < 0)
		return refuse(reserved, "the list of reserved ports");
	here.reserved = reserved > 0;
	here.ephemeral = here.ephemeral && !here.reserved;
	memcpy(out, &here, out->size < sizeof here ? out->size : sizeof here);
	return 0;
}
