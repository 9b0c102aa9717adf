/* SPDX-License-Identifier: MIT */
#include "mailbox.h"

#include <stdbool.h>
#include <string.h>

/* RFC 5321, 4.5.3.1 */
#define LOCAL_MAX 64
#define DOMAIN_MAX 255

static bool
is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z');
}

/* Letters, digits and some others, with no dot at an end or beside another. */
static bool
dotted(const char *at, size_t n, const char *others)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (at[i] == '.' && (i == 0 || i + 1 == n || at[i - 1] == '.'))
			return false;
		if (at[i] != '.' && !is_alnum(at[i]) &&
		    strchr(others, at[i]) == NULL)
			return false;
	}
	return n > 0;
}

static bool
quoted(const char *at, size_t n)
{
	size_t i;

	if (n < 2 || at[0] != '"' || at[n - 1] != '"')
		return false;
	for (i = 1; i + 1 < n; i++)
		if (at[i] == '\\' && i + 2 < n)
			i++;
		else if (at[i] == '"' || at[i] == '\\')
			return false;
	return true;
}

const char *
mailbox_check(const char *text)
{
	const char *at = strrchr(text, '@'), *c;
	size_t local, domain;

	for (c = text; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return "a mailbox holds no control characters";
		else if ((unsigned char)*c > 0x7f)
			return "a mailbox is ASCII here";
	if (at == NULL)
		return "a mailbox is LOCAL@DOMAIN";
	local = (size_t)(at - text);
	domain = strlen(at + 1);
	if (local > LOCAL_MAX || domain > DOMAIN_MAX)
		return "a mailbox has 64 bytes before and 255 behind its @";
	if (!dotted(text, local, "!#$%&'*+-/=?^_`{|}~") && !quoted(text, local))
		return "no mailbox has such a part before its @";
	if (at[1] == '[' ? domain < 3 || strcspn(at + 1, "]") + 1 != domain ||
		    !dotted(at + 2, domain - 2, ":-") :
			   !dotted(at + 1, domain, "-"))
		return "no mailbox has such a part behind its @";
	return NULL;
}
