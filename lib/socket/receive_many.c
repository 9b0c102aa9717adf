/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <netinet/in.h>
#include <sock/message.h>
#include <string.h>

#include "addr/addr.h"
#include "socket/message.h"
#include "sys/sys.h"

/* Messages that one system call moves: what its frame has room for. */
#define BATCH 8

/* What the kernel tells of a message beside its bytes: ip(7), ipv6(7). */
union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(struct timespec)) +
	    2 * CMSG_SPACE(sizeof(struct in6_pktinfo)) +
	    4 * CMSG_SPACE(sizeof(int))];
};

/* One call's messages. */
struct batch {
	struct mmsghdr header[BATCH];
	struct iovec piece[BATCH];
	union control control[BATCH];
	struct sockaddr_storage name[BATCH];
};

static unsigned
batch_size(const struct socki_socket *s, int count)
{
	/* At its end each of a batch would be a message of no bytes. */
	if (s->scheme == SOCK_SCHEME_UNIXPACKET)
		return 1;
	return count < BATCH ? (unsigned)count : BATCH;
}

/*
 * At the first call; who only calls sock_receive() does not pay for it.  What
 * an old kernel lacks stays 0.
 */
static void
ask_for_all(struct socki_socket *s)
{
	static const struct {
		int level, name;
	} options[] = {
		{ SOL_SOCKET, SO_TIMESTAMPNS },
		{ IPPROTO_IP, IP_PKTINFO },
		{ IPPROTO_IP, IP_RECVTTL },
		{ IPPROTO_IP, IP_RECVTOS },
		{ IPPROTO_IPV6, IPV6_RECVPKTINFO },
		{ IPPROTO_IPV6, IPV6_RECVHOPLIMIT },
		{ IPPROTO_IPV6, IPV6_RECVTCLASS },
	};
	struct sockaddr_storage sa;
	socklen_t len = sizeof sa;
	struct sock_addr own;
	size_t i;

	if (s->scheme != SOCK_SCHEME_UDP || atomic_load(&s->tells))
		return;
	for (i = 0; i < sizeof options / sizeof options[0]; i++)
		(void)socki_sys_setsockopt_int(s->watch.fd, options[i].level,
		    options[i].name, 1);
	if (socki_sys_getsockname(s->watch.fd, (struct sockaddr *)&sa, &len) ==
		0 &&
	    socki_addr_from_sockaddr(&own, s->scheme, (struct sockaddr *)&sa,
		len) == 0)
		atomic_store(&s->port, (uint16_t)sock_addr_port(&own));
	atomic_store(&s->tells, true);
}

static void
set_local4(struct sock_message *m, const struct in_pktinfo *info,
    const struct socki_socket *s)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons(s->port) };

	/* Asked by a broadcast, it is the interface's own that answers. */
	in.sin_addr = IN_MULTICAST(ntohl(info->ipi_addr.s_addr)) ?
	    info->ipi_addr :
	    info->ipi_spec_dst;
	(void)socki_addr_from_sockaddr(&m->local, s->scheme,
	    (struct sockaddr *)&in, sizeof in);
	m->ifindex = (uint32_t)info->ipi_ifindex;
}

static void
set_local6(struct sock_message *m, const struct in6_pktinfo *info,
    const struct socki_socket *s)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
		.sin6_port = htons(s->port),
		.sin6_addr = info->ipi6_addr,
		.sin6_scope_id = info->ipi6_ifindex };

	/* Of IPv4 the other one tells, and tells more. */
	if (IN6_IS_ADDR_V4MAPPED(&info->ipi6_addr))
		return;
	(void)socki_addr_from_sockaddr(&m->local, s->scheme,
	    (struct sockaddr *)&in6, sizeof in6);
	m->ifindex = info->ipi6_ifindex;
}

static void
read_ip(struct sock_message *m, const struct cmsghdr *c,
    const struct socki_socket *s)
{
	union {
		struct in_pktinfo v4;
		struct in6_pktinfo v6;
		int number;
	} word = { .number = 0 };
	const size_t n = c->cmsg_len - CMSG_LEN(0);
	const bool v6 = c->cmsg_level == IPPROTO_IPV6;

	memcpy(&word, CMSG_DATA(c), n < sizeof word ? n : sizeof word);
	if (!v6 && c->cmsg_type == IP_PKTINFO)
		set_local4(m, &word.v4, s);
	else if (v6 && c->cmsg_type == IPV6_PKTINFO)
		set_local6(m, &word.v6, s);
	else if (c->cmsg_type == (v6 ? IPV6_HOPLIMIT : IP_TTL))
		m->ttl = (uint8_t)word.number;
	else if (v6 && c->cmsg_type == IPV6_TCLASS)
		m->tos = (uint8_t)word.number;
	else if (!v6 && c->cmsg_type == IP_TOS) /* one byte, ip(7) */
		memcpy(&m->tos, CMSG_DATA(c), 1);
}

static void
read_control(struct sock_message *m, struct msghdr *h,
    const struct socki_socket *s)
{
	struct cmsghdr *c;
	struct timespec ts;

	for (c = CMSG_FIRSTHDR(h); c != NULL; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level == IPPROTO_IP ||
		    c->cmsg_level == IPPROTO_IPV6)
			read_ip(m, c, s);
		if (c->cmsg_level != SOL_SOCKET ||
		    c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&ts, CMSG_DATA(c), sizeof ts);
		m->received_ns = (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
	}
}

static void
read_message(struct sock_message *m, struct mmsghdr *h,
    const struct socki_socket *s)
{
	struct msghdr *msg = &h->msg_hdr;

	*m = (struct sock_message){ .data = m->data, .capacity = m->capacity };
	m->length = h->msg_len;
	m->truncated = m->length > m->capacity;
	if (s->scheme == SOCK_SCHEME_UNIXPACKET)
		m->peer = s->addr;
	else
		(void)socki_addr_from_sockaddr(&m->peer, s->scheme,
		    msg->msg_name, msg->msg_namelen);
	read_control(m, msg, s);
}

/* Those that are there, at most n: how many, or -EAGAIN, or an error. */
static int
receive_batch(struct socki_socket *s, struct sock_message *messages, unsigned n)
{
	struct batch b;
	unsigned i;
	int rc;

	for (i = 0; i < n; i++) {
		b.piece[i] =
		    (struct iovec){ messages[i].data, messages[i].capacity };
		b.header[i].msg_hdr = (struct msghdr){ .msg_iov = &b.piece[i],
			.msg_iovlen = 1,
			.msg_name = &b.name[i],
			.msg_namelen = sizeof b.name[i] };
		/* Elsewhere descriptors would come in it. */
		if (s->scheme == SOCK_SCHEME_UDP) {
			b.header[i].msg_hdr.msg_control = &b.control[i];
			b.header[i].msg_hdr.msg_controllen =
			    sizeof b.control[i];
		}
	}
	rc = socki_sys_recvmmsg(s->watch.fd, b.header, n,
	    MSG_TRUNC | MSG_DONTWAIT);
	for (i = 0; (int)i < rc; i++)
		read_message(&messages[i], &b.header[i], s);
	return rc;
}

static int
receive_many(struct socki_socket *s, struct sock_message *messages, int count,
    sock_time deadline)
{
	struct socki_message_try t = { .want = SOCKI_READ };
	unsigned n;
	int got = 0, rc = socki_message_take_late(s);

	ask_for_all(s);
	while (rc >= 0) {
		n = batch_size(s, count - got);
		socki_message_look(s, &t);
		rc = receive_batch(s, messages + got, n);
		/* Of packets a call has one. */
		if (rc == 1 && messages[got].length == 0 &&
		    socki_message_ends(s) == -ECONNRESET)
			return -ECONNRESET;
		if (rc > 0)
			got += rc;
		if (rc == (int)n && n == BATCH && got < count)
			continue;
		if (got > 0) {
			socki_message_put_off(s, rc);
			return got;
		}
		rc = socki_message_again(s, &t, rc, deadline);
	}
	return rc;
}

int
sock_receive_many(sock_t handle, struct sock_message *messages, int count,
    sock_time deadline)
{
	struct socki_socket *s;
	int rc = socki_message_begin(handle, &s, "receive");

	if (rc < 0)
		return rc;
	if (count < 0)
		rc = SOCK_EUSAGE;
	else if (count > 0)
		rc = receive_many(s, messages, count,
		    socki_read_deadline(s, deadline));
	return (int)socki_message_end(s, rc, "receive", NULL, NULL);
}
