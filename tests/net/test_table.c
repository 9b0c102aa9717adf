/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sock.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "child.h"
#include "filter.h"
#include "namespace.h"
#include "plain.h"
#include "where.h"

/* The sockets of a namespace where there are no others. */

static uint64_t
inode_of(int fd)
{
	struct stat st;

	CHECK(fstat(fd, &st) == 0);
	return st.st_ino;
}

/* How many there are; the last one goes to *out. */
static int
count(struct sock_table_options o, struct sock_row *out)
{
	const int before = where_descriptors();
	const struct sock_row *row;
	struct sock_table *t;
	int n = 0;

	o.size = sizeof o;
	t = sock_table_open_with(&o);
	if (t == NULL)
		child_fail(__FILE__, __LINE__, "%s", sock_errmsg());
	while ((row = sock_table_next(t)) != NULL) {
		*out = *row;
		n++;
	}
	CHECK(sock_table_next(t) == NULL);
	CHECK_INT(sock_table_close(t), 0);
	CHECK_INT(where_descriptors(), before);
	return n;
}

#define COUNT_ROWS(out, ...) \
	count((struct sock_table_options){ .size = 0, __VA_ARGS__ }, out)

#define CHECK_ADDR(addr, want) \
	do { \
		char text_[SOCK_ADDR_TEXT_MAX]; \
		CHECK_TEXT(sock_addr_text(addr, text_, sizeof text_), want); \
	} while (0)

static const struct sock_row *
row_of(struct sock_table *t, uint64_t inode)
{
	const struct sock_row *row;

	while ((row = sock_table_next(t)) != NULL && row->inode != inode)
		continue;
	CHECK(row != NULL);
	return row;
}

static void
connect_two(int family, int *listener, int *client, int *served)
{
	*listener = plain_bind(family, 0, 5);
	CHECK(*listener >= 0);
	*client = plain_connect(family, plain_port(*listener));
	CHECK(*client >= 0);
	*served = accept(*listener, NULL, NULL);
	CHECK(*served >= 0);
}

static void
filter_by_state_and_port(void *arg)
{
	int families[] = { AF_INET, AF_INET6 };
	int listener, client, served;
	struct sock_row row;
	size_t i;

	(void)arg;
	namespace_enter();
	for (i = 0; i < 2; i++) {
		connect_two(families[i], &listener, &client, &served);
		CHECK_INT(COUNT_ROWS(&row, .transports = SOCK_TABLE_TCP), 3);
		CHECK_INT(COUNT_ROWS(&row, .transports = SOCK_TABLE_UDP), 0);
		CHECK_INT(COUNT_ROWS(&row, .states = SOCK_TABLE_LISTEN,
			      .port = plain_port(listener)),
		    1);
		CHECK(row.inode == inode_of(listener));
		CHECK(row.peer.scheme == SOCK_SCHEME_NONE);
		CHECK_INT(row.send_queue, 5);
		CHECK_TEXT(row.state, "LISTEN");
		CHECK_INT(COUNT_ROWS(&row, .port = plain_port(listener)), 3);
		CHECK_INT(COUNT_ROWS(&row, .port = plain_port(client)), 2);
		CHECK_INT(COUNT_ROWS(&row, .local_port = plain_port(client)),
		    1);
		CHECK(row.inode == inode_of(client));
		CHECK_INT(sock_addr_port(&row.peer), plain_port(listener));
		CHECK_INT(COUNT_ROWS(&row, .peer_port = plain_port(client)), 1);
		CHECK(row.inode == inode_of(served));
		CHECK_INT(COUNT_ROWS(&row, .peer_port = plain_port(client),
			      .local_port = plain_port(listener)),
		    1);
		CHECK_INT(COUNT_ROWS(&row, .peer_port = plain_port(client),
			      .local_port = plain_port(listener),
			      .port = plain_port(client)),
		    1);
		CHECK_INT(COUNT_ROWS(&row, .peer_port = plain_port(client),
			      .port = 1),
		    0);
		CHECK_INT(COUNT_ROWS(&row, .port = 65535), 0);
		CHECK_INT(COUNT_ROWS(&row, .states = SOCK_TABLE_CLOSING), 0);
		close(listener);
		shutdown(client, SHUT_RDWR);
		close(served); /* a reset, for nothing was read: no TIME-WAIT */
		close(client);
		if (COUNT_ROWS(&row, .transports = SOCK_TABLE_TCP) == 1)
			CHECK_TEXT(row.state, "TIME-WAIT");
		namespace_enter();
	}
}

static void
the_kernel_filters_by_state_and_port(void **state)
{
	(void)state;
	child_run(filter_by_state_and_port, NULL);
}

static void
list_both_families(void *arg)
{
	const int off = 0;
	const struct sockaddr_in6 any = { .sin6_family = AF_INET6 };
	int client, served;
	struct sock_row row;
	char want[64];

	(void)arg;
	namespace_enter();
	served = socket(AF_INET6, SOCK_STREAM, 0);
	CHECK(setsockopt(served, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) ==
	    0);
	CHECK(bind(served, (const struct sockaddr *)&any, sizeof any) == 0);
	CHECK(listen(served, 1) == 0);
	CHECK_INT(COUNT_ROWS(&row, .states = SOCK_TABLE_LISTEN), 1);
	(void)snprintf(want, sizeof want, "tcp:*:%d", plain_port(served));
	CHECK_ADDR(&row.local, want);
	client = plain_connect(AF_INET, plain_port(served));
	CHECK(client >= 0);
	CHECK_INT(COUNT_ROWS(&row, .local_port = plain_port(served),
		      .states = SOCK_TABLE_ESTABLISHED),
	    1);
	(void)snprintf(want, sizeof want, "tcp:127.0.0.1:%d",
	    plain_port(client));
	CHECK_ADDR(&row.peer, want);
	CHECK_INT(row.inode, 0); /* nobody has accepted it */
}

static void
both_families_under_one_socket_are_told_apart(void **state)
{
	(void)state;
	child_run(list_both_families, NULL);
}

static void
list_datagrams(void *arg)
{
	struct sockaddr_storage sa;
	const socklen_t len = plain_loopback(&sa, AF_INET, 5353);
	struct sock_row row;
	int fd;

	(void)arg;
	namespace_enter();
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(bind(fd, (struct sockaddr *)&sa, len) == 0);
	CHECK_INT(COUNT_ROWS(&row, .states = SOCK_TABLE_UNCONNECTED,
		      .transports = SOCK_TABLE_UDP),
	    1);
	CHECK_ADDR(&row.local, "udp:127.0.0.1:5353");
	CHECK_TEXT(row.transport, "udp");
	CHECK(connect(fd, (struct sockaddr *)&sa, len) == 0);
	CHECK(send(fd, "12345", 5, 0) == 5);
	CHECK_INT(COUNT_ROWS(&row, .states = SOCK_TABLE_ESTABLISHED), 1);
	CHECK_ADDR(&row.peer, "udp:127.0.0.1:5353");
	CHECK(row.receive_queue >= 5);
}

static void
datagram_sockets_are_rows_too(void **state)
{
	(void)state;
	child_run(list_datagrams, NULL);
}

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
unix_sockets_have_names_of_any_bytes(void **state)
{
	(void)state;
	child_run(list_unix, NULL);
}

static void
own_with_a_child(void *arg)
{
	const struct sock_row *row;
	struct sock_table *t;
	int gate[2], pid, i, fd, seen = 0;

	(void)arg;
	namespace_enter();
	fd = plain_bind(AF_INET, 0, 1);
	CHECK(dup(fd) >= 0); /* one process, whatever it holds it by */
	CHECK(pipe(gate) == 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		close(gate[1]);
		prctl(PR_SET_NAME, "a\033[2J");
		(void)!read(gate[0], &i, 1);
		_exit(0);
	}
	/* The child's name, by then or not yet. */
	t = sock_table_open(.transports = SOCK_TABLE_TCP, .processes = true);
	row = row_of(t, inode_of(fd));
	CHECK_INT(row->owner_count, 2);
	for (i = 0; i < 2; i++)
		seen += row->owners[i].pid == pid  ? 1 :
		    row->owners[i].pid == getpid() ? 2 :
						     0;
	CHECK_INT(seen, 3);
	CHECK(*row->owners[0].command != '\0');
	CHECK_INT(sock_table_close(t), 0);
	close(gate[1]);
	CHECK(waitpid(pid, NULL, 0) == pid);
	t = sock_table_open(.transports = SOCK_TABLE_TCP);
	CHECK_INT(row_of(t, inode_of(fd))->owner_count, 0);
	CHECK_INT(sock_table_close(t), 0);
}

static void
every_process_that_shares_a_socket_is_an_owner(void **state)
{
	(void)state;
	child_run(own_with_a_child, NULL);
}

static void
list_as_nobody(void *arg)
{
	const int fd = *(const int *)arg;
	const uint64_t inode = inode_of(fd);
	const struct sock_row *row;
	struct sock_table *t;

	if (geteuid() != 0)
		child_skip("not root, so nobody else's sockets to look at");
	close(fd); /* the parent still has it */
	child_becomes_nobody();
	t = sock_table_open(.states = SOCK_TABLE_LISTEN, .processes = true);
	row = row_of(t, inode);
	CHECK_INT(row->owner_count, 0);
	CHECK_INT(row->uid, 0);
	CHECK_INT(sock_table_close(t), 0);
}

static void
without_permission_there_are_rows_without_owners(void **state)
{
	int fd = plain_bind(AF_INET, 0, 1);

	(void)state;
	assert_true(fd >= 0);
	child_run(list_as_nobody, &fd);
	close(fd);
}

static void
deny_netlink(void *arg)
{
	(void)arg;
	filter_deny(SYS_socket, AF_NETLINK, EPERM);
	CHECK(sock_table_open(.states = 0) == NULL);
	CHECK_INT(sock_last_error()->code, -EPERM);
	CHECK_TEXT(sock_errmsg(), "table: operation not permitted: netlink(7)");
	CHECK(sock_table_next(NULL) == NULL);
	CHECK_INT(sock_table_close(NULL), 0);
}

static void
a_kernel_that_refuses_says_so(void **state)
{
	(void)state;
	child_run(deny_netlink, NULL);
}

static void
options_that_make_no_sense_are_refused(void **state)
{
	static const struct sock_table_options rows[] = {
		{ .size = 0 },
		{ .size = sizeof rows[0], .transports = 8 },
		{ .size = sizeof rows[0], .states = 1 },
		{ .size = sizeof rows[0], .states = 1u << 12 },
		{ .size = sizeof rows[0], .local_port = -1 },
		{ .size = sizeof rows[0], .peer_port = 65536 },
		{ .size = sizeof rows[0], .port = 1 << 20 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (sock_table_open_with(&rows[i]) != NULL)
			fail_msg("row %zu is taken", i);
		assert_int_equal(sock_last_error()->code, SOCK_EUSAGE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernel_filters_by_state_and_port),
		cmocka_unit_test(both_families_under_one_socket_are_told_apart),
		cmocka_unit_test(datagram_sockets_are_rows_too),
		cmocka_unit_test(unix_sockets_have_names_of_any_bytes),
		cmocka_unit_test(
		    every_process_that_shares_a_socket_is_an_owner),
		cmocka_unit_test(
		    without_permission_there_are_rows_without_owners),
		cmocka_unit_test(a_kernel_that_refuses_says_so),
		cmocka_unit_test(options_that_make_no_sense_are_refused),
	};

	return child_result(cmocka_run_group_tests(tests, NULL, NULL));
}
