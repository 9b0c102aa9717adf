/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Runs a program as if each of its peers had ended before it could say a word:
 * what it writes to a socket is EPIPE, and what it reads is what is there.
 *
 *	deaf PROGRAM ...
 */

#ifndef SYS_send
#define SYS_send SYS_sendto
#endif

#define REFUSE(number, behind) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, behind, 0)

int
main(int argc, char **argv)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		REFUSE(SYS_send, 3),
		REFUSE(SYS_sendto, 2),
		REFUSE(SYS_sendmsg, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPIPE),
	};
	const struct sock_fprog program = { sizeof code / sizeof code[0],
		code };

	if (argc < 2)
		return 2;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
		perror("seccomp");
		return 77;
	}
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return 1;
}
