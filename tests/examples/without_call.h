/* SPDX-License-Identifier: MIT */
#ifndef SOCK_TEST_WITHOUT_CALL_H
#define SOCK_TEST_WITHOUT_CALL_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* For a main() whose arguments are PROGRAM ...: some calls fail in it. */

#define LOAD_CALL \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))

/* That call, unless it is another, leads so many statements on. */
#define IF_CALL(number, on) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, on, 0)

#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define FAIL(error) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error))

/* An exit code; it does not return if the program runs. */
static inline int
run_filtered(struct sock_filter *code, size_t n, int argc, char **argv)
{
	const struct sock_fprog program = { (unsigned short)n, code };

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

#endif
