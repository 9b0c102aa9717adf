/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <netinet/in.h>
#include <sock/message.h>
#include <string.h>

#include "addr/addr.h"
#include "socket/message.h"
#include "sys/sys.h"

/* One call's messages. */
#define BATCH 8
union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};
struct batch {
	struct mmsghdr header[BATCH];
	struct iovec piece[BATCH];
	union control control[BATCH];
};

static int
flags(const struct socki_socket *s)
{
	return s->blocking ? MSG_DONTWAIT : 0;
}

static bool
is_near(const struct sock_addr *addr)
{
	const enum sock_scope scope = sock_addr_scope(addr);

	return scope == SOCK_SCOPE_LINK || scope == SOCK_SCOPE_MULTICAST;
}

static void
put_control(struct msghdr *h, union control *c, int type, const void *info,
    size_t n)
{
	memset(c, 0, sizeof *c);
	c->header.cmsg_level = type == IPV6_PKTINFO ? IPPROTO_IPV6 : IPPROTO_IP;
	c->header.cmsg_type = type;
	/* POSIX and musl say socklen_t, glibc size_t. */
	c->header.cmsg_len = (socklen_t)CMSG_LEN(n);
	memcpy(CMSG_DATA(&c->header), info, n);
	h->msg_control = c;
	h->msg_controllen = (socklen_t)CMSG_SPACE(n);
}

/*
 * From where.  The interface is fixed only where the address does not say it:
 * elsewhere the way back may be another one.
 */
static void
put_source(struct msghdr *h, union control *c, const struct sock_addr *peer,
    const struct sock_message *m)
{
	const int family = peer->u.sa.sa_family;
	const unsigned index =
	    is_near(peer) || is_near(&m->local) ? m->ifindex : 0;
	const bool known = m->local.scheme != SOCK_SCHEME_NONE &&
	    m->local.u.sa.sa_family == family &&
	    sock_addr_scope(&m->local) != SOCK_SCOPE_MULTICAST;
	struct in_pktinfo v4 = { .ipi_ifindex = (int)index };
	struct in6_pktinfo v6 = { .ipi6_ifindex = index };

	if (!known && index == 0)
		return;
	if (family == AF_INET) {
		if (known)
			v4.ipi_spec_dst = m->local.u.in.sin_addr;
		put_control(h, c, IP_PKTINFO, &v4, sizeof v4);
	} else if (family == AF_INET6) {
		if (known)
			v6.ipi6_addr = m->local.u.in6.sin6_addr;
		put_control(h, c, IPV6_PKTINFO, &v6, sizeof v6);
	}
}

/* Where a message goes: NULL: to whom the handle is for. */
static const struct sock_addr *
peer_of(const struct socki_socket *s, const struct sock_message *m)
{
	return m->peer.scheme == SOCK_SCHEME_NONE ||
		s->scheme == SOCK_SCHEME_UNIXPACKET ?
	    NULL :
	    &m->peer;
}

/* n bytes at data to whom m came from, or is for. */
static void
put_message(const struct socki_socket *s, struct batch *b, unsigned i,
    const struct sock_message *m, const void *data, size_t n)
{
	const struct sock_addr *peer = peer_of(s, m);
	struct msghdr *h = &b->header[i].msg_hdr;

	b->piece[i] = (struct iovec){ (void *)(uintptr_t)data, n };
	*h = (struct msghdr){ .msg_iov = &b->piece[i], .msg_iovlen = 1 };
	if (peer != NULL) {
		h->msg_name = (void *)(uintptr_t)&peer->u;
		h->msg_namelen = peer->length;
	}
	if (s->scheme == SOCK_SCHEME_UDP)
		put_source(h, &b->control[i], peer != NULL ? peer : &s->addr,
		    m);
}

/* 0, or why a message cannot go; last: it is told now, and forgotten. */
static int
check(struct socki_socket *s, const struct sock_message *m, bool last)
{
	const struct sock_addr *peer = peer_of(s, m);
	const int rc = last ? socki_message_take_late(s) : 0;

	if (rc < 0)
		return rc;
	if (peer == NULL)
		return s->passive ? -EDESTADDRREQ : 0;
	if (peer->u.sa.sa_family == AF_UNIX && !socki_addr_has_name(peer))
		return -EDESTADDRREQ;
	return socki_message_noted(s, peer, last);
}

/* Without waiting: how many of at most n, or why none. */
static int
send_batch(struct socki_socket *s, const struct sock_message *messages,
    unsigned n)
{
	struct batch b;
	unsigned i;
	int rc;

	for (i = 0; i < n; i++)
		put_message(s, &b, i, &messages[i], messages[i].data,
		    messages[i].length);
	rc = socki_sys_sendmmsg(s->watch.fd, b.header, n, flags(s));
	return rc;
}

static int
send_many(struct socki_socket *s, const struct sock_message *messages,
    int count, sock_time deadline)
{
	struct socki_message_try t = { .want = SOCKI_WRITE };
	int sent = 0, rc = 0;
	unsigned n;

	while (sent < count && rc == 0) {
		/* One that cannot go ends the batch before it. */
		for (n = 0; (int)n < count - sent && n < BATCH && rc == 0; n++)
			rc = check(s, &messages[sent + (int)n], sent + n == 0);
		n -= rc < 0;
		if (n == 0)
			break;
		t.elsewhere = peer_of(s, &messages[sent]) != NULL;
		socki_message_look(s, &t);
		rc = send_batch(s, &messages[sent], n);
		if (rc > 0) {
			sent += rc;
			rc = 0;
			t = (struct socki_message_try){ .want = SOCKI_WRITE };
		} else {
			rc = socki_message_again(s, &t, rc, deadline);
		}
	}
	/* All others are told again by who sends again. */
	if (sent > 0 && rc == -ECONNREFUSED)
		socki_message_put_off(s, rc);
	return sent > 0 ? sent : rc;
}

int
sock_send_many(sock_t handle, const struct sock_message *messages, int count,
    sock_time deadline)
{
	struct socki_why why = { .text = "" };
	const struct sock_addr *peer = NULL;
	struct socki_socket *s;
	int rc = socki_message_begin(handle, &s, "send");

	if (rc < 0)
		return rc;
	if (count < 0)
		rc = SOCK_EUSAGE;
	else if (count > 0)
		rc = send_many(s, messages, count,
		    socki_write_deadline(s, deadline));
	if (rc < 0 && count > 0) {
		peer = peer_of(s, messages);
		socki_message_explain(s, rc, messages->length, peer, &why);
	}
	return (int)socki_message_end(s, rc, "send", peer, &why);
}

static int
reply(struct socki_socket *s, const struct sock_message *to, const void *buf,
    size_t n)
{
	struct socki_message_try t = { .want = SOCKI_WRITE };
	struct batch b;
	int rc;

	put_message(s, &b, 0, to, buf, n);
	while ((rc = check(s, to, true)) == 0) {
		rc = socki_sys_sendmmsg(s->watch.fd, b.header, 1, flags(s));
		if (rc > 0)
			return 0;
		rc = socki_message_again(s, &t, rc, SOCK_NOWAIT);
		if (rc < 0)
			break;
	}
	return rc;
}

int
sock_reply(sock_t handle, const struct sock_message *to, const void *buf,
    size_t n)
{
	struct socki_why why = { .text = "" };
	struct socki_socket *s;
	int rc = socki_message_begin(handle, &s, "reply");

	if (rc < 0)
		return rc;
	rc = reply(s, to, buf, n);
	socki_message_explain(s, rc, n, peer_of(s, to), &why);
	return (int)socki_message_end(s, rc, "reply", peer_of(s, to), &why);
}
