/* SPDX-License-Identifier: MIT */
#include <sock/base.h>

#include <errno.h>
#include <string.h>

/*
 * Our own sentences: strerror(3) follows the locale, and its buffer may be
 * shared between threads.  The codes are those that the calls of floor sys can
 * return, from their man pages.  Not pointers to sentences: each would need a
 * relocation, which takes more room than most of them.
 */
#define SENTENCES(ROW) \
	ROW(SOCK_ESTALE, "the handle was closed") \
	ROW(SOCK_EEOF, "the peer finished before all the bytes asked for") \
	ROW(SOCK_EADDR, "the address is not understood") \
	ROW(SOCK_ENOHOST, "no such host") \
	ROW(SOCK_ENOSERVICE, "no such service") \
	ROW(SOCK_ERESOLVE, "the name service failed for now") \
	ROW(SOCK_ETLS, "the TLS session failed") \
	ROW(SOCK_ECERT, "the peer's certificate is not trusted") \
	ROW(SOCK_ENAME, "the peer's certificate is for another name") \
	ROW(SOCK_ETRUNC, "the TLS session was cut off") \
	ROW(SOCK_EPROXY, "the proxy failed") \
	ROW(SOCK_ETOOBIG, "too long for its bound") \
	ROW(SOCK_ELIMIT, "a limit was reached") \
	ROW(SOCK_EUSAGE, "the call makes no sense here") \
	ROW(-EACCES, "permission denied") \
	ROW(-EADDRINUSE, "address in use") \
	ROW(-EADDRNOTAVAIL, "address not available") \
	ROW(-EAFNOSUPPORT, "address family not supported") \
	ROW(-EAGAIN, "not ready, it would wait") \
	ROW(-EALREADY, "already under way") \
	ROW(-EBADF, "bad file descriptor") \
	ROW(-EBUSY, "in use by another call") \
	ROW(-ECANCELED, "canceled") \
	ROW(-ECONNABORTED, "connection aborted") \
	ROW(-ECONNREFUSED, "connection refused") \
	ROW(-ECONNRESET, "connection reset by peer") \
	ROW(-EDESTADDRREQ, "destination address required") \
	ROW(-EEXIST, "file exists") \
	ROW(-EFAULT, "bad address in memory") \
	ROW(-EFBIG, "file too large") \
	ROW(-EHOSTDOWN, "host is down") \
	ROW(-EHOSTUNREACH, "no route to host") \
	ROW(-EINPROGRESS, "in progress") \
	ROW(-EINTR, "interrupted by a signal") \
	ROW(-EINVAL, "invalid argument") \
	ROW(-EIO, "input or output error") \
	ROW(-EISCONN, "already connected") \
	ROW(-EISDIR, "is a directory") \
	ROW(-ELOOP, "too many symbolic links") \
	ROW(-EMFILE, "too many open files in this process") \
	ROW(-EMSGSIZE, "message too long") \
	ROW(-ENAMETOOLONG, "file name too long") \
	ROW(-ENETDOWN, "network is down") \
	ROW(-ENETRESET, "connection reset by the network") \
	ROW(-ENETUNREACH, "network is unreachable") \
	ROW(-ENFILE, "too many open files in the system") \
	ROW(-ENOBUFS, "no buffer space") \
	ROW(-ENODEV, "no such device") \
	ROW(-ENOENT, "no such file or directory") \
	ROW(-ENOMEM, "out of memory") \
	ROW(-ENOPROTOOPT, "option not supported by the protocol") \
	ROW(-ENOSPC, "no space left") \
	ROW(-ENOSYS, "not available here") \
	ROW(-ENOTCONN, "not connected") \
	ROW(-ENOTDIR, "not a directory") \
	ROW(-ENOTSOCK, "not a socket") \
	ROW(-ENOTTY, "not possible on this kind of file") \
	ROW(-ENXIO, "no such device or address") \
	ROW(-EOPNOTSUPP, "operation not supported") \
	ROW(-EPERM, "operation not permitted") \
	ROW(-EPIPE, "broken pipe") \
	ROW(-EPROTO, "protocol error") \
	ROW(-EPROTONOSUPPORT, "protocol not supported") \
	ROW(-EPROTOTYPE, "wrong type of socket for this address") \
	ROW(-EROFS, "read-only file system") \
	ROW(-ESOCKTNOSUPPORT, "type of socket not supported") \
	ROW(-ETIMEDOUT, "timed out") \
	ROW(-ETOOMANYREFS, "too many descriptors in flight") \
	ROW(-EXDEV, "on another file system")

#define CODE(code, sentence) code,
#define SENTENCE(code, sentence) sentence "\0"

static const int16_t codes[] = { SENTENCES(CODE) };
static const char sentences[] = SENTENCES(SENTENCE);

const char *
sock_strerror(int code)
{
	const char *sentence = sentences;
	size_t i = 0;

	if (code >= 0)
		return "success";
	while (i < sizeof codes / sizeof codes[0] && codes[i] != code) {
		sentence += strlen(sentence) + 1;
		i++;
	}
	return *sentence != '\0' ? sentence : "unknown error";
}
