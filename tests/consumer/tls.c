/* SPDX-License-Identifier: MIT */
#include <sock.h>
#include <sock/tls.h>

#include <stdio.h>
#include <string.h>

/* The same over TLS: tls CERTIFICATE KEY. */

static void
greet(sock_t s, void *arg)
{
	(void)arg;
	sock_printf(s, "hello\n");
}

int
main(int argc, char **argv)
{
	struct sock_tls *there, *here;
	struct sock_server *server = NULL;
	char text[SOCK_ADDR_TEXT_MAX], line[64];
	struct sock_addr address;
	sock_t s;

	if (argc != 3)
		return 2;
	there = sock_tls_server(argv[1], argv[2]);
	here = sock_tls_client();
	if (there != NULL && sock_tls_trust(here, argv[1]) == 0)
		server = sock_serve("tls:127.0.0.1:0", .on_stream = greet,
		    .tls = there);
	if (server == NULL || sock_server_address(server, 0, &address) < 0)
		goto failed;
	printf("%s\n", sock_version());
	printf("%d\n", sock_service_port("https", NULL));
	s = sock_dial(sock_addr_text(&address, text, sizeof text), .tls = here,
	    .server_name = "localhost", .deadline = sock_in(5000));
	if (sock_read_line(s, line, sizeof line, sock_in(5000)) < 0)
		goto failed;
	printf("%s\n", line);
	sock_finish(s, sock_in(5000));
	sock_server_free(server);
	sock_tls_free(here);
	sock_tls_free(there);
	return 0;

failed:
	fprintf(stderr, "%s\n", sock_errmsg());
	return 1;
}
