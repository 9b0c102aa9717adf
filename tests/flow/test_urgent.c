/* SPDX-License-Identifier: MIT */
#include "flow_test.h"

#include <string.h>
#include <sys/socket.h>

/*
 * Urgent data, which nobody here asks for: a read stops short in front of it
 * (tcp(7)), and what is behind it brings no edge of its own.
 */

#define TIMES 20

static void
urge(void *arg)
{
	const sock_t s = *(const sock_t *)arg;
	int i;

	for (i = 0; i < TIMES; i++) {
		SAME(sock_write(s, "before", 6, soon()), 0);
		SAME(send(sock_fd(s), "!", 1, MSG_OOB | MSG_NOSIGNAL), 1);
		SAME(sock_write(s, "behind", 6, soon()), 0);
	}
	SAME(sock_shut(s, soon()), 0);
}

/* An urgent byte that a later one overtakes is data (RFC 6093, section 2). */
static size_t
without_urgent(char *buf, size_t n)
{
	size_t i, kept = 0;

	for (i = 0; i < n; i++)
		if (buf[i] != '!')
			buf[kept++] = buf[i];
	return kept;
}

static void
bytes_behind_urgent_data_are_read(struct flow *f)
{
	char all[TIMES * 12 + TIMES + 1];
	size_t have = 0;
	ssize_t n;
	int i;

	flow_start(f, urge, &f->a);
	while ((n = sock_read(f->b, all + have, sizeof all - have, soon())) > 0)
		have += without_urgent(all + have, (size_t)n);
	SAME(n, 0);
	SAME(have, TIMES * 12);
	for (i = 0; i < TIMES; i++)
		WANT(memcmp(all + i * 12, "beforebehind", 12) == 0);
	flow_join(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(bytes_behind_urgent_data_are_read, OVER_TCP),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
