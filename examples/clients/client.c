/* SPDX-License-Identifier: MIT */
#include "client.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What came from outside must not move a terminal's cursor. */
static void
put_safely(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s >= 0x20 && *s < 0x7f)
			putc(*s, stderr);
		else
			fprintf(stderr, "\\x%02x", (unsigned char)*s);
}

int
complain(int code, const char *subject, const char *reason)
{
	/* The line may be one of progress. */
	fprintf(stderr, "%s%s: ", isatty(STDERR_FILENO) ? "\r\033[K" : "",
	    program);
	put_safely(*subject != '\0' ? subject : "\"\"");
	fputs(": ", stderr);
	put_safely(reason);
	putc('\n', stderr);
	return code;
}

int64_t
milliseconds(const char *seconds)
{
	char *end;
	const double s = strtod(seconds, &end);

	if (end == seconds || *end != '\0' || !(s >= 0.001 && s <= 1e6))
		return -1;
	return (int64_t)(s * 1000);
}

const char *
client_address(char *buf, size_t n, const char *text, const char *port)
{
	const char *colon = strchr(text, ':');
	const bool bracket = text[0] == '[';
	const bool bare6 =
	    !bracket && colon != NULL && strchr(colon + 1, ':') != NULL;
	const bool ported =
	    bracket ? strstr(text, "]:") != NULL : colon != NULL && !bare6;
	int length;

	if (strncmp(text, "tcp:", 4) == 0 || strncmp(text, "unix:", 5) == 0 ||
	    text[0] == '/')
		length = snprintf(buf, n, "%s", text);
	else
		length = snprintf(buf, n, "tcp:%s%s%s%s%s", bare6 ? "[" : "",
		    text, bare6 ? "]" : "", ported ? "" : ":",
		    ported ? "" : port);
	return length >= 0 && (size_t)length < n ? buf : NULL;
}
