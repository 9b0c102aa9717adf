/* SPDX-License-Identifier: MIT */
#include <sock.h>
#include <sock/tls.h>

#include <cstdio>

static void
greet(sock_t s, void *)
{
	sock_printf(s, "hello\n");
}

int
main(int argc, char **argv)
{
	char text[SOCK_ADDR_TEXT_MAX];
	char line[64];
	sock_addr address;

	if (argc != 3)
		return 2;
	sock_tls *there = sock_tls_server(argv[1], argv[2]);
	sock_tls *here = sock_tls_client();
	sock_serve_options serve = {};
	serve.address = "tls:127.0.0.1:0";
	serve.on_stream = greet;
	serve.tls = there;
	if (there == nullptr || sock_tls_trust(here, argv[1]) < 0) {
		std::fprintf(stderr, "%s\n", sock_errmsg());
		return 1;
	}
	sock_server *server = sock_serve(serve);
	if (server == nullptr ||
	    sock_server_address(server, 0, &address) < 0) {
		std::fprintf(stderr, "%s\n", sock_errmsg());
		return 1;
	}
	std::printf("%s\n%d\n", sock_version(),
	    sock_service_port("https", nullptr));
	sock_dial_options dial = {};
	dial.address = sock_addr_text(&address, text, sizeof text);
	dial.tls = here;
	dial.server_name = "localhost";
	const sock_t s = sock_dial(dial);
	if (sock_read_line(s, line, sizeof line, sock_in(5000)) < 0) {
		std::fprintf(stderr, "%s\n", sock_errmsg());
		return 1;
	}
	std::printf("%s\n", line);
	sock_finish(s, sock_in(5000));
	sock_server_free(server);
	sock_tls_free(here);
	sock_tls_free(there);
	return 0;
}
