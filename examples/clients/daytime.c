/* SPDX-License-Identifier: MIT */
#include <sock.h>
#include <stdbool.h>
#include <stdio.h>

/*
 * Asks a daytime service for the time (RFC 867): connects, says nothing, and
 * shows what comes until the server finishes.
 *
 *	daytime tcp:[2001:db8::5]:daytime
 */

#define PATIENCE_MS 5000

/* RFC 867 wants no others, and some would drive the terminal. */
static bool
is_text(char c)
{
	return (c >= ' ' && c <= '~') || c == '\r' || c == '\n';
}

int
main(int argc, char **argv)
{
	const char *address = argc > 1 ? argv[1] : "tcp:localhost:daytime";
	const sock_time deadline = sock_in(PATIENCE_MS);
	char text[512];
	ssize_t n, i;
	sock_t s;

	if (argc > 2 || address[0] == '-') {
		fprintf(stderr, "usage: daytime [ADDRESS]\n");
		return 2;
	}
	s = sock_dial(address, .deadline = deadline);
	while ((n = sock_read(s, text, sizeof text, deadline)) > 0)
		for (i = 0; i < n; i++)
			putchar(is_text(text[i]) ? text[i] : '?');
	if (n < 0) {
		fprintf(stderr, "daytime: %s\n", sock_errmsg());
		return 1;
	}
	sock_close(s);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	fprintf(stderr, "daytime: standard output: not all could be written\n");
	return 1;
}
