/* SPDX-License-Identifier: MIT */
#include <sock.h>

#include <cstdio>
#include <string>

int
main()
{
	sock_listen_options options = {};
	sock_addr here;
	char text[SOCK_ADDR_TEXT_MAX];
	char line[64];

	options.address = "tcp:127.0.0.1:0";
	const sock_t passive = sock_listen(options);
	if (sock_local(passive, &here) < 0) {
		std::fprintf(stderr, "%s\n", sock_errmsg());
		return 1;
	}
	const std::string address(sock_addr_text(&here, text, sizeof text));
	const sock_t active = sock_dial(address.c_str(), sock_in(5000));
	const sock_t accepted = sock_accept(passive, sock_in(5000));

	std::printf("%s\n%d\n", sock_version(),
	    sock_service_port("https", nullptr));
	if (sock_printf(active, "%s\n", "hello") < 0 ||
	    sock_read_line(accepted, line, sizeof line, sock_in(5000)) < 0) {
		std::fprintf(stderr, "%s\n", sock_errmsg());
		return 1;
	}
	std::printf("%s\n", line);
	sock_close(active);
	sock_close(accepted);
	sock_close(passive);
	return 0;
}
