/* SPDX-License-Identifier: MIT */
#ifndef SOCK_TEST_FILTER_H
#define SOCK_TEST_FILTER_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "child.h"

/*
 * From now on a system call fails with an error, for good.  first: of its first
 * argument, or -1 for any.  Of the argument its low half is compared, which
 * comes first on the machines that run this.
 */
static inline void
filter_deny(long call, int first, int error)
{
	const __u32 no = SECCOMP_RET_ERRNO | (__u32)error;
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (__u32)call, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, args)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (__u32)first, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, no),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { sizeof code / sizeof code[0],
		code };

	if (first < 0) /* whatever it is: both ways lead to the error */
		code[3].jf = 0;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		child_skip("no seccomp filters here");
}

#endif
