/* SPDX-License-Identifier: MIT */
#include "table/netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>

#include "sys/sys.h"

#define BODY_MAX 256 /* a request and its filter have about 130 */

/* The head's size says whether it is a message or an attribute. */
static int
take(struct socki_pieces *from, size_t length, size_t head)
{
	size_t step = (length + 3) & ~(size_t)3;

	if (length < head || length > from->left)
		return -EBADMSG;
	if (step > from->left) /* the last one need not be padded */
		step = from->left;
	from->at += step;
	from->left -= step;
	return 1;
}

int
socki_pieces_message(struct socki_pieces *from, struct socki_message *out)
{
	const unsigned char *begin = from->at;
	struct nlmsghdr head;

	if (from->left == 0)
		return 0;
	if (from->left < sizeof head)
		return -EBADMSG;
	memcpy(&head, begin, sizeof head);
	*out = (struct socki_message){ .type = head.nlmsg_type,
		.flags = head.nlmsg_flags,
		.sequence = head.nlmsg_seq,
		.body = begin + sizeof head,
		.n = head.nlmsg_len - sizeof head };
	return take(from, head.nlmsg_len, sizeof head);
}

int
socki_pieces_attribute(struct socki_pieces *from, struct socki_attribute *out)
{
	const unsigned char *begin = from->at;
	struct nlattr head;

	if (from->left == 0)
		return 0;
	if (from->left < sizeof head)
		return -EBADMSG;
	memcpy(&head, begin, sizeof head);
	*out = (struct socki_attribute){ .type = head.nla_type & NLA_TYPE_MASK,
		.body = begin + sizeof head,
		.n = head.nla_len - sizeof head };
	return take(from, head.nla_len, sizeof head);
}

int
socki_netlink_open(struct socki_netlink *netlink)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	int rc;

	netlink->fd = socki_sys_socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
	if (netlink->fd < 0)
		return netlink->fd;
	rc = socki_sys_connect(netlink->fd, (const struct sockaddr *)&kernel,
	    sizeof kernel);
	if (rc < 0)
		socki_netlink_close(netlink);
	return rc;
}

void
socki_netlink_close(struct socki_netlink *netlink)
{
	if (netlink->fd >= 0)
		socki_sys_close(netlink->fd);
	netlink->fd = -1;
}

/* The kernel fills the next piece inside recv(2): there is no waiting. */
static int
receive(struct socki_netlink *netlink)
{
	const ssize_t n = socki_sys_recv(netlink->fd, netlink->room,
	    sizeof netlink->room, MSG_TRUNC);

	netlink->left = (struct socki_pieces){ netlink->room, 0 };
	if (n < 0)
		return (int)n;
	if (n == 0 || (size_t)n > sizeof netlink->room)
		return -EBADMSG;
	netlink->left.left = (size_t)n;
	return 0;
}

/* The code in NLMSG_ERROR and NLMSG_DONE. */
static int
code_of(const struct socki_message *m)
{
	int32_t code = 0;

	if (m->n >= sizeof code)
		memcpy(&code, m->body, sizeof code);
	return code < 0 && code >= -4095 ? (int)code : 0;
}

/* 1: a row; 0: nothing to see; else the dump is over. */
static int
sort_out(struct socki_netlink *netlink, const struct socki_message *m)
{
	if (m->sequence != netlink->sequence)
		return 0;
	if (m->flags & NLM_F_DUMP_INTR)
		netlink->interrupted = true;
	switch (m->type) {
	case NLMSG_NOOP:
		return 0;
	case NLMSG_OVERRUN:
		return -ENOBUFS;
	case NLMSG_ERROR:
	case NLMSG_DONE:
		netlink->over = true;
		return code_of(m);
	default:
		return 1;
	}
}

int
socki_netlink_next(struct socki_netlink *netlink, struct socki_message *out)
{
	int rc = 0;

	while (rc == 0 && !netlink->over) {
		rc = socki_pieces_message(&netlink->left, out);
		if (rc == 0)
			rc = receive(netlink);
		else if (rc > 0)
			rc = sort_out(netlink, out);
	}
	netlink->over |= rc < 0;
	return rc;
}

/* A refusal comes alone and at once. */
static int
refused(struct socki_netlink *netlink)
{
	struct socki_pieces look = netlink->left;
	struct socki_message first;

	if (socki_pieces_message(&look, &first) <= 0 ||
	    first.sequence != netlink->sequence ||
	    (first.type != NLMSG_ERROR && first.type != NLMSG_DONE))
		return 0;
	return code_of(&first);
}

int
socki_netlink_ask(struct socki_netlink *netlink, uint16_t type,
    const void *body, size_t n)
{
	struct {
		struct nlmsghdr head;
		unsigned char body[BODY_MAX];
	} request = { .head = { .nlmsg_len = (uint32_t)(NLMSG_HDRLEN + n),
			  .nlmsg_type = type,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			  .nlmsg_seq = ++netlink->sequence } };
	ssize_t rc;

	if (n > sizeof request.body)
		return -EMSGSIZE;
	memcpy(request.body, body, n);
	netlink->over = false;
	netlink->interrupted = false;
	rc = socki_sys_send(netlink->fd, &request, NLMSG_HDRLEN + n, 0);
	if (rc < 0)
		return (int)rc;
	rc = receive(netlink);
	return rc < 0 ? (int)rc : refused(netlink);
}
