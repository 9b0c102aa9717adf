/* SPDX-License-Identifier: MIT */
#include <arpa/nameser.h>
#include <errno.h>
#include <netdb.h>
#include <resolv.h>

#include "addr/addr.h"
#include "base/memory.h"
#include "resolve/eai.h"
#include "resolve/question.h"
#include "resolve/srv.h"

#ifndef NETDB_INTERNAL
#define NETDB_INTERNAL -1 /* which musl lacks */
#endif

/* What a call of ours says by itself is not taken from there. */
static int
from_errno(int error)
{
	switch (error) {
	case 0:
	case EAGAIN:
	case EINTR:
	case EINPROGRESS:
	case ETIMEDOUT:
	case ECANCELED:
		return SOCK_ERESOLVE;
	default:
		return -error;
	}
}

int
socki_eai(int code, int error)
{
	switch (code) {
	case EAI_NONAME:
#ifdef EAI_NODATA
	case EAI_NODATA:
#endif
#ifdef EAI_ADDRFAMILY
	case EAI_ADDRFAMILY:
#endif
		return SOCK_ENOHOST;
	case EAI_MEMORY:
		return -ENOMEM;
	case EAI_SYSTEM:
		return from_errno(error);
	default:
		return SOCK_ERESOLVE;
	}
}

int
socki_herrno(int code, int error)
{
	switch (code) {
	case HOST_NOT_FOUND:
	case NO_DATA:
		return SOCK_ENOHOST;
	case NETDB_INTERNAL:
		return from_errno(error);
	default:
		return SOCK_ERESOLVE;
	}
}

/*
 * One type of socket, or each address would come three times; no service; and
 * no AI_ADDRCONFIG, which hides everything where lo is the only interface.
 */
static int
addresses(const char *host, int family, struct sock_addr *out, int max)
{
	const struct addrinfo hints = { .ai_family = family,
		.ai_socktype = SOCK_STREAM };
	struct addrinfo *list, *ai;
	int rc, count = 0, of6 = 0;

	errno = 0;
	rc = getaddrinfo(host, NULL, &hints, &list);
	if (rc != 0)
		return socki_eai(rc, errno);
	for (ai = list; ai != NULL && count < max; ai = ai->ai_next) {
		const bool is6 = ai->ai_family == AF_INET6;

		/* Many of one family leave room for the other. */
		if (family == AF_UNSPEC && (is6 ? of6 : count - of6) == max / 2)
			continue;
		if (socki_addr_from_sockaddr(&out[count], SOCK_SCHEME_TCP,
			ai->ai_addr, ai->ai_addrlen) < 0)
			continue;
		of6 += is6;
		count++;
	}
	freeaddrinfo(list);
	return count;
}

static int
both(const char *host, struct sock_addr *out, int max)
{
	return addresses(host, AF_UNSPEC, out, max);
}

static int
services(const char *name, struct socki_srv *out, int max)
{
	uint8_t *message = socki_alloc(NS_MAXMSG);
	int rc;

	if (message == NULL)
		return -ENOMEM;
	errno = 0;
	rc = res_query(name, ns_c_in, ns_t_srv, message, NS_MAXMSG);
	if (rc < 0)
		rc = socki_herrno(h_errno, errno);
	else
		rc = socki_srv_parse(message, (size_t)rc, out, max);
	socki_free(message);
	return rc;
}

static int
name_of(const struct sock_addr *addr, char *host, size_t n)
{
	int rc;

	errno = 0;
	rc = getnameinfo(&addr->u.sa, addr->length, host, (socklen_t)n, NULL, 0,
	    NI_NAMEREQD);
	return rc == 0 ? 0 : socki_eai(rc, errno);
}

/*
 * glibc knows the policies of gai.conf(5), and follows rule 9 among IPv4
 * addresses only within one network; musl follows it everywhere.
 */
#ifdef __GLIBC__
#define SORTS true
#else
#define SORTS false
#endif

const struct socki_resolver socki_resolver_libc = { addresses, services,
	name_of, both, SORTS };
