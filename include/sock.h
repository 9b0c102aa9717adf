/* SPDX-License-Identifier: MIT */
#ifndef SOCK_H
#define SOCK_H

/*
 * libsock: active and passive sockets over TCP, UDP, UNIX and TLS, IPv4 and
 * IPv6, with deadlines, from threads, from fibers and from foreign event loops;
 * ports and services by name.  This header includes all others but sock/tls.h,
 * whose library is another one, and states the rules that hold everywhere.
 *
 * Results    >= 0 is success, < 0 is an error code: -errno as the kernel gave
 *            it, or one of SOCK_E...  A function that returns a pointer returns
 *            NULL.  No call changes or reads the caller's errno.  The failing
 *            call also leaves a text for sock_errmsg().
 * Handles    a sock_t is a value: copy it, print it, store it.  0 is never a
 *            handle, so a zeroed struct holds none.  A closed handle gives
 *            SOCK_ESTALE for ever, from any thread, never a crash and never
 *            somebody else's socket.  A negative handle handed to any call
 *            comes back as that same error, so checks may wait until the end.
 *            The first fatal error of a stream sticks, for its direction, as
 *            with ferror(3) (after -ECONNRESET from a write the peer's last
 *            words can still be read, and behind them it is told again), and
 *            sock_close() reports the first of all; a deadline that passes in
 *            the middle of sock_write() is fatal, the end of the peer's data
 *            is not.
 * Time       every call that can wait takes an absolute deadline as its last
 *            argument, on the monotonic clock; SOCK_DEFAULT (0) is the handle's
 *            own timeout, else for ever.  The few without one (sock_printf) use
 *            the handle's.  It bounds the wait: what need not wait is done,
 *            though it has passed, so a loop over what a peer keeps sending
 *            looks at sock_now() itself.
 * Options    a struct with named members, all optional: 0 or NULL is the
 *            default, -1 turns a limit off.
 * Memory     the library keeps no pointer of the caller's after a call returns.
 *            Strings it returns are static, or live as long as the object that
 *            their comment names.  A struct that the caller allocates begins
 *            with its size and may grow; sock_addr, sock_event and sock_message
 *            are fixed for good and hold room.
 * Threads    any handle from any thread.  One reader and one writer run in
 *            parallel on one handle; a second reader of a stream gets -EBUSY;
 *            each sock_write() is atomic; any number may accept and receive
 *            messages.  sock_close() makes the handle stale at once and wakes
 *            whoever waits; the descriptor goes when the last call inside has
 *            returned.  sock_cancel() sticks: every present and later wait on
 *            the handle returns -ECANCELED until it is closed.  A thread that
 *            has waited keeps one or two descriptors of its own until it ends.
 * Callbacks  return: a C++ exception that leaves one ends the program.
 * Process    no signal is raised (SIGPIPE neither, on no path) or handled; no
 *            thread is started before a host name, a fiber, a server or an
 *            offloaded call asks for one, and ours block all signals; nothing
 *            is printed, nothing exits; every descriptor is CLOEXEC and none
 *            is 0, 1 or 2.
 *            After fork() a handle that no worker holds goes on working in the
 *            child, one that a worker holds is stale there, and what another
 *            thread was dialing is closed; a child never unlinks a path or ends
 *            a stream for its parent by closing.
 * Addresses  SCHEME:REST, "//" after the colon allowed and ignored.
 *              tcp:HOST:PORT  udp:HOST:PORT  tls:HOST:PORT
 *              unix:/path  unix:@abstract  unixgram:...  unixpacket:...
 *                (bytes that are not printable as %XX)
 *              srv:_imaps._tcp.example.org   to dial: what the SRV records say
 *            No scheme: a leading "/" or "@" is unix, else tcp.  HOST is a
 *            name (to dial; to listen localhost alone), an IPv4 address in
 *            four plain decimal parts, an IPv6 address in brackets with an
 *            optional %zone, "*" (all addresses, to listen: one socket for
 *            both families where the kernel allows, else what there is; IPv4
 *            peers always show as IPv4), or empty (loopback to dial, all
 *            addresses to listen).  PORT is a number 0-65535 without sign or
 *            leading zeros, or a service name; to dial it is never 0.  An IPv6
 *            address without brackets beside a port is refused, and the
 *            message shows the bracketed form; one of link scope is dialed
 *            with its zone: [fe80::1%eth0].  Anything that looks numeric is
 *            parsed here and never reaches the C library's resolver, nor do
 *            localhost and names below .localhost (RFC 6761).  tls: takes
 *            an object of libsock-tls, or of another layer's.
 */

#include <sock/addr.h>
#include <sock/base.h>
#include <sock/fiber.h>
#include <sock/info.h>
#include <sock/layer.h>
#include <sock/message.h>
#include <sock/open.h>
#include <sock/port.h>
#include <sock/process.h>
#include <sock/server.h>
#include <sock/service.h>
#include <sock/stream.h>
#include <sock/sync.h>
#include <sock/table.h>
#include <sock/wait.h>

#endif
