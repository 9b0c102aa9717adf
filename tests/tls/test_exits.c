/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ends.h"

/*
 * A program that ends while conversations go on, in threads of the library's.  It
 * is one of its own, to which nobody else has brought OpenSSL.
 */

#define PROGRAMS 8
#define CONVERSATIONS 4
#define UNDER_WAY 200 /* bytes echoed before the end */

static const char *self;
static _Atomic int echoed;

static void
echo(sock_t s, void *arg)
{
	char byte;

	(void)arg;
	while (sock_read(s, &byte, 1, SOCK_FOREVER) == 1 &&
	    sock_write(s, &byte, 1, SOCK_FOREVER) == 0)
		atomic_fetch_add(&echoed, 1);
}

static void
talk(void *arg)
{
	const sock_t s = sock_dial(((char **)arg)[0], .tls = client,
	    .server_name = "example.org", .deadline = soon());
	char byte = 'x';

	while (sock_write(s, &byte, 1, SOCK_FOREVER) == 0 &&
	    sock_read(s, &byte, 1, SOCK_FOREVER) == 1)
		;
}

/* argv: root, certificate, key. */
static int
be_the_program(char **argv)
{
	struct sock_group *group = sock_group_new();
	char text[SOCK_ADDR_TEXT_MAX], *address = text;
	struct sock_server *v;
	struct sock_addr addr;
	int i;

	server = sock_tls_server(argv[1], argv[2]);
	client = sock_tls_client();
	v = sock_serve("tls:127.0.0.1:0", .tls = server, .on_stream = echo,
	    .mode = SOCK_THREADS);
	if (sock_tls_trust(client, argv[0]) < 0 || v == NULL ||
	    sock_server_address(v, 0, &addr) < 0)
		return 2;
	(void)sock_addr_text(&addr, text, sizeof text);
	for (i = 0; i < CONVERSATIONS; i++)
		if (sock_go_spread(group, talk, &address) < 0)
			return 3;
	while (atomic_load(&echoed) < UNDER_WAY)
		if (sock_sleep(sock_in(1)) < 0)
			return 4;
	exit(0);
}

static void
a_program_may_end_while_conversations_go_on(void **state)
{
	char root[128], cert[128], key[128];
	int i, status;

	(void)state;
	(void)snprintf(root, sizeof root, "%s", pki_path("root", ".pem"));
	(void)snprintf(cert, sizeof cert, "%s", pki_path("good", ".pem"));
	(void)snprintf(key, sizeof key, "%s", pki_path("good", ".key"));
	for (i = 0; i < PROGRAMS; i++) {
		const pid_t child = fork();

		if (child == 0) {
			(void)execl(self, self, root, cert, key, NULL);
			_exit(127);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		if (status != 0)
			fail_msg("the program ended with %#x", status);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_may_end_while_conversations_go_on),
	};

	if (argc == 4)
		return be_the_program(argv + 1);
	self = argv[0];
	return cmocka_run_group_tests(tests, ends_begin, ends_end);
}
