/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_SYS_SYS_H
#define SOCKI_SYS_SYS_H

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>

/*
 * The door to the kernel: each call as its man page says, but for this.
 *
 * - A failure is -errno, and the caller's errno is as it was.
 * - EINTR is handled here, except where a deadline must be looked at again.
 * - Every new descriptor is CLOEXEC and above 2, so that a program with a
 *   closed standard stream never finds a socket there.
 * - No call raises SIGPIPE.
 *
 * Built with SOCK_FAULTS each can be made to fail: sys/fault.h.
 */

/* Sockets. */
int socki_sys_socket(int domain, int type, int protocol);
int socki_sys_socketpair(int type, int out[2]); /* AF_UNIX */
int socki_sys_bind(int fd, const struct sockaddr *addr, socklen_t len);
int socki_sys_listen(int fd, int backlog);
int socki_sys_accept(int fd, struct sockaddr *addr, socklen_t *len);
/* -EINPROGRESS also when a signal came: the attempt goes on (connect(2)). */
int socki_sys_connect(int fd, const struct sockaddr *addr, socklen_t len);
int socki_sys_getsockname(int fd, struct sockaddr *addr, socklen_t *len);
int socki_sys_getpeername(int fd, struct sockaddr *addr, socklen_t *len);
int
socki_sys_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
int socki_sys_setsockopt(int fd, int level, int name, const void *value,
    socklen_t len);
int socki_sys_getsockopt_int(int fd, int level, int name, int *value);
int socki_sys_setsockopt_int(int fd, int level, int name, int value);
int socki_sys_shutdown(int fd, int how);
ssize_t socki_sys_recv(int fd, void *buf, size_t n, int flags);
ssize_t socki_sys_recvmsg(int fd, struct msghdr *msg, int flags);
/* -EAGAIN also where a fast open (RFC 7413) took no bytes along. */
ssize_t socki_sys_send(int fd, const void *buf, size_t n, int flags);
ssize_t socki_sys_sendmsg(int fd, const struct msghdr *msg, int flags);
/* For messages, which no fault cuts.  The last two: how many. */
ssize_t socki_sys_recvfrom(int fd, void *buf, size_t n, int flags,
    struct sockaddr *addr, socklen_t *len);
ssize_t socki_sys_sendto(int fd, const void *buf, size_t n, int flags,
    const struct sockaddr *addr, socklen_t len);
struct mmsghdr;
int socki_sys_recvmmsg(int fd, struct mmsghdr *msgs, unsigned count, int flags);
int socki_sys_sendmmsg(int fd, struct mmsghdr *msgs, unsigned count, int flags);

/* Files and descriptors. */
int socki_sys_open(const char *path, int flags, mode_t mode);
int socki_sys_openat(int folder, const char *path, int flags);
ssize_t socki_sys_getdents(int fd, void *buf, size_t n); /* getdents64 */
/*
 * The next name of what getdents64 gave, struct linux_dirent64 in getdents(2);
 * NULL: no more.
 */
const char *
socki_sys_dirent(const unsigned char *listing, size_t n, size_t *at);
ssize_t socki_sys_readlinkat(int folder, const char *path, char *buf, size_t n);
ssize_t socki_sys_read(int fd, void *buf, size_t n);
ssize_t socki_sys_pread(int fd, void *buf, size_t n, int64_t offset);
int64_t socki_sys_lseek(int fd, int64_t offset, int whence);
ssize_t socki_sys_write(int fd, const void *buf, size_t n);
/* The position of the file stays as it is. */
ssize_t socki_sys_sendfile(int out, int in, int64_t offset, size_t n);
/* One of them is a pipe; -EAGAIN also where the other one would wait. */
ssize_t socki_sys_splice(int in, int out, size_t n);
/* Non-blocking; to be read from and written to; of size if that may be, or 0. */
int socki_sys_pipe(int out[2], size_t size);
/*
 * The same descriptor, or one above 2 in its place; -EMFILE: there is none, and
 * fd is closed.  For those that come by socki_sys_recvmsg().
 */
int socki_sys_high(int fd);
int socki_sys_dup(int fd);          /* above 2, as all */
int socki_sys_high_both(int fd[2]); /* 0; without both there is none */
void socki_sys_close(int fd); /* never retried: close(2), "Dealing with" */
int socki_sys_getfl(int fd);
int socki_sys_fstat(int fd, struct stat *out);
int socki_sys_stat(const char *path, struct stat *out);
int socki_sys_lstat(const char *path, struct stat *out);
int socki_sys_fchmod(int fd, mode_t mode);
int socki_sys_unlink(const char *path);
int socki_sys_flock(int fd, int operation);
pid_t socki_sys_getpid(void);
int socki_sys_ioctl_int(int fd, int request, int *value);
/* For the secrets of hash tables; it does not fail, and does not wait. */
void socki_sys_random(void *buf, size_t n);

/* Interfaces, for the zones of addresses.  0: none of that name, or number. */
unsigned socki_sys_if_nametoindex(const char *name);
char *socki_sys_if_indextoname(unsigned index, char *name);

/* Waiting.  A negative timeout_ns is for ever; -EINTR comes through. */
int socki_sys_poll(struct pollfd *fds, unsigned count, int64_t timeout_ns);
int socki_sys_epoll_create(void);
int socki_sys_epoll_ctl(int ep, int op, int fd, uint32_t events, uint64_t data);
int socki_sys_epoll_wait(int ep, struct epoll_event *events, int max,
    int64_t timeout_ns);
int socki_sys_eventfd(void); /* non-blocking */
/*
 * futex(2): sleeps while the word has this value, until somebody wakes who
 * sleeps there.  0; -EAGAIN: it has another; -EINTR; -ETIMEDOUT.
 */
int socki_sys_futex_wait(_Atomic int *word, int value, int64_t timeout_ns);
/* None can fail in a way that matters, so no fault is made of them. */
void socki_sys_futex_wake(_Atomic int *word);
void socki_sys_eventfd_set(int fd);
void socki_sys_eventfd_clear(int fd);

/*
 * Blocks signals in the calling thread, for good, and gives a non-blocking
 * descriptor that tells of them.  -EINVAL: one of them cannot be waited for.
 */
int socki_sys_signalfd(const int *signals, int count);

/* Who the process is; each thread of it changes. */
int socki_sys_chroot(const char *path);
int socki_sys_chdir(const char *path);
int socki_sys_setgroups(const gid_t *groups, size_t count);
int socki_sys_setresgid(gid_t gid); /* all three */
int socki_sys_setresuid(uid_t uid);
struct socki_sys_ids { /* real, effective, saved */
	uid_t uid[3];
	gid_t gid[3];
};
void socki_sys_ids(struct socki_sys_ids *out);
/* Of the calling thread alone: */
int socki_sys_capset_none(void);
int socki_sys_seteuid_here(uid_t uid);
int socki_sys_setegid_here(gid_t gid);

/* Children. */
pid_t socki_sys_fork(void);     /* a child that blocks all signals */
int socki_sys_pidfd(pid_t pid); /* -ENOSYS before Linux 5.3 */
/*
 * Takes the status of a child that has ended, of this one alone; pidfd < 0:
 * there is none.  0: it has ended, -EAGAIN: not yet.
 */
int socki_sys_reap(int pidfd, pid_t pid);
void socki_sys_kill(int pidfd, pid_t pid); /* SIGKILL */

/* Address space. */
int socki_sys_map(void **out, size_t n); /* private, zeroed, not reserved */
int socki_sys_map_shared(void **out, size_t n); /* with children */
void socki_sys_unmap(void *p, size_t n);
int socki_sys_discard(void *p, size_t n); /* MADV_DONTNEED */
/*
 * Makes a range fault for good: without a mapping of its own if it can be, and
 * need not be shown in /proc/PID/maps.
 */
int socki_sys_guard(void *p, size_t n, bool shown);

/*
 * A detached thread of ours: every signal is blocked in it.  stack is in
 * bytes, 0: the system's default.
 */
int socki_sys_thread(void *(*run)(void *), void *arg, size_t stack);
/* One of the default size that is not detached, but joined. */
int
socki_sys_thread_to_join(void *(*run)(void *), void *arg, pthread_t *thread);
void socki_sys_thread_join(pthread_t thread);
/*
 * The processors that the calling thread may run on, or might if it were not
 * pinned; at least 1.
 */
unsigned socki_sys_processors(void);
/* Pins choose among those of the caller, once a process and before the first. */
void socki_sys_pin_prepare(void);
/*
 * Keeps the thread on the one of this number, modulo how many there are.  Those
 * that it starts begin with all that pins choose among.
 */
void socki_sys_pin(unsigned number);
/*
 * membarrier(2): from the caller's view each thread of the process has run a
 * full barrier.  Prepared once a process; -ENOSYS, -EPERM, ...: not here.
 */
int socki_sys_barrier_prepare(void);
void socki_sys_barrier(void);

#endif
