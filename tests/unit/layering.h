/* SPDX-License-Identifier: MIT */
#ifndef SOCK_TEST_LAYERING_H
#define SOCK_TEST_LAYERING_H

#include <sock.h>

#include "aside.h"
#include "toy_tls.h"

/* Two ends of a pair, for a layer each, without a trace after each test. */

#define SOON sock_in(20000)

static struct toy_tls client, server;
static sock_t pair[2];

static inline int
layering_set_up(void **state)
{
	(void)state;
	toy_tls_init(&client);
	toy_tls_init(&server);
	server.name = "toy.example";
	return sock_pair(pair);
}

/* Whatever a test did, no state stays behind. */
static inline int
layering_tear_down(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct toy_tls *toy = i == 0 ? &client : &server;

		(void)sock_close(pair[i]);
		while (atomic_load(&toy->alive) > 0)
			aside_poke();
	}
	return 0;
}

#define LAYER_TEST(f) \
	cmocka_unit_test_setup_teardown(f, layering_set_up, layering_tear_down)

#endif
