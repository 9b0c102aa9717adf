/* SPDX-License-Identifier: MIT */
#include "without_call.h"

#include <errno.h>

/*
 * Runs a program as an older kernel would: without openat2(2).
 *
 *	without_openat2 PROGRAM ...
 */

int
main(int argc, char **argv)
{
	struct sock_filter code[] = {
		LOAD_CALL,
		IF_CALL(SYS_openat2, 1),
		ALLOW,
		FAIL(ENOSYS),
	};

	return run_filtered(code, sizeof code / sizeof code[0], argc, argv);
}
