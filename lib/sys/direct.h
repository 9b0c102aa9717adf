/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_SYS_DIRECT_H
#define SOCKI_SYS_DIRECT_H

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/*
 * The calls that pthreads(7) lists as cancellation points, without being one:
 * a thread that is cancelled inside a call of ours would leave its pin, its
 * turn and a waiter on its stack behind.  It also saves two atomic operations a
 * call once a program has threads.  A sanitizer must see the C library's
 * functions; there, and where a number is missing, they are called.
 */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define DIRECT 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define DIRECT 0
#endif
#endif
#if !defined(DIRECT) && defined(__LP64__) && defined(SYS_accept4)
#define DIRECT 1
#endif

#if DIRECT

#define direct_accept4(fd, addr, len, flags) \
	(int)syscall(SYS_accept4, fd, addr, len, flags)
#define direct_connect(fd, addr, len) (int)syscall(SYS_connect, fd, addr, len)
#define direct_recv(fd, buf, n, flags) \
	(ssize_t) syscall(SYS_recvfrom, fd, buf, n, flags, NULL, NULL)
#define direct_send(fd, buf, n, flags) \
	(ssize_t) syscall(SYS_sendto, fd, buf, n, flags, NULL, 0)
#define direct_recvmsg(fd, msg, flags) \
	(ssize_t) syscall(SYS_recvmsg, fd, msg, flags)
#define direct_sendmsg(fd, msg, flags) \
	(ssize_t) syscall(SYS_sendmsg, fd, msg, flags)
#define direct_read(fd, buf, n) (ssize_t) syscall(SYS_read, fd, buf, n)
#define direct_write(fd, buf, n) (ssize_t) syscall(SYS_write, fd, buf, n)
#define direct_close(fd) (int)syscall(SYS_close, fd)
#define direct_ppoll(fds, count, span) \
	(int)syscall(SYS_ppoll, fds, (long)(count), span, NULL, 0)
#define direct_epoll_wait(ep, events, max, ms) \
	(int)syscall(SYS_epoll_pwait, ep, events, max, ms, NULL, 0)

#else

#define direct_accept4 accept4
#define direct_connect connect
#define direct_recv recv
#define direct_send send
#define direct_recvmsg recvmsg
#define direct_sendmsg sendmsg
#define direct_read read
#define direct_write write
#define direct_close close
#define direct_ppoll(fds, count, span) ppoll(fds, count, span, NULL)
#define direct_epoll_wait epoll_wait

#endif

#endif
