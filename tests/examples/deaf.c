/* SPDX-License-Identifier: MIT */
#include "without_call.h"

#include <errno.h>

/*
 * Runs a program as if each of its peers had ended before it could say a word:
 * what it writes to a socket is EPIPE, and what it reads is what is there.
 *
 *	deaf PROGRAM ...
 */

#ifndef SYS_send
#define SYS_send SYS_sendto
#endif

int
main(int argc, char **argv)
{
	struct sock_filter code[] = {
		LOAD_CALL,
		IF_CALL(SYS_send, 3),
		IF_CALL(SYS_sendto, 2),
		IF_CALL(SYS_sendmsg, 1),
		ALLOW,
		FAIL(EPIPE),
	};

	return run_filtered(code, sizeof code / sizeof code[0], argc, argv);
}
