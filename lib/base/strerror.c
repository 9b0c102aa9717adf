/* SPDX-License-Identifier: MIT */
#include <sock/base.h>

#include <errno.h>

/*
 * Our own sentences: strerror(3) follows the locale, and its buffer may be
 * shared between threads.  The codes are those that the calls of floor sys can
 * return, from their man pages.
 */
static const struct {
	int code;
	const char *sentence;
} table[] = {
	{ SOCK_ESTALE, "the handle was closed" },
	{ SOCK_EEOF, "the peer finished before all the bytes asked for" },
	{ SOCK_EADDR, "the address is not understood" },
	{ SOCK_ENOHOST, "no such host" },
	{ SOCK_ENOSERVICE, "no such service" },
	{ SOCK_ERESOLVE, "the name service failed for now" },
	{ SOCK_ETOOBIG, "too long for its bound" },
	{ SOCK_ELIMIT, "a limit was reached" },
	{ SOCK_EUSAGE, "the call makes no sense here" },
	{ -EACCES, "permission denied" },
	{ -EADDRINUSE, "address in use" },
	{ -EADDRNOTAVAIL, "address not available" },
	{ -EAFNOSUPPORT, "address family not supported" },
	{ -EAGAIN, "not ready, it would wait" },
	{ -EALREADY, "already under way" },
	{ -EBADF, "bad file descriptor" },
	{ -EBUSY, "in use by another call" },
	{ -ECANCELED, "canceled" },
	{ -ECONNABORTED, "connection aborted" },
	{ -ECONNREFUSED, "connection refused" },
	{ -ECONNRESET, "connection reset by peer" },
	{ -EDESTADDRREQ, "destination address required" },
	{ -EEXIST, "file exists" },
	{ -EFAULT, "bad address in memory" },
	{ -EFBIG, "file too large" },
	{ -EHOSTDOWN, "host is down" },
	{ -EHOSTUNREACH, "no route to host" },
	{ -EINPROGRESS, "in progress" },
	{ -EINTR, "interrupted by a signal" },
	{ -EINVAL, "invalid argument" },
	{ -EIO, "input or output error" },
	{ -EISCONN, "already connected" },
	{ -EISDIR, "is a directory" },
	{ -ELOOP, "too many symbolic links" },
	{ -EMFILE, "too many open files in this process" },
	{ -EMSGSIZE, "message too long" },
	{ -ENAMETOOLONG, "file name too long" },
	{ -ENETDOWN, "network is down" },
	{ -ENETRESET, "connection reset by the network" },
	{ -ENETUNREACH, "network is unreachable" },
	{ -ENFILE, "too many open files in the system" },
	{ -ENOBUFS, "no buffer space" },
	{ -ENODEV, "no such device" },
	{ -ENOENT, "no such file or directory" },
	{ -ENOMEM, "out of memory" },
	{ -ENOPROTOOPT, "option not supported by the protocol" },
	{ -ENOSPC, "no space left" },
	{ -ENOSYS, "not available here" },
	{ -ENOTCONN, "not connected" },
	{ -ENOTDIR, "not a directory" },
	{ -ENOTSOCK, "not a socket" },
	{ -ENOTTY, "not possible on this kind of file" },
	{ -ENXIO, "no such device or address" },
	{ -EOPNOTSUPP, "operation not supported" },
	{ -EPERM, "operation not permitted" },
	{ -EPIPE, "broken pipe" },
	{ -EPROTO, "protocol error" },
	{ -EPROTONOSUPPORT, "protocol not supported" },
	{ -EPROTOTYPE, "wrong type of socket for this address" },
	{ -EROFS, "read-only file system" },
	{ -ESOCKTNOSUPPORT, "type of socket not supported" },
	{ -ETIMEDOUT, "timed out" },
	{ -ETOOMANYREFS, "too many descriptors in flight" },
	{ -EXDEV, "on another file system" },
};

const char *
sock_strerror(int code)
{
	size_t i;

	if (code >= 0)
		return "success";
	for (i = 0; i < sizeof table / sizeof table[0]; i++)
		if (table[i].code == code)
			return table[i].sentence;
	return "unknown error";
}
