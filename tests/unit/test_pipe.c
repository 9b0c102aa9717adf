/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sock/open.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aside.h"
#include "socket/pipe.h"

#define MANY 100

static ino_t
inode_of(const struct socki_pipe *pipe)
{
	struct stat st;

	EXPECT_INT(fstat(pipe->out, &st), 0);
	return st.st_ino;
}

static void
an_empty_pipe_is_taken_again(void **state)
{
	struct socki_pipe pipe = { 0, 0 };
	ino_t was;

	(void)state;
	assert_int_equal(socki_pipe_take(&pipe), 0);
	was = inode_of(&pipe);
	socki_pipe_give(&pipe);
	assert_int_equal(pipe.in, 0);
	assert_int_equal(socki_pipe_take(&pipe), 0);
	assert_true(inode_of(&pipe) == was);
	socki_pipe_give(&pipe);
	assert_aside();
}

static void
there_are_so_many_and_few_are_kept(void **state)
{
	struct socki_pipe pipes[MANY] = { { 0, 0 } };
	int before, i, count, rc = 0;

	(void)state;
	socki_pipe_drop_spares();
	before = aside_open();
	for (count = 0; rc == 0 && count < MANY; count++)
		rc = socki_pipe_take(&pipes[count]);
	assert_int_equal(rc, SOCK_ELIMIT);
	count--;
	assert_in_range(count, 16, 64);
	assert_int_equal(pipes[count].in, 0);
	for (i = 0; i < count; i++)
		socki_pipe_give(&pipes[i]);
	assert_in_range(aside_open(), before + 2, before + 16);
	/* As many as before. */
	for (i = 0; i < count; i++)
		assert_int_equal(socki_pipe_take(&pipes[i]), 0);
	for (i = 0; i < count; i++)
		socki_pipe_drop(&pipes[i]);
	socki_pipe_drop_spares();
	assert_int_equal(aside_open(), before);
}

static void
take_anew(void *arg)
{
	struct socki_pipe pipe;

	EXPECT_INT(socki_pipe_take(&pipe), 0);
	EXPECT(inode_of(&pipe) != *(ino_t *)arg);
	socki_pipe_drop(&pipe);
}

static void
a_child_has_no_pipe_in_common_with_its_parent(void **state)
{
	struct socki_pipe pipe;
	sock_t ends[2];
	ino_t kept;

	(void)state;
	/* The first handle is what looks after forks. */
	assert_int_equal(sock_pair(ends), 0);
	assert_int_equal(socki_pipe_take(&pipe), 0);
	kept = inode_of(&pipe);
	socki_pipe_give(&pipe);
	assert_int_equal(aside_child(take_anew, &kept), 0);
	assert_int_equal(socki_pipe_take(&pipe), 0);
	assert_true(inode_of(&pipe) == kept);
	socki_pipe_drop(&pipe);
	assert_int_equal(sock_close(ends[0]), 0);
	assert_int_equal(sock_close(ends[1]), 0);
	assert_aside();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_pipe_is_taken_again),
		cmocka_unit_test(there_are_so_many_and_few_are_kept),
		cmocka_unit_test(a_child_has_no_pipe_in_common_with_its_parent),
	};

	return cmocka_run_group_tests_name("pipe", tests, NULL, NULL);
}
