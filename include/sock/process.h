/* SPDX-License-Identifier: MIT */
#ifndef SOCK_PROCESS_H
#define SOCK_PROCESS_H

#include <sock/base.h>

/*
 * What a server does with its process: it is told to end, and it gives away
 * what it no longer needs.
 *
 *	const int signals[] = { SIGTERM, SIGINT };
 *	sock_t listener = sock_listen("tcp:*:80");
 *	struct sock_server *server;
 *
 *	if (sock_drop_privileges("nobody", NULL) < 0)
 *		return 1;
 *	server = sock_serve(NULL, .listener = listener, .on_stream = answer);
 *	sock_wait_signal(signals, 2, SOCK_FOREVER);
 *	sock_server_drain(server, sock_in(10000));
 *	sock_server_wait(server, SOCK_FOREVER);
 */

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/*
 * Waits for one of count signals to be sent to the process, and takes it: no
 * handler runs, and what the signal would else do does not happen.
 * SOCK_DEFAULT is for ever.
 *
 * The signals are blocked in the calling thread by the first call, and stay so:
 * one that comes between two calls waits for the second.  One that comes before
 * the first does what it does in any program, unless it was blocked by then
 * (pthread_sigmask(3)).  The library's threads block all signals; a program
 * that has started others, or waits in a fiber, blocks these in main() before,
 * since a signal goes to any thread that lets it.  exec hands blocked signals
 * on (execve(2)).
 *
 * The signal's number; -ETIMEDOUT, -EAGAIN (SOCK_NOWAIT); -ECANCELED: the
 * caller's group; SOCK_EUSAGE: no signals, or one that nobody can wait for
 * (SIGKILL, SIGSTOP); -EMFILE, -ENFILE, -ENOMEM.
 */
int sock_wait_signal(const int *signals, int count, sock_time deadline);

/*
 * Becomes an ordinary user for good, in all threads of the process: a server
 * that has bound its ports needs root no more.  user is a name or, if nobody
 * has that name, a number; one that nobody has stands for a user in the group
 * of the same number alone.  With root the process sees that folder alone, as
 * "/"; NULL leaves it where it is.
 *
 * In this order: the user and its groups are looked up (which may wait, and
 * holds a fiber's worker up), chroot(2) and chdir(2), the supplementary groups,
 * the group, the user, and all sets of capabilities are emptied.  Then it is
 * made sure that every thread has changed, by /proc/self/task, and that neither
 * root nor whoever it was can be had back.
 *
 * An error names the step.  Past the lookups the process may have changed by
 * half, and nothing goes back: it must end.
 *
 * Children go their own way: it comes before they are forked, those of a server
 * included, which can be given a listener that is open already.  Descriptors
 * that are open stay so; one of a folder leads out of root.  A program that is
 * set-user-ID gives its user's privileges to anybody, as ever.
 *
 * 0; -ENOENT: no such user, or folder; -EPERM: not allowed, or some privilege
 * would be left; SOCK_EUSAGE: user is NULL, or root; -EINVAL: an id that the
 * user namespace has not; what else the kernel or the name service says.
 */
int sock_drop_privileges(const char *user, const char *root);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
