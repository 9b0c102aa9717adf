/* SPDX-License-Identifier: MIT */
#include "addr/zone.h"

#include <sock/base.h>

#include <errno.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "addr/decimal.h"
#include "addr/ip.h"
#include "sys/sys.h"

static int
refuse(int code, struct socki_ip_slip *slip, const char *what, size_t at)
{
	slip->what = what;
	slip->at = at;
	return code;
}

/*
 * The kernel refuses spaces, '/' and ':' in an interface's name; the rest that
 * we refuse cannot be shown or would end the zone, and has an index.
 */
static bool
in_interface_name(char c)
{
	return c > 0x20 && c < 0x7f && strchr("/:%[]", c) == NULL;
}

int
socki_zone_parse(uint32_t *out, const char *text, size_t n,
    struct socki_ip_slip *slip)
{
	char name[IF_NAMESIZE];
	enum socki_decimal kind;
	size_t i, used;

	if (n == 0)
		return refuse(SOCK_EADDR, slip, "a zone is missing behind '%'",
		    0);
	kind = socki_decimal_parse(out, &used, text, n, UINT32_MAX);
	if (used == n) {
		if (kind == SOCKI_DECIMAL_ZERO)
			return refuse(SOCK_EADDR, slip,
			    "an index has a leading zero", 0);
		if (kind == SOCKI_DECIMAL_GOOD && *out != 0 &&
		    socki_sys_if_indextoname(*out, name) != NULL)
			return 0;
		return refuse(-ENODEV, slip, "no interface has this index", 0);
	}
	for (i = 0; i < n; i++)
		if (!in_interface_name(text[i]))
			return refuse(SOCK_EADDR, slip,
			    "a byte that no interface is named with", i);
	*out = 0;
	if (n < sizeof name) {
		memcpy(name, text, n);
		name[n] = '\0';
		*out = socki_sys_if_nametoindex(name);
	}
	if (*out != 0)
		return 0;
	return refuse(-ENODEV, slip, "no interface has this name", 0);
}

size_t
socki_zone_text(uint32_t zone, char *buf, size_t n)
{
	char name[IF_NAMESIZE];
	bool readable = false;
	size_t i;

	if (socki_sys_if_indextoname(zone, name) != NULL) {
		for (i = 0; in_interface_name(name[i]); i++)
			if (name[i] < '0' || name[i] > '9')
				readable = true;
		readable = readable && name[i] == '\0';
	}
	if (readable)
		return (size_t)snprintf(buf, n, "%%%s", name);
	return (size_t)snprintf(buf, n, "%%%u", (unsigned int)zone);
}
