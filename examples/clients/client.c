/* SPDX-License-Identifier: MIT */
#include "client.h"

#include <stdio.h>
#include <stdlib.h>
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
