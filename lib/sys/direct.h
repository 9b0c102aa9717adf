/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_SYS_DIRECT_H
#define SOCKI_SYS_DIRECT_H

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/*
 * The calls that pthreads(7) lists as cancellation points, without being one:
 * a thread that is cancelled inside a call of ours would leave its pin, its
 * turn and a waiter on its stack behind.  They return -errno and leave errno
 * alone.  Beside that they spare what the C library does around a call that can
 * be cancelled, which an answer of 64 bytes would feel.
 *
 * A sanitizer must see the C library's functions; there, and on machines of 32
 * bits, whose calls have other arguments than theirs, they are called.
 */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define DIRECT 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define DIRECT 0
#endif
#endif
#ifndef DIRECT
#if defined(__LP64__)
#define DIRECT 1
#else
#define DIRECT 0
#endif
#endif

#if DIRECT

#if defined(__x86_64__)

/* System V ABI, appendix A.2.1. */
static inline long
direct_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long rc;

	__asm__ volatile("syscall"
			 : "=a"(rc)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10),
			 "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return rc;
}

#elif defined(__aarch64__)

static inline long
direct_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}

#else

static inline long
direct_call(long number, long a, long b, long c, long d, long e, long f)
{
	const int saved = errno;
	long rc = syscall(number, a, b, c, d, e, f);

	if (rc < 0) {
		rc = -errno;
		errno = saved;
	}
	return rc;
}

#endif

#define AS_LONG(p) (long)(uintptr_t)(p)

#define direct_openat(folder, path, flags, mode) \
	(int)direct_call(SYS_openat, folder, AS_LONG(path), flags, \
	    (long)(mode), 0, 0)
#define direct_getrandom(buf, n, flags) \
	direct_call(SYS_getrandom, AS_LONG(buf), (long)(n), flags, 0, 0, 0)
/* The kernel's set has no more signals than there are. */
#define direct_sigtimedwait(set, span) \
	(int)direct_call(SYS_rt_sigtimedwait, AS_LONG(set), 0, AS_LONG(span), \
	    _NSIG / 8, 0, 0)
#define direct_accept4(fd, addr, len, flags) \
	(int)direct_call(SYS_accept4, fd, AS_LONG(addr), AS_LONG(len), flags, \
	    0, 0)
#define direct_connect(fd, addr, len) \
	(int)direct_call(SYS_connect, fd, AS_LONG(addr), len, 0, 0, 0)
#define direct_recv(fd, buf, n, flags) \
	direct_call(SYS_recvfrom, fd, AS_LONG(buf), (long)(n), flags, 0, 0)
#define direct_recvfrom(fd, buf, n, flags, addr, len) \
	direct_call(SYS_recvfrom, fd, AS_LONG(buf), (long)(n), flags, \
	    AS_LONG(addr), AS_LONG(len))
#define direct_send(fd, buf, n, flags) \
	direct_call(SYS_sendto, fd, AS_LONG(buf), (long)(n), flags, 0, 0)
#define direct_sendto(fd, buf, n, flags, addr, len) \
	direct_call(SYS_sendto, fd, AS_LONG(buf), (long)(n), flags, \
	    AS_LONG(addr), len)
#define direct_recvmmsg(fd, msgs, count, flags) \
	(int)direct_call(SYS_recvmmsg, fd, AS_LONG(msgs), count, flags, 0, 0)
#define direct_sendmmsg(fd, msgs, count, flags) \
	(int)direct_call(SYS_sendmmsg, fd, AS_LONG(msgs), count, flags, 0, 0)
#define direct_recvmsg(fd, msg, flags) \
	direct_call(SYS_recvmsg, fd, AS_LONG(msg), flags, 0, 0, 0)
#define direct_sendmsg(fd, msg, flags) \
	direct_call(SYS_sendmsg, fd, AS_LONG(msg), flags, 0, 0, 0)
#define direct_read(fd, buf, n) \
	direct_call(SYS_read, fd, AS_LONG(buf), (long)(n), 0, 0, 0)
#define direct_write(fd, buf, n) \
	direct_call(SYS_write, fd, AS_LONG(buf), (long)(n), 0, 0, 0)
#define direct_pread(fd, buf, n, at) \
	direct_call(SYS_pread64, fd, AS_LONG(buf), (long)(n), at, 0, 0)
#define direct_sendfile(out, in, at, n) \
	direct_call(SYS_sendfile, out, in, AS_LONG(at), (long)(n), 0, 0)
#define direct_splice(in, out, n, flags) \
	direct_call(SYS_splice, in, 0, out, 0, (long)(n), flags)
#define direct_close(fd) (int)direct_call(SYS_close, fd, 0, 0, 0, 0, 0)
#define direct_ppoll(fds, count, span) \
	(int)direct_call(SYS_ppoll, AS_LONG(fds), count, AS_LONG(span), 0, 0, 0)
#define direct_epoll_wait(ep, events, max, ms) \
	(int)direct_call(SYS_epoll_pwait, ep, AS_LONG(events), max, ms, 0, 0)

#else

/* As the kernel has it: the error in the result, and errno as it was. */
#define DIRECT_RESULT(type, call) \
	__extension__({ \
		const int direct_errno = errno; \
		type direct_rc = call; \
		if (direct_rc < 0) { \
			direct_rc = -errno; \
			errno = direct_errno; \
		} \
		direct_rc; \
	})

#define direct_openat(folder, path, flags, mode) \
	DIRECT_RESULT(int, openat(folder, path, flags, mode))
#define direct_getrandom(buf, n, flags) \
	DIRECT_RESULT(ssize_t, getrandom(buf, n, flags))
#define direct_sigtimedwait(set, span) \
	DIRECT_RESULT(int, sigtimedwait(set, NULL, span))
#define direct_accept4(fd, addr, len, flags) \
	DIRECT_RESULT(int, accept4(fd, addr, len, flags))
#define direct_connect(fd, addr, len) DIRECT_RESULT(int, connect(fd, addr, len))
#define direct_recv(fd, buf, n, flags) \
	DIRECT_RESULT(ssize_t, recv(fd, buf, n, flags))
#define direct_recvfrom(fd, buf, n, flags, addr, len) \
	DIRECT_RESULT(ssize_t, recvfrom(fd, buf, n, flags, addr, len))
#define direct_send(fd, buf, n, flags) \
	DIRECT_RESULT(ssize_t, send(fd, buf, n, flags))
#define direct_sendto(fd, buf, n, flags, addr, len) \
	DIRECT_RESULT(ssize_t, sendto(fd, buf, n, flags, addr, len))
#define direct_recvmmsg(fd, msgs, count, flags) \
	DIRECT_RESULT(int, recvmmsg(fd, msgs, count, flags, NULL))
#define direct_sendmmsg(fd, msgs, count, flags) \
	DIRECT_RESULT(int, sendmmsg(fd, msgs, count, flags))
#define direct_recvmsg(fd, msg, flags) \
	DIRECT_RESULT(ssize_t, recvmsg(fd, msg, flags))
#define direct_sendmsg(fd, msg, flags) \
	DIRECT_RESULT(ssize_t, sendmsg(fd, msg, flags))
#define direct_read(fd, buf, n) DIRECT_RESULT(ssize_t, read(fd, buf, n))
#define direct_write(fd, buf, n) DIRECT_RESULT(ssize_t, write(fd, buf, n))
#define direct_pread(fd, buf, n, at) \
	DIRECT_RESULT(ssize_t, pread(fd, buf, n, at))
#define direct_sendfile(out, in, at, n) \
	DIRECT_RESULT(ssize_t, sendfile(out, in, at, n))
#define direct_splice(in, out, n, flags) \
	DIRECT_RESULT(ssize_t, splice(in, NULL, out, NULL, n, flags))
#define direct_close(fd) DIRECT_RESULT(int, close(fd))
#define direct_ppoll(fds, count, span) \
	DIRECT_RESULT(int, ppoll(fds, count, span, NULL))
#define direct_epoll_wait(ep, events, max, ms) \
	DIRECT_RESULT(int, epoll_wait(ep, events, max, ms))

#endif

#endif
