/* SPDX-License-Identifier: MIT */
#include "client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool
is_over(sock_time deadline)
{
	return deadline != SOCK_FOREVER && sock_now() >= deadline;
}

bool
is_deaf(int rc)
{
	return rc == -EPIPE || rc == -ECONNRESET;
}

void
put_safely(FILE *to, const char *s, size_t n)
{
	for (; n > 0; s++, n--)
		if (*s >= 0x20 && *s < 0x7f)
			putc(*s, to);
		else
			fprintf(to, "\\x%02x", (unsigned char)*s);
}

int
complain(int code, const char *subject, const char *reason)
{
	/* The line may be one of progress. */
	fprintf(stderr, "%s%s: ", isatty(STDERR_FILENO) ? "\r\033[K" : "",
	    program);
	if (*subject == '\0')
		subject = "\"\"";
	put_safely(stderr, subject, strlen(subject));
	fputs(": ", stderr);
	put_safely(stderr, reason, strlen(reason));
	putc('\n', stderr);
	return code;
}

int
usage(const char *what)
{
	fprintf(stderr, "%s: %s; see %s --help\n", program, what, program);
	return EXIT_USAGE;
}

int
printed(int code)
{
	if (code != EXIT_OK || (fflush(stdout) == 0 && !ferror(stdout)))
		return code;
	return complain(EXIT_FAILED, "standard output",
	    "not all of it could be written");
}

int64_t
milliseconds(const char *seconds)
{
	char *end;
	const double s = strtod(seconds, &end);

	if (end == seconds || *end != '\0' || !(s >= 0.001 && s <= 1e6)) {
		(void)usage("a time is 0.001 to 1000000 seconds");
		return -1;
	}
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
