/* SPDX-License-Identifier: MIT */
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sock/layer.h>
#include <sock/open.h>
#include <string.h>

#include "base/error.h"
#include "listen/listener.h"
#include "socket/message.h"
#include "sys/sys.h"

/* Connections that may send data with their SYN and are not accepted yet. */
#define FAST_OPEN_QUEUE 256
/* A second without a request, and the connection is given out without one. */
#define DEFER_S 1

int
socki_listen_share(int fd)
{
	return socki_sys_setsockopt_int(fd, SOL_SOCKET, SO_REUSEPORT, 1);
}

/* What accepted sockets inherit is set here, once. */
static int
set_tcp(int fd, const struct sock_listen_options *o)
{
	int rc = socki_sys_setsockopt_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);

	if (rc == 0)
		rc = socki_sys_setsockopt_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (rc == 0 && o->client_first)
		rc = socki_sys_setsockopt_int(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT,
		    DEFER_S);
	if (rc == 0 && o->fast_open)
		(void)socki_sys_setsockopt_int(fd, IPPROTO_TCP, TCP_FASTOPEN,
		    FAST_OPEN_QUEUE);
	return rc;
}

/*
 * Whoever reuses the address of datagrams takes them away from who has it; a
 * group is for all who ask.
 */
static int
set_udp(int fd, const struct sock_addr *addr)
{
	int rc = 0;

	if (sock_addr_scope(addr) == SOCK_SCOPE_MULTICAST)
		rc = socki_sys_setsockopt_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (rc == 0)
		rc = socki_message_prepare(fd, addr->u.sa.sa_family);
	return rc;
}

static int
set_ip(int fd, const struct sock_addr *addr,
    const struct sock_listen_options *o)
{
	int rc = addr->scheme == SOCK_SCHEME_UDP ? set_udp(fd, addr) :
						   set_tcp(fd, o);

	if (rc == 0 && o->reuse_port)
		rc = socki_listen_share(fd);
	if (rc == 0 && o->free_bind)
		rc = socki_sys_setsockopt_int(fd, IPPROTO_IP, IP_FREEBIND, 1);
	if (rc == 0 && o->device != NULL)
		rc = socki_sys_setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE,
		    o->device, (socklen_t)strlen(o->device));
	return rc;
}

int
socki_listen_set(int fd, const struct sock_addr *addr,
    const struct sock_listen_options *o)
{
	int rc = 0;

	if (addr->u.sa.sa_family != AF_UNIX)
		rc = set_ip(fd, addr, o);
	/* Always said: the system's default may be either (ipv6(7)). */
	if (rc == 0 && addr->u.sa.sa_family == AF_INET6)
		rc = socki_sys_setsockopt_int(fd, IPPROTO_IPV6, IPV6_V6ONLY,
		    !addr->both);
	if (rc == 0 && o->rcvbuf > 0)
		rc = socki_sys_setsockopt_int(fd, SOL_SOCKET, SO_RCVBUF,
		    o->rcvbuf);
	if (rc == 0 && o->sndbuf > 0)
		rc = socki_sys_setsockopt_int(fd, SOL_SOCKET, SO_SNDBUF,
		    o->sndbuf);
	return rc;
}

/* What its first client would hear of too late. */
int
socki_listen_check_tls(struct sock_tls *tls, bool wanted, struct socki_why *why)
{
	void *state;
	int rc;

	if (tls == NULL)
		return wanted ?
		    socki_why(why, SOCK_EUSAGE,
			"tls: wants .tls, as sock_tls_server() gives it") :
		    0;
	if (!wanted)
		return socki_why(why, SOCK_EUSAGE, ".tls is for tls:HOST:PORT");
	rc = tls->open(tls, true, NULL, &state);
	if (rc == SOCK_EUSAGE)
		return socki_why(why, rc, "the .tls is not a server's");
	if (rc == 0 && tls->layer->close != NULL)
		tls->layer->close(state);
	return rc;
}

/*
 * TCP: a SYN without an ACK is dropped before it opens anything.  The program
 * sees the segment from its header on; its flags are in byte 13 (RFC 9293,
 * 3.1).
 */
static void
drop_syn(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, TH_SYN | TH_ACK),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TH_SYN, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	const struct sock_fprog program = { sizeof code / sizeof code[0],
		code };

	(void)socki_sys_setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
	    sizeof program);
}

void
socki_listen_turn_away(struct socki_socket *listener)
{
	struct socki_listener *l = socki_listener_of(listener);
	unsigned i;

	if (l == NULL)
		return;
	socki_unix_path_unlink(&l->path);
	for (i = 0; i < l->count; i++)
		/* A UNIX listener refuses, and still gives out its queue. */
		if (listener->scheme == SOCK_SCHEME_UNIX)
			(void)socki_sys_shutdown(l->fds[i], SHUT_RD);
		else
			drop_syn(l->fds[i]);
}
