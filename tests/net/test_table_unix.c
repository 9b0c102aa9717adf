/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "listing.h"
#include "namespace.h"
#include "plain.h"

/* The UNIX sockets of a namespace where there are no others. */

static void
list_unix(void *arg)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	char folder[] = "/tmp/table.XXXXXX", path[64], want[80];
	struct sock_table *t;
	struct sock_row row;
	int listener, client, abstract, pair[2];

	(void)arg;
	namespace_enter();
	CHECK(mkdtemp(folder) != NULL);
	(void)snprintf(path, sizeof path, "%s/s", folder);
	listener = plain_unix(path, SOCK_STREAM, 7);
	client = plain_unix_connect(path);
	CHECK(listener >= 0 && client >= 0);
	unlink(path);
	rmdir(folder);
	(void)snprintf(want, sizeof want, "unix:%s", path);
	CHECK_INT(COUNT_ROWS(&row, .states = SOCK_TABLE_LISTEN), 1);
	CHECK_ADDR(&row.local, want);
	CHECK_INT(row.receive_queue, 1);
	CHECK(row.inode == inode_of(listener));
	CHECK(accept(listener, NULL, NULL) >= 0);
	t = sock_table_open(.transports = SOCK_TABLE_UNIX);
	CHECK_ADDR(&row_of(t, inode_of(client))->peer, want);
	CHECK_INT(sock_table_close(t), 0);
	memcpy(un.sun_path, "\0a\0b\n", 5);
	abstract = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	CHECK(bind(abstract, (struct sockaddr *)&un,
		  offsetof(struct sockaddr_un, sun_path) + 5) == 0);
	CHECK_INT(COUNT_ROWS(&row, .states = SOCK_TABLE_UNCONNECTED), 1);
	CHECK_ADDR(&row.local, "unixpacket:@a%00b%0A");
	CHECK_INT(COUNT_ROWS(&row, .port = 80), 0);
	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
	t = sock_table_open(.transports = SOCK_TABLE_UNIX);
	CHECK_TEXT(row_of(t, inode_of(pair[0]))->transport, "unixgram");
	CHECK_INT(sock_table_close(t), 0);
}

static void
list_messages(void *arg)
{
	const struct sockaddr_un to = { AF_UNIX, "\0here" };
	const socklen_t n = offsetof(struct sockaddr_un, sun_path) + 5;
	struct sock_table *t;
	struct sock_row row;
	int server, client;

	(void)arg;
	namespace_enter();
	server = socket(AF_UNIX, SOCK_DGRAM, 0);
	client = socket(AF_UNIX, SOCK_DGRAM, 0);
	CHECK(bind(server, (const struct sockaddr *)&to, n) == 0);
	CHECK(connect(client, (const struct sockaddr *)&to, n) == 0);
	t = sock_table_open(.transports = SOCK_TABLE_UNIX);
	CHECK_TEXT(row_of(t, inode_of(client))->state, "ESTABLISHED");
	CHECK_INT(sock_table_close(t), 0);
	CHECK_INT(COUNT_ROWS(&row, .states = SOCK_TABLE_UNCONNECTED), 1);
	CHECK(row.inode == inode_of(server));
	CHECK_TEXT(row.state, "UNCONNECTED");
}

static void
who_is_connected_to_is_not_connected(void **state)
{
	(void)state;
	child_run(list_messages, NULL);
}

static void
unix_sockets_have_names_of_any_bytes(void **state)
{
	(void)state;
	child_run(list_unix, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unix_sockets_have_names_of_any_bytes),
		cmocka_unit_test(who_is_connected_to_is_not_connected),
	};

	return child_result(cmocka_run_group_tests(tests, NULL, NULL));
}
