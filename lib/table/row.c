/* SPDX-License-Identifier: MIT */
#include "table/row.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "addr/addr.h"
#include "addr/ip.h"
#include "table/netlink.h"

/* The kernel's include/net/tcp_states.h; UNIX sockets have a few of them. */
static const char states[][12] = { "", "ESTABLISHED", "SYN-SENT", "SYN-RECV",
	"FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "UNCONNECTED", "CLOSE-WAIT",
	"LAST-ACK", "LISTEN", "CLOSING", "SYN-RECV", "UNCONNECTED" };
static const unsigned char plain_states[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
	11, 3, 7 };

static void
set_state(struct socki_found *f, unsigned state)
{
	if (state >= sizeof plain_states)
		state = 0;
	f->row.state = states[state];
	f->state = 1u << plain_states[state];
}

static uint64_t
cookie_of(const uint32_t halves[2])
{
	return (uint64_t)halves[1] << 32 | halves[0];
}

static void
set_address(struct sock_addr *out, int scheme, const struct inet_diag_msg *m,
    const uint32_t words[4], uint16_t port)
{
	struct socki_ip ip = { .size = m->idiag_family == AF_INET ? 4 : 16 };

	memcpy(ip.byte, words, ip.size);
	if (ip.size == 16 && socki_ip_takes_zone(&ip))
		ip.zone = m->id.idiag_if;
	socki_addr_from_ip(out, scheme, &ip, ntohs(port));
}

/* The first four words of an IPv4 address are one, and zeros. */
static bool
has_peer(const struct inet_diag_msg *m)
{
	static const uint32_t none[4];

	return m->id.idiag_dport != 0 ||
	    memcmp(m->id.idiag_dst, none, sizeof none) != 0;
}

/* Whether an IPv6 socket on all addresses takes IPv4 too. */
static bool
takes_both(struct socki_pieces attributes)
{
	struct socki_attribute a;

	while (socki_pieces_attribute(&attributes, &a) > 0)
		if (a.type == INET_DIAG_SKV6ONLY && a.n > 0)
			return a.body[0] == 0;
	return false;
}

int
socki_row_inet(struct socki_found *out, int scheme, const unsigned char *body,
    size_t n)
{
	struct sock_row *row = &out->row;
	struct inet_diag_msg m;

	if (n < sizeof m)
		return -EBADMSG;
	memcpy(&m, body, sizeof m);
	if (m.idiag_family != AF_INET && m.idiag_family != AF_INET6)
		return -EBADMSG;
	row->transport = socki_addr_scheme_name(scheme);
	set_state(out, m.idiag_state);
	out->cookie = cookie_of(m.id.idiag_cookie);
	out->peer_inode = 0;
	set_address(&row->local, scheme, &m, m.id.idiag_src, m.id.idiag_sport);
	if (has_peer(&m))
		set_address(&row->peer, scheme, &m, m.id.idiag_dst,
		    m.id.idiag_dport);
	else
		memset(&row->peer, 0, sizeof row->peer);
	if (row->local.u.sa.sa_family == AF_INET6 &&
	    socki_addr_is_any(&row->local))
		row->local.both = takes_both((struct socki_pieces){
		    body + sizeof m, n - sizeof m });
	row->uid = m.idiag_uid;
	row->inode = m.idiag_inode;
	row->receive_queue = m.idiag_rqueue;
	row->send_queue = m.idiag_wqueue;
	return 0;
}

static int
unix_scheme(int type)
{
	switch (type) {
	case SOCK_STREAM:
		return SOCK_SCHEME_UNIX;
	case SOCK_SEQPACKET:
		return SOCK_SCHEME_UNIXPACKET;
	default:
		return SOCK_SCHEME_UNIXGRAM;
	}
}

static void
set_name(struct sock_addr *out, const struct socki_attribute *name, int scheme)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	const size_t n =
	    name->n < sizeof un.sun_path ? name->n : sizeof un.sun_path;

	if (n > 0)
		memcpy(un.sun_path, name->body, n);
	(void)socki_addr_from_sockaddr(out, scheme, (struct sockaddr *)&un,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
}

static void
set_detail(struct socki_found *f, const struct socki_attribute *a, int scheme)
{
	struct unix_diag_rqlen queues;
	uint32_t number;

	if (a->type == UNIX_DIAG_NAME) {
		set_name(&f->row.local, a, scheme);
	} else if (a->type == UNIX_DIAG_RQLEN && a->n >= sizeof queues) {
		memcpy(&queues, a->body, sizeof queues);
		f->row.receive_queue = queues.udiag_rqueue;
		f->row.send_queue = queues.udiag_wqueue;
	} else if (a->n >= sizeof number) {
		memcpy(&number, a->body, sizeof number);
		if (a->type == UNIX_DIAG_PEER)
			f->peer_inode = number;
		else if (a->type == UNIX_DIAG_UID)
			f->row.uid = number;
	}
}

int
socki_row_unix(struct socki_found *out, const unsigned char *body, size_t n)
{
	const struct socki_attribute no_name = { .n = 0 };
	struct socki_pieces rest;
	struct socki_attribute a;
	struct unix_diag_msg m;
	int rc, scheme;

	if (n < sizeof m)
		return -EBADMSG;
	memcpy(&m, body, sizeof m);
	if (m.udiag_family != AF_UNIX)
		return -EBADMSG;
	scheme = unix_scheme(m.udiag_type);
	*out = (struct socki_found){ .cookie = cookie_of(m.udiag_cookie),
		.row = { .transport = socki_addr_scheme_name(scheme),
		    .inode = m.udiag_ino } };
	set_state(out, m.udiag_state);
	set_name(&out->row.local, &no_name, scheme);
	rest = (struct socki_pieces){ body + sizeof m, n - sizeof m };
	while ((rc = socki_pieces_attribute(&rest, &a)) > 0)
		set_detail(out, &a, scheme);
	if (out->peer_inode != 0)
		set_name(&out->row.peer, &no_name, scheme);
	return rc;
}
