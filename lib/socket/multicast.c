/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <netinet/in.h>
#include <sock/message.h>
#include <string.h>

#include "addr/addr.h"
#include "addr/ip.h"
#include "addr/zone.h"
#include "socket/message.h"
#include "sys/sys.h"

#ifndef IPV6_MULTICAST_ALL
#define IPV6_MULTICAST_ALL 29 /* Linux 4.20 */
#endif

struct membership {
	struct socki_ip group, source; /* a source of no size: any */
	struct socki_ip address;       /* of the interface, or of no size */
	uint32_t index;                /* of the interface; 0: the route's */
};

static int
slipped(struct socki_why *why, int rc, const struct socki_ip_slip *slip,
    const char *what)
{
	return socki_why(why, rc, "the %s: %s (byte %zu)", what, slip->what,
	    slip->at);
}

static void
put_ip(struct sockaddr_storage *out, const struct socki_ip *ip)
{
	struct sock_addr addr;

	socki_addr_from_ip(&addr, SOCK_SCHEME_UDP, ip, 0);
	memset(out, 0, sizeof *out);
	memcpy(out, &addr.u, addr.length);
}

static bool
is_multicast(const struct socki_ip *ip)
{
	return ip->size == 4 ? (ip->byte[0] & 0xf0) == 0xe0 :
			       ip->byte[0] == 0xff;
}

/* "GROUP" or "GROUP@SOURCE" */
static int
read_group(struct membership *m, const char *text, struct socki_why *why)
{
	const char *at = strchr(text, '@');
	const size_t n = at != NULL ? (size_t)(at - text) : strlen(text);
	struct socki_ip_slip slip;
	int rc = socki_ip_parse(&m->group, text, n, &slip);

	if (rc < 0)
		return slipped(why, rc, &slip, "group");
	if (!is_multicast(&m->group))
		return socki_why(why, SOCK_EADDR,
		    "that is no multicast address");
	m->index = m->group.zone;
	if (at == NULL)
		return 0;
	rc = socki_ip_parse(&m->source, at + 1, strlen(at + 1), &slip);
	if (rc < 0)
		return slipped(why, rc, &slip, "source");
	if (m->source.size != m->group.size || is_multicast(&m->source))
		return socki_why(why, SOCK_EADDR,
		    "that is no source for such a group");
	return 0;
}

static int
read_interface(struct membership *m, const char *text, struct socki_why *why)
{
	struct socki_ip_slip slip;
	int rc;

	if (text == NULL)
		return 0;
	if (m->group.size == 4 &&
	    socki_ip_parse4(&m->address, text, strlen(text), &slip) == 0)
		return 0;
	m->address.size = 0;
	rc = socki_zone_parse(&m->index, text, strlen(text), &slip);
	return rc < 0 ? slipped(why, rc, &slip, "interface") : 0;
}

/* The calls that take an interface by its address know IPv4 alone: ip(7). */
static int
change_by_address(int fd, const struct membership *m, bool join)
{
	struct ip_mreq_source one = { .imr_interface = { 0 } };
	struct ip_mreq any = { .imr_interface = { 0 } };

	if (m->source.size == 0) {
		memcpy(&any.imr_multiaddr, m->group.byte, 4);
		memcpy(&any.imr_interface, m->address.byte, 4);
		return socki_sys_setsockopt(fd, IPPROTO_IP,
		    join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &any,
		    sizeof any);
	}
	memcpy(&one.imr_multiaddr, m->group.byte, 4);
	memcpy(&one.imr_interface, m->address.byte, 4);
	memcpy(&one.imr_sourceaddr, m->source.byte, 4);
	return socki_sys_setsockopt(fd, IPPROTO_IP,
	    join ? IP_ADD_SOURCE_MEMBERSHIP : IP_DROP_SOURCE_MEMBERSHIP, &one,
	    sizeof one);
}

static int
change_by_index(int fd, const struct membership *m, bool join)
{
	const int level = m->group.size == 4 ? IPPROTO_IP : IPPROTO_IPV6;
	struct group_req any = { .gr_interface = m->index };
	struct group_source_req one = { .gsr_interface = m->index };

	if (m->source.size == 0) {
		put_ip(&any.gr_group, &m->group);
		return socki_sys_setsockopt(fd, level,
		    join ? MCAST_JOIN_GROUP : MCAST_LEAVE_GROUP, &any,
		    sizeof any);
	}
	put_ip(&one.gsr_group, &m->group);
	put_ip(&one.gsr_source, &m->source);
	return socki_sys_setsockopt(fd, level,
	    join ? MCAST_JOIN_SOURCE_GROUP : MCAST_LEAVE_SOURCE_GROUP, &one,
	    sizeof one);
}

/* What other programs on this host joined is not for us: ip(7). */
static void
take_own_alone(int fd, bool v4)
{
	(void)socki_sys_setsockopt_int(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6,
	    v4 ? IP_MULTICAST_ALL : IPV6_MULTICAST_ALL, 0);
}

static int
change(struct socki_socket *s, const char *group, const char *interface,
    bool join, struct socki_why *why)
{
	struct membership m = { .index = 0 };
	int rc;

	if (s->scheme != SOCK_SCHEME_UDP)
		return socki_why(why, SOCK_EUSAGE, "groups are for udp");
	if (group == NULL)
		return socki_why(why, SOCK_EUSAGE, "there is no group");
	rc = read_group(&m, group, why);
	if (rc == 0)
		rc = read_interface(&m, interface, why);
	if (rc < 0)
		return rc;
	if (join)
		take_own_alone(s->watch.fd, m.group.size == 4);
	rc = m.address.size != 0 ? change_by_address(s->watch.fd, &m, join) :
				   change_by_index(s->watch.fd, &m, join);
	if (rc == -ENOBUFS && join)
		(void)socki_why(why, rc,
		    "net.ipv4.igmp_max_memberships or "
		    "net.ipv4.igmp_max_msf of this system is reached");
	return rc;
}

static int
join_or_leave(sock_t handle, const char *group, const char *interface,
    bool join)
{
	const char *op = join ? "join" : "leave";
	struct socki_why why = { .text = "" };
	struct socki_socket *s;
	int rc = socki_message_begin(handle, &s, op);

	if (rc < 0)
		return rc;
	rc = change(s, group, interface, join, &why);
	if (rc < 0)
		(void)socki_error(rc, op, group, &why);
	socki_socket_unpin(s);
	return rc;
}

int
sock_join(sock_t handle, const char *group, const char *interface)
{
	return join_or_leave(handle, group, interface, true);
}

int
sock_leave(sock_t handle, const char *group, const char *interface)
{
	return join_or_leave(handle, group, interface, false);
}
