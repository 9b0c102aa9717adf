/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "between.h"
#include "ends.h"

/* Records that did not go out at once. */

#define RECORD 16384

/* Bytes that the server has of the client, once nothing moves any more. */
static size_t
hear_all(struct between *b)
{
	static char block[RECORD];
	size_t heard = 0;
	bool moved;
	ssize_t n;

	do {
		moved = between_pass(b);
		while ((n = sock_read(b->end[SERVER], block, sizeof block,
			    SOCK_NOWAIT)) > 0)
			heard += (size_t)n;
	} while (moved);
	return heard;
}

static _Atomic bool lacks_memory;

static void *
allocate(size_t n, const char *file, int line)
{
	(void)line;
	/* OpenSSL's own writing cannot go on without. */
	return lacks_memory && strstr(file, "tls/below.c") != NULL ? NULL :
								     malloc(n);
}

static void *
change(void *old, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return realloc(old, n);
}

static void
give_back(void *old, const char *file, int line)
{
	(void)file;
	(void)line;
	free(old);
}

static void
what_went_before_memory_was_lacking_goes_once(void **state)
{
	static const char block[RECORD];
	struct between b;
	size_t sent = 0, heard = 0;
	ssize_t n;

	(void)state;
	assert_int_equal(between_open(&b, client, server, "example.org"), 0);
	between_shake(&b);
	/* So that a record does not fit. */
	assert_int_equal(sock_set(b.end[CLIENT], SOCK_OPT_SNDBUF, 4096), 0);
	lacks_memory = true;
	n = sock_write_some(b.end[CLIENT], block, RECORD, SOCK_NOWAIT);
	lacks_memory = false;
	assert_int_equal(n, -ENOMEM);
	do {
		heard += hear_all(&b);
		n = sock_write_some(b.end[CLIENT], block, RECORD, SOCK_NOWAIT);
		sent += n > 0 ? (size_t)n : 0;
	} while (n == -EAGAIN);
	assert_int_equal(sent, RECORD);
	heard += hear_all(&b);
	assert_int_equal(heard, sent);
	between_close(&b);
}

/* A record goes out whole; its writer may count it in parts. */
static void
what_did_not_fit_may_come_again_in_parts(void **state)
{
	static const char block[RECORD];
	size_t sent = 0, heard;
	struct between b;
	ssize_t n;

	(void)state;
	assert_int_equal(between_open(&b, client, server, "example.org"), 0);
	between_shake(&b);
	while ((n = sock_write_some(b.end[CLIENT], block, RECORD,
		    SOCK_NOWAIT)) > 0)
		sent += (size_t)n;
	assert_int_equal(n, -EAGAIN);
	heard = hear_all(&b);
	assert_int_equal(sock_write_some(b.end[CLIENT], block, 1, SOCK_NOWAIT),
	    1);
	assert_int_equal(sock_write_some(b.end[CLIENT], block, RECORD - 1,
			     SOCK_NOWAIT),
	    RECORD - 1);
	heard += hear_all(&b);
	assert_int_equal(heard, sent + RECORD);
	between_close(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_did_not_fit_may_come_again_in_parts),
		cmocka_unit_test(what_went_before_memory_was_lacking_goes_once),
	};

	if (!CRYPTO_set_mem_functions(allocate, change, give_back))
		return 1;
	return cmocka_run_group_tests(tests, ends_begin, ends_end);
}
