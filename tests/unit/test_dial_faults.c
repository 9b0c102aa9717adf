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

#include "child.h"
#include "plain.h"
#include "sys/fault.h"
#include "where.h"

/*
 * Dialing, listening and accepting while the n-th call of each kind fails, for
 * every n there is: an error or a success, and nothing left behind.
 */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define N_MAX 40

static const char *const faults[] = { "alloc:ENOMEM", "socket:EMFILE",
	"connect:ENOBUFS", "connect:EINTR", "getpeername:ENOBUFS",
	"getsockname:ENOBUFS", "getsockopt:ENOBUFS", "setsockopt:ENOMEM",
	"bind:ENOMEM", "listen:EADDRINUSE", "open:EMFILE", "flock:ENOMEM",
	"stat:ENOMEM", "fchmod:EIO", "accept4:EMFILE", "epoll_create:EMFILE",
	"epoll_ctl:ENOMEM", "poll:EINTR", "eventfd:EMFILE" };

static char dir[] = "/tmp/sock-faults-XXXXXX";
static char path[64], lock[64];

static const char *const addresses[] = { "127.0.0.1:0", "localhost:0", "*:0",
	"@sock-test-faults", path };

struct conversation {
	const char *address;
	bool starts; /* sock_dial_start() and sock_connected() */
	sock_t l, c, s;
};

static sock_t
dial(const struct conversation *k, const char *text)
{
	sock_t s;
	int rc;

	if (!k->starts)
		return sock_dial(text, .deadline = sock_in(20000));
	s = sock_dial_start(text);
	rc = s < 0 ? 0 : sock_connected(s, sock_in(20000));
	if (rc == 0)
		return s;
	(void)sock_close(s);
	return rc;
}

static void
converse(void *arg)
{
	char text[SOCK_ADDR_TEXT_MAX + 8];
	struct conversation *k = arg;
	struct sock_addr addr;

	k->c = k->s = 0;
	k->l = sock_listen(k->address);
	if (k->l < 0 || sock_local(k->l, &addr) < 0)
		return;
	if (k->address[0] == '@' || k->address == path)
		(void)snprintf(text, sizeof text, "%s", k->address);
	else
		(void)snprintf(text, sizeof text, "localhost:%d",
		    sock_addr_port(&addr));
	k->s = dial(k, text);
	if (k->s > 0)
		k->c = sock_accept(k->l, sock_in(20000));
}

/* Whether all went well, which ends the count. */
static bool
survive(struct conversation *k, const char *fault, int n, int where)
{
	char text[64];
	bool well;

	(void)snprintf(text, sizeof text, "%s@%d", fault, n);
	assert_int_equal(socki_fault_set(text, 1), 0);
	if (!where_run(where, converse, k)) /* what lacked was the fiber */
		k->l = k->s = k->c = 0;
	assert_int_equal(socki_fault_set(NULL, 0), 0);
	well = k->l > 0 && k->s > 0 && k->c > 0;
	(void)sock_close(k->c);
	(void)sock_close(k->s);
	(void)sock_close(k->l);
	/* A lock that was not got may be another's, and is left. */
	if (strncmp(fault, "flock", 5) == 0 || strncmp(fault, "stat", 4) == 0)
		(void)unlink(lock);
	if (access(path, F_OK) == 0 || access(lock, F_OK) == 0)
		fail_msg("%s: a file is left", text);
	return well;
}

static void
each_call_may_fail_once(void **state)
{
	struct conversation k = { .c = 0 };
	size_t address, fault;
	int where, n, well, starts;

	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof path, "%s/s", dir);
	(void)snprintf(lock, sizeof lock, "%s/s.lock", dir);
	for (address = 0; address < COUNT(addresses); address++)
		for (fault = 0; fault < COUNT(faults); fault++)
			for (where = 0; where < WHERE_COUNT; where++)
				for (starts = 0; starts < 2; starts++) {
					k.address = addresses[address];
					k.starts = starts;
					well = 0;
					for (n = 1; n < N_MAX && well < 3; n++)
						well =
						    survive(&k, faults[fault],
							n, where) ?
						    well + 1 :
						    0;
					if (well == 0)
						fail_msg("%s on %s: never well",
						    faults[fault], k.address);
					if (where_same(state) != 0)
						fail_msg("%s on %s",
						    faults[fault], k.address);
				}
	assert_int_equal(rmdir(dir), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		where_test(each_call_may_fail_once),
	};

	return child_result(cmocka_run_group_tests(tests, where_warm_up, NULL));
}
