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
#include "dialing.h"
#include "namespace.h"
#include "plain.h"
#include "where.h"

/*
 * A peer that falls silent in the middle of a conversation.  The kernel itself
 * would wait for a quarter of an hour, or for ever.
 */

struct silence {
	const char *name;
	enum sock_option option; /* by which it ends */
	int64_t value;
	bool at_dial;
	bool speaks; /* into the silence */
	sock_t s;
	int first, second, written;
	char text[256];
};

static const struct silence silences[] = {
	{ .name = "unanswered bytes, as dialed",
	    .option = SOCK_OPT_USER_TIMEOUT_MS,
	    .value = 500,
	    .at_dial = true,
	    .speaks = true },
	{ .name = "unanswered bytes, set later",
	    .option = SOCK_OPT_USER_TIMEOUT_MS,
	    .value = 500,
	    .speaks = true },
	{ .name = "nothing said, as dialed",
	    .option = SOCK_OPT_KEEPALIVE_S,
	    .value = 1,
	    .at_dial = true },
	{ .name = "nothing said, set later",
	    .option = SOCK_OPT_KEEPALIVE_S,
	    .value = 1 },
};

#define COUNT (sizeof silences / sizeof silences[0])

static void
converse(struct silence *silence, int listener)
{
	char text[64];
	struct dialing d = DIALING(text, .deadline = SOON);
	char c = 0;
	int fd;

	dialing_at(text, sizeof text, "127.0.0.1:", plain_port(listener));
	if (silence->at_dial && silence->option == SOCK_OPT_KEEPALIVE_S)
		d.options.keepalive_s = (int)silence->value;
	else if (silence->at_dial)
		d.options.user_timeout_ms = (int)silence->value;
	silence->s = dialing_run(&d, IN_THREAD);
	CHECK(silence->s > 0);
	if (!silence->at_dial)
		CHECK_INT(sock_set(silence->s, silence->option, silence->value),
		    0);
	fd = accept(listener, NULL, NULL);
	CHECK(fd >= 0);
	CHECK_INT(send(fd, "x", 1, MSG_NOSIGNAL), 1);
	CHECK_INT(sock_read(silence->s, &c, 1, SOON), 1);
}

/* Only the kernel ends these reads; the child has an alarm. */
static void
wait_for_the_end(void *arg)
{
	struct silence *silence = arg;
	char c;

	silence->first = (int)sock_read(silence->s, &c, 1, SOCK_FOREVER);
	(void)snprintf(silence->text, sizeof silence->text, "%s",
	    sock_errmsg());
	silence->second = (int)sock_read(silence->s, &c, 1, SOCK_FOREVER);
	silence->written = sock_write(silence->s, "x", 1, SOON);
	sock_close(silence->s);
}

static void
check(const struct silence *s)
{
	if (s->first != -ETIMEDOUT || s->second != -ETIMEDOUT ||
	    s->written >= 0 || strstr(s->text, "timed out") == NULL)
		child_fail(__FILE__, __LINE__, "%s: %d, %d, %d, %s", s->name,
		    s->first, s->second, s->written, s->text);
}

static void
fall_silent(void *arg)
{
	struct silence all[WHERE_COUNT][COUNT];
	int listener, where;
	size_t i;

	(void)arg;
	namespace_enter();
	listener = plain_bind(AF_INET, 0, 64);
	for (where = 0; where < WHERE_COUNT; where++) {
		memcpy(all[where], silences, sizeof silences);
		for (i = 0; i < COUNT; i++)
			converse(&all[where][i], listener);
	}
	namespace_run("nft add table inet t");
	namespace_run("nft add chain inet t in "
		      "'{ type filter hook input priority 0; policy drop; }'");
	for (where = 0; where < WHERE_COUNT; where++)
		for (i = 0; i < COUNT; i++)
			if (all[where][i].speaks)
				CHECK_INT(sock_write(all[where][i].s, "x", 1,
					      SOON),
				    0);
	for (where = 0; where < WHERE_COUNT; where++)
		for (i = 0; i < COUNT; i++) {
			CHECK(where_run(where, wait_for_the_end,
			    &all[where][i]));
			check(&all[where][i]);
		}
}

static void
a_peer_that_falls_silent_ends_the_conversation(void **state)
{
	(void)state;
	child_run(fall_silent, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		where_test(a_peer_that_falls_silent_ends_the_conversation),
	};

	return child_result(cmocka_run_group_tests(tests, NULL, NULL));
}
