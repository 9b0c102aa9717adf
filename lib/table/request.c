/* SPDX-License-Identifier: MIT */
#include "table/request.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <sock/table.h>
#include <string.h>

#define ALL_STATES UINT32_MAX
/* Of TCP, bound and no more (TCP_BOUND_INACTIVE of newer kernels). */
#define TCP_BOUND (UINT32_C(1) << 13)

/*
 * A filter is a program (INET_DIAG_REQ_BYTECODE): an instruction says how many
 * bytes to go on if it holds and if it does not.  Arriving at the end accepts
 * a socket, going four bytes too far refuses it.
 */
#define PORT_TEST (2 * sizeof(struct inet_diag_bc_op)) /* with its port */
#define RANGE_TEST (2 * PORT_TEST)
#define JUMP sizeof(struct inet_diag_bc_op)

struct program {
	unsigned char *at;
	size_t left; /* to the end, which is known beforehand */
};

static void
put_op(struct program *p, int code, size_t yes, size_t no)
{
	const struct inet_diag_bc_op op = { .code = (unsigned char)code,
		.yes = (unsigned char)yes,
		.no = (unsigned short)no };

	memcpy(p->at, &op, sizeof op);
	p->at += sizeof op;
	p->left -= sizeof op;
}

/* Goes on behind it, or to where the other test is, or refuses. */
static void
put_port(struct program *p, int at_least, int at_most, int port, size_t other)
{
	const size_t end = p->left;

	put_op(p, at_least, PORT_TEST, other > 0 ? other : end + JUMP);
	put_op(p, INET_DIAG_BC_NOP, 0, (size_t)port);
	put_op(p, at_most, PORT_TEST,
	    other > 0 ? other - PORT_TEST : p->left + JUMP);
	put_op(p, INET_DIAG_BC_NOP, 0, (size_t)port);
}

static size_t
program_size(const struct sock_table_options *o)
{
	return (o->local_port > 0 ? RANGE_TEST : 0) +
	    (o->peer_port > 0 ? RANGE_TEST : 0) +
	    (o->port > 0 ? 2 * RANGE_TEST + JUMP : 0);
}

static void
add_filter(struct socki_request *r, const struct sock_table_options *o)
{
	const size_t size = program_size(o);
	const struct nlattr head = { .nla_len =
					 (unsigned short)(sizeof head + size),
		.nla_type = INET_DIAG_REQ_BYTECODE };
	struct program p = { r->body + r->n + sizeof head, size };

	if (size == 0)
		return;
	memcpy(r->body + r->n, &head, sizeof head);
	r->n += head.nla_len;
	if (o->local_port > 0)
		put_port(&p, INET_DIAG_BC_S_GE, INET_DIAG_BC_S_LE,
		    o->local_port, 0);
	if (o->peer_port > 0)
		put_port(&p, INET_DIAG_BC_D_GE, INET_DIAG_BC_D_LE, o->peer_port,
		    0);
	if (o->port > 0) {
		put_port(&p, INET_DIAG_BC_S_GE, INET_DIAG_BC_S_LE, o->port,
		    RANGE_TEST + JUMP);
		put_op(&p, INET_DIAG_BC_JMP, JUMP, p.left);
		put_port(&p, INET_DIAG_BC_D_GE, INET_DIAG_BC_D_LE, o->port, 0);
	}
}

static void
put_body(struct socki_request *r, uint16_t type, const void *body, size_t n)
{
	r->type = type;
	r->n = n;
	memcpy(r->body, body, n);
}

/* What else is asked for may cost the kernel a walk of all connections. */
static uint32_t
states_of(const struct sock_table_options *o, int protocol)
{
	uint32_t states = o->states;

	if (states == 0)
		return ALL_STATES;
	if (protocol == IPPROTO_TCP && (states & SOCK_TABLE_UNCONNECTED) != 0)
		states += TCP_BOUND - SOCK_TABLE_UNCONNECTED;
	return states;
}

static void
fill_tcp(struct socki_request *r, const struct sock_table_options *o)
{
	const struct inet_diag_req body = { .idiag_states =
						states_of(o, IPPROTO_TCP) };

	put_body(r, TCPDIAG_GETSOCK, &body, sizeof body);
	add_filter(r, o);
}

static void
fill_inet(struct socki_request *r, int family, int protocol,
    const struct sock_table_options *o)
{
	const struct inet_diag_req_v2 body = { .sdiag_family =
						   (unsigned char)family,
		.sdiag_protocol = (unsigned char)protocol,
		.idiag_states = states_of(o, protocol) };

	put_body(r, SOCK_DIAG_BY_FAMILY, &body, sizeof body);
	add_filter(r, o);
}

/* The name of a peer is in the peer's row, so states are sorted out later. */
static void
fill_unix(struct socki_request *r)
{
	const struct unix_diag_req body = { .sdiag_family = AF_UNIX,
		.udiag_states = ALL_STATES,
		.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER |
		    UDIAG_SHOW_RQLEN | UDIAG_SHOW_UID };

	put_body(r, SOCK_DIAG_BY_FAMILY, &body, sizeof body);
}

void
socki_request_fill(struct socki_request *r, enum socki_request_kind kind,
    const struct sock_table_options *o)
{
	switch (kind) {
	case SOCKI_REQUEST_TCP:
		fill_tcp(r, o);
		break;
	case SOCKI_REQUEST_TCP4:
	case SOCKI_REQUEST_TCP6:
		fill_inet(r, kind == SOCKI_REQUEST_TCP4 ? AF_INET : AF_INET6,
		    IPPROTO_TCP, o);
		break;
	case SOCKI_REQUEST_UDP4:
	case SOCKI_REQUEST_UDP6:
		fill_inet(r, kind == SOCKI_REQUEST_UDP4 ? AF_INET : AF_INET6,
		    IPPROTO_UDP, o);
		break;
	default:
		fill_unix(r);
	}
}
