/* SPDX-License-Identifier: MIT */
#include <sock.h>

#include <stdio.h>
#include <string.h>

/* A program of somebody else's: talks to itself through the library. */

int
main(void)
{
	char text[SOCK_ADDR_TEXT_MAX], line[64];
	struct sock_addr here;
	sock_t passive = sock_listen("tcp:127.0.0.1:0");
	sock_t active, accepted;

	printf("%s\n", sock_version());
	printf("%d\n", sock_service_port("https", NULL));
	if (sock_local(passive, &here) < 0)
		goto failed;
	active = sock_dial(sock_addr_text(&here, text, sizeof text),
	    .deadline = sock_in(5000));
	accepted = sock_accept(passive, sock_in(5000));
	if (sock_write(active, "hello\n", 6, sock_in(5000)) < 0 ||
	    sock_read_line(accepted, line, sizeof line, sock_in(5000)) < 0)
		goto failed;
	printf("%s\n", line);
	sock_close(active);
	sock_close(accepted);
	sock_close(passive);
	return strcmp(sock_version(), SOCK_VERSION) != 0;

failed:
	fprintf(stderr, "%s\n", sock_errmsg());
	return 1;
}
