/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_SYS_FAULT_H
#define SOCKI_SYS_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Bad luck, for tests: which system calls fail, and when.  Only a library
 * built with SOCK_FAULTS has it; elsewhere all of this is nothing.
 *
 * A text of items with commas between them says what happens:
 *
 *	send:EAGAIN:30%     three calls in ten fail with that error
 *	accept4:EMFILE@3    the third call fails
 *	socket:ENOBUFS@2+   the second and all after it
 *	recv:max=1          no call moves more than one byte
 *	alloc:ENOMEM@7      the seventh allocation fails
 *
 * The calls are those of sys/sys.h by their kernel names, errors by their
 * names in errno.h.  Environment: SOCK_FAULT holds a text and SOCK_FAULT_SEED
 * a number, read when the library is loaded.
 */

#define SOCKI_CALLS(X) \
	X(socket) \
	X(socketpair) \
	X(bind) \
	X(listen) \
	X(accept4) \
	X(connect) \
	X(getsockname) \
	X(getpeername) \
	X(getsockopt) \
	X(setsockopt) \
	X(shutdown) \
	X(recv) \
	X(recvmsg) \
	X(send) \
	X(sendmsg) \
	X(recvfrom) \
	X(recvmmsg) \
	X(sendto) \
	X(sendmmsg) \
	X(open) \
	X(getdents) \
	X(readlink) \
	X(read) \
	X(write) \
	X(pread) \
	X(lseek) \
	X(sendfile) \
	X(splice) \
	X(pipe2) \
	X(close) \
	X(fcntl) \
	X(stat) \
	X(fchmod) \
	X(unlink) \
	X(flock) \
	X(ioctl) \
	X(poll) \
	X(futex) \
	X(epoll_create) \
	X(epoll_ctl) \
	X(epoll_wait) \
	X(eventfd) \
	X(signalfd) \
	X(chroot) \
	X(chdir) \
	X(setgroups) \
	X(setresgid) \
	X(setresuid) \
	X(capset) \
	X(fork) \
	X(pidfd) \
	X(mmap) \
	X(madvise) \
	X(thread) \
	X(alloc)

enum socki_call {
#define SOCKI_CALL_ENUM(name) SOCKI_CALL_##name,
	SOCKI_CALLS(SOCKI_CALL_ENUM)
#undef SOCKI_CALL_ENUM
	SOCKI_CALL_COUNT
};

#ifdef SOCK_FAULTS

/*
 * Replaces what happens: NULL or "" is nothing more.  Counts begin at zero.
 * -EINVAL: the text is not understood, and nothing has changed.
 */
int socki_fault_set(const char *text, uint64_t seed);

/* How often a call was made since, failing or not. */
uint64_t socki_fault_count(enum socki_call call);

/* Asked by the door: 0, or the errno to fail with; *n (may be NULL) is cut. */
int socki_fault(enum socki_call call, size_t *n);

/*
 * Whether a call may have lied: then an EAGAIN or a short read proves nothing,
 * and readiness must be asked of the kernel before waiting for an edge.
 */
bool socki_fault_active(void);

#else

static inline int
socki_fault(enum socki_call call, size_t *n)
{
	(void)call;
	(void)n;
	return 0;
}

static inline bool
socki_fault_active(void)
{
	return false;
}

#endif

#endif
