/* SPDX-License-Identifier: MIT */
#include "tour.h"

#include <sock.h>
#include <stdio.h>
#include <string.h>

/*
 * A tour of the library: ports and services, what goes wrong and how it is
 * told, conversations over each kind of stream from threads and from fibers, a
 * dead address, the table of connections, waiting, many fibers, and a server in
 * each way of serving.  Exits with 1 where a stop could not be shown.
 *
 *	tour
 */

#define COLUMNS 78

static int failed;

void
chapter(const char *title, const char *text)
{
	static int number;

	printf("\n%d. %s\n\n", ++number, title);
	paragraph(0, text);
	putchar('\n');
}

void
paragraph(int indent, const char *text)
{
	int column = 0;

	while (*text != '\0') {
		const int word = (int)strcspn(text, " ");

		if (column > 0 && column + 1 + word > COLUMNS) {
			putchar('\n');
			column = 0;
		}
		column +=
		    printf("%*s%.*s", column > 0 ? 1 : indent, "", word, text);
		text += word;
		text += *text == ' ';
	}
	putchar('\n');
}

void
broken(const char *what, const char *why)
{
	printf("  %s: %s\n", what, why);
	failed = 1;
}

int
main(int argc, char **argv)
{
	(void)argv;
	if (argc != 1) {
		fprintf(stderr, "usage: tour\n");
		return 2;
	}
	printf("A tour of libsock %s\n", sock_version());
	show_ports();
	show_services();
	show_errors();
	show_conversations();
	show_dialing();
	show_table();
	show_waiting();
	show_fibers();
	show_servers();
	return failed;
}
