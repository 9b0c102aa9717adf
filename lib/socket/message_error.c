/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include <linux/errqueue.h> /* wants a timespec */

#include "addr/addr.h"
#include "base/memory.h"
#include "socket/message.h"
#include "sys/sys.h"

/* Errors that one call takes, so that a flood of them keeps nobody. */
#define TAKEN_MAX 16
/* Peers whose errors are kept until somebody sends there; the oldest goes. */
#define NOTES_MAX 8

/* A datagram's length is 16 bits, of which UDP takes 8 bytes and IPv4 20. */
#define UDP4_MAX ((size_t)65507)
#define UDP6_MAX ((size_t)65527)
#define HEADERS4 ((size_t)28)
#define HEADERS6 ((size_t)48)
/* What unix_dgram_sendmsg() of the kernel keeps of SO_SNDBUF for itself. */
#define UNIX_KEEPS 32

struct socki_notes {
	unsigned count;
	struct note {
		struct sock_addr peer;
		int code;
	} note[NOTES_MAX];
};

static int
turn_on(int fd, int level, int name)
{
	return socki_sys_setsockopt_int(fd, level, name, 1);
}

int
socki_message_prepare(int fd, int family)
{
	int rc = turn_on(fd, IPPROTO_IP, IP_PKTINFO);

	if (rc == 0)
		rc = turn_on(fd, IPPROTO_IP, IP_RECVERR);
	if (rc == 0 && family == AF_INET6)
		rc = turn_on(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO);
	if (rc == 0 && family == AF_INET6)
		rc = turn_on(fd, IPPROTO_IPV6, IPV6_RECVERR);
	return rc;
}

static void
forget(struct socki_notes *notes, unsigned i)
{
	notes->count--;
	memmove(&notes->note[i], &notes->note[i + 1],
	    (notes->count - i) * sizeof notes->note[0]);
}

/* Where a peer's is, or the place behind all of them. */
static unsigned
find_note(const struct socki_notes *notes, const struct sock_addr *peer)
{
	unsigned i = 0;

	while (i < notes->count && !sock_addr_equal(&notes->note[i].peer, peer))
		i++;
	return i;
}

static void
keep(struct socki_socket *s, const struct sock_addr *peer, int code)
{
	struct socki_notes *notes;
	unsigned i;

	pthread_mutex_lock(&s->watch.lock);
	notes = atomic_load(&s->notes);
	if (notes == NULL) {
		notes = socki_zalloc(sizeof *notes);
		atomic_store(&s->notes, notes);
	}
	if (notes != NULL) {
		i = find_note(notes, peer);
		if (i < notes->count)
			forget(notes, i);
		else if (i == NOTES_MAX)
			forget(notes, 0);
		notes->note[notes->count++] = (struct note){ *peer, code };
	}
	pthread_mutex_unlock(&s->watch.lock);
}

int
socki_message_noted(struct socki_socket *s, const struct sock_addr *peer,
    bool take_it)
{
	struct socki_notes *notes =
	    atomic_load_explicit(&s->notes, memory_order_relaxed);
	unsigned i;
	int code = 0;

	if (notes == NULL)
		return 0;
	pthread_mutex_lock(&s->watch.lock);
	i = find_note(notes, peer);
	if (i < notes->count) {
		code = notes->note[i].code;
		if (take_it)
			forget(notes, i);
	}
	pthread_mutex_unlock(&s->watch.lock);
	return code;
}

/* The kernel's words among what came with a message: ip(7), IP_RECVERR. */
static bool
find(struct msghdr *msg, struct sock_extended_err *out)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		if ((c->cmsg_level == IPPROTO_IP &&
			c->cmsg_type == IP_RECVERR) ||
		    (c->cmsg_level == IPPROTO_IPV6 &&
			c->cmsg_type == IPV6_RECVERR)) {
			memcpy(out, CMSG_DATA(c), sizeof *out);
			return true;
		}
	}
	return false;
}

/* Takes one: 1: of a peer; 0: of this host; -EAGAIN: there is none. */
static int
take(struct socki_socket *s)
{
	union {
		struct cmsghdr header;
		char room[512];
	} control;
	struct sock_extended_err e = { .ee_origin = SO_EE_ORIGIN_NONE };
	struct sockaddr_storage sa;
	struct msghdr msg = { .msg_name = &sa,
		.msg_namelen = sizeof sa,
		.msg_control = &control,
		.msg_controllen = sizeof control };
	struct sock_addr peer;
	const ssize_t rc =
	    socki_sys_recvmsg(s->watch.fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT);

	if (rc < 0)
		return -EAGAIN;
	if (!find(&msg, &e) ||
	    (e.ee_origin != SO_EE_ORIGIN_ICMP &&
		e.ee_origin != SO_EE_ORIGIN_ICMP6))
		return 0;
	/* Of a path's size: the kernel minds it from now on. */
	if (e.ee_errno != EMSGSIZE && e.ee_errno != 0 &&
	    socki_addr_from_sockaddr(&peer, s->scheme, (struct sockaddr *)&sa,
		msg.msg_namelen) == 0)
		keep(s, &peer, -(int)e.ee_errno);
	return 1;
}

unsigned
socki_message_note(struct socki_socket *s)
{
	unsigned i, count = 0;

	for (i = 0; i < TAKEN_MAX; i++) {
		const int rc = take(s);

		if (rc < 0)
			break;
		count += (unsigned)rc;
	}
	return count;
}

static int
ask(const struct socki_socket *s, int level, int name)
{
	int value = 0;

	(void)socki_sys_getsockopt_int(s->watch.fd, level, name, &value);
	return value;
}

/* How many bytes would go; 0: it cannot be told. */
static size_t
would_fit(struct socki_socket *s, size_t n, int family)
{
	const bool v6 = family == AF_INET6;
	const size_t most = v6 ? UDP6_MAX : UDP4_MAX;
	const size_t headers = v6 ? HEADERS6 : HEADERS4;
	int mtu;

	if (family == AF_UNIX)
		return (size_t)(ask(s, SOL_SOCKET, SO_SNDBUF) - UNIX_KEEPS);
	if (n > most)
		return most;
	/* The path's, which only a socket with one peer knows. */
	mtu = v6 ? ask(s, IPPROTO_IPV6, IPV6_MTU) : ask(s, IPPROTO_IP, IP_MTU);
	return (size_t)mtu > headers ? (size_t)mtu - headers : 0;
}

void
socki_message_explain(struct socki_socket *s, int rc, size_t n,
    const struct sock_addr *to, struct socki_why *why)
{
	const int family = (to != NULL ? to : &s->addr)->u.sa.sa_family;
	size_t fits;

	if (rc == -EMSGSIZE) {
		fits = would_fit(s, n, family);
		if (fits > 0)
			(void)socki_why(why, rc,
			    "of %zu bytes; at most %zu would fit", n, fits);
	}
	if (rc == -EACCES && family == AF_INET &&
	    ask(s, SOL_SOCKET, SO_BROADCAST) == 0)
		(void)socki_why(why, rc,
		    "a broadcast is sent with SOCK_OPT_BROADCAST alone");
}

bool
socki_message_may_be_late(int rc)
{
	switch (rc) {
	case -ECONNREFUSED:
	case -EHOSTUNREACH:
	case -ENETUNREACH:
	case -ENOPROTOOPT:
	case -EPROTO:
	case -EHOSTDOWN:
	case -ENONET:
	case -EACCES:
	case -EOPNOTSUPP:
	case -EMSGSIZE:
		return true;
	default:
		return false;
	}
}

bool
socki_message_put_off(struct socki_socket *s, int rc)
{
	const bool puts = s->scheme == SOCK_SCHEME_UNIXPACKET ?
	    rc == -ECONNRESET :
	    !s->passive && s->scheme == SOCK_SCHEME_UDP &&
		socki_message_may_be_late(rc);

	return puts && atomic_exchange(&s->late, rc) == 0;
}

int
socki_message_take_late(struct socki_socket *s)
{
	return s->scheme != SOCK_SCHEME_UDP || atomic_load(&s->late) == 0 ?
	    0 :
	    atomic_exchange(&s->late, 0);
}

int
socki_message_ends(struct socki_socket *s)
{
	int n = 0;

	/* In this order: nothing is behind an end. */
	if (s->scheme != SOCK_SCHEME_UNIXPACKET ||
	    !socki_watch_ready(&s->watch, SOCKI_ENDED) ||
	    socki_sys_ioctl_int(s->watch.fd, FIONREAD, &n) < 0 || n > 0)
		return 0;
	n = atomic_exchange(&s->late, 0);
	return n < 0 ? n : SOCK_EEOF;
}
