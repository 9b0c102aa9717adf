/* SPDX-License-Identifier: MIT */
#include "name/host.h"

#include <sock/base.h>

#include <string.h>

#include "addr/ip.h"

#define LABEL_MAX 63 /* RFC 1035, 2.3.4 */

static int
refuse(struct socki_ip_slip *slip, const char *what, size_t at)
{
	slip->what = what;
	slip->at = at;
	return SOCK_EADDR;
}

static bool
in_label(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* The label from first to before end. */
static int
check_label(const char *name, size_t first, size_t end,
    struct socki_ip_slip *slip)
{
	if (first == end)
		return refuse(slip, "a label of the host name is empty", first);
	if (end - first > LABEL_MAX)
		return refuse(slip,
		    "a label of the host name has over 63 bytes", first);
	if (name[first] == '-')
		return refuse(slip, "a label of the host name begins with '-'",
		    first);
	if (name[end - 1] == '-')
		return refuse(slip, "a label of the host name ends with '-'",
		    end - 1);
	return 0;
}

int
socki_host_check(const char *name, size_t n, struct socki_ip_slip *slip)
{
	size_t first = 0, i;
	int rc;

	if (n > 0 && name[n - 1] == '.')
		n--;
	if (n > SOCKI_HOST_MAX)
		return refuse(slip, "a host name has at most 253 bytes",
		    SOCKI_HOST_MAX);
	for (i = 0; i <= n; i++) {
		if (i < n && in_label(name[i]))
			continue;
		if (i < n && (unsigned char)name[i] >= 0x80)
			return refuse(slip,
			    "a host name is ASCII; write it "
			    "in its xn-- form",
			    i);
		if (i < n && name[i] != '.')
			return refuse(slip, "a byte that no host name has", i);
		rc = check_label(name, first, i, slip);
		if (rc < 0)
			return rc;
		first = i + 1;
	}
	return 0;
}

bool
socki_host_is_below(const char *name, size_t n, const char *domain)
{
	const size_t len = strlen(domain);
	size_t i;

	if (n > 0 && name[n - 1] == '.')
		n--;
	if (n < len || (n > len && name[n - len - 1] != '.'))
		return false;
	for (i = 0; i < len; i++)
		if ((name[n - len + i] | 0x20) != domain[i])
			return false;
	return true;
}
