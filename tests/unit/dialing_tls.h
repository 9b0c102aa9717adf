/* SPDX-License-Identifier: MIT */
#ifndef SOCK_TEST_DIALING_TLS_H
#define SOCK_TEST_DIALING_TLS_H

#include <poll.h>

#include "dialing.h"
#include "scripted.h"
#include "tls_peers.h"
#include "where.h"

/* Dials of tls: by the toy's client; nothing of them is left behind. */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct toy_tls client;
static char service[64];

static const struct scripted_name names[] = {
	{ "toy.test", "127.0.0.1 127.0.0.2", 0, 0 },
	{ "_toy._tcp.toy.test", service, 0, 0 },
	{ "*", "", SOCK_ENOHOST, 0 },
};

static inline int
tls_set_up(void **state)
{
	toy_tls_init(&client);
	scripted_use(&scripted, names);
	return where_count(state);
}

/* No state, no reference and no descriptor is left behind. */
static inline int
tls_tear_down(void **state)
{
	const sock_time deadline = sock_in(5000);

	while (atomic_load(&client.alive) > 0 && sock_now() < deadline)
		aside_poke();
	socki_resolver_use(NULL);
	if (client.alive != 0 || client.references != 1 ||
	    atomic_exchange(&aside_failures, 0) != 0)
		return -1;
	return where_same(state);
}

#define tls_test(f) \
	cmocka_unit_test_setup_teardown(f, tls_set_up, tls_tear_down)

/* A loop of somebody else's; whatever sock_connected() says in the end. */
static inline int
foreign(sock_t s)
{
	int rc;

	while ((rc = sock_connected(s, SOCK_NOWAIT)) == -EAGAIN) {
		struct pollfd p = { sock_fd(s), POLLIN | POLLOUT, 0 };
		const sock_time due = sock_due(s), now = sock_now();
		const int ms = due == SOCK_FOREVER ? 20000 :
		    due <= now                     ? 0 :
				 (int)((due - now) / 1000000) + 1;

		if (poll(&p, 1, ms) == 0 && ms == 20000)
			return -EINPROGRESS;
	}
	return rc;
}

/* In a thread, in a fiber, and in a foreign loop. */
static inline sock_t
dial(struct dialing *d, int where)
{
	int rc;

	if (where < WHERE_COUNT)
		return dialing_run(d, where);
	d->got = sock_dial_start_with(&d->options);
	rc = d->got > 0 ? foreign(d->got) : (int)d->got;
	if (rc == 0)
		return d->got;
	(void)snprintf(d->text, sizeof d->text, "%s", sock_errmsg());
	(void)sock_close(d->got);
	return rc;
}

static inline void
expect_hi(sock_t s)
{
	char bytes[4];

	assert_int_equal(sock_read_full(s, bytes, 2, SOON), 2);
	assert_memory_equal(bytes, "hi", 2);
	assert_int_equal(sock_finish(s, SOON), 0);
}

#endif
