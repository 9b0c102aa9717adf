/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sock/addr.h>
#include <sock/info.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>

#include "addr/addr.h"
#include "socket/call.h"
#include "socket/socket.h"
#include "sys/sys.h"

/* include/net/tcp_states.h of the kernel, from 1. */
static const char states[][12] = { "", "ESTABLISHED", "SYN-SENT", "SYN-RECV",
	"FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "CLOSE", "CLOSE-WAIT",
	"LAST-ACK", "LISTEN", "CLOSING" };

static int
local(struct socki_socket *s, struct sock_addr *out)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof sa;
	int rc;

	if (!s->is_socket)
		return SOCK_EUSAGE;
	if (s->kind == SOCKI_LISTENER || s->passive) {
		*out = s->addr;
		return 0;
	}
	rc = socki_sys_getsockname(s->watch.fd, (struct sockaddr *)&sa, &len);
	/* While it dials, the descriptor may stand for several. */
	if (rc < 0)
		return rc == -ENOTSOCK ? -ENOTCONN : rc;
	return socki_addr_from_sockaddr(out,
	    s->addr.scheme == SOCK_SCHEME_TLS ? SOCK_SCHEME_TLS : s->scheme,
	    (struct sockaddr *)&sa, len);
}

int
sock_local(sock_t handle, struct sock_addr *out)
{
	struct socki_socket *s;
	int rc = socki_call_begin(handle, &s, "local");

	memset(out, 0, sizeof *out);
	if (rc < 0)
		return rc;
	rc = local(s, out);
	return socki_call_end(s, rc, "local");
}

int
sock_peer(sock_t handle, struct sock_addr *out)
{
	struct socki_socket *s;
	int rc = socki_call_begin(handle, &s, "peer");

	memset(out, 0, sizeof *out);
	if (rc < 0)
		return rc;
	if (!s->is_socket)
		rc = SOCK_EUSAGE;
	else if ((s->kind != SOCKI_STREAM && s->kind != SOCKI_MESSAGES) ||
	    s->passive || s->addr.scheme == SOCK_SCHEME_NONE)
		rc = -ENOTCONN;
	else
		*out = s->addr;
	return socki_call_end(s, rc, "peer");
}

int
sock_peer_credentials(sock_t handle, struct sock_credentials *out)
{
	struct ucred cred;
	socklen_t n = sizeof cred;
	struct socki_socket *s;
	int rc = socki_call_begin(handle, &s, "credentials");

	if (rc < 0)
		return rc;
	if ((s->scheme != SOCK_SCHEME_UNIX &&
		s->scheme != SOCK_SCHEME_UNIXPACKET) ||
	    (s->kind != SOCKI_STREAM && s->kind != SOCKI_MESSAGES) ||
	    out->size < sizeof *out)
		rc = SOCK_EUSAGE;
	else
		rc = socki_sys_getsockopt(s->watch.fd, SOL_SOCKET, SO_PEERCRED,
		    &cred, &n);
	if (rc == 0) {
		out->pid = cred.pid;
		out->uid = cred.uid;
		out->gid = cred.gid;
	}
	return socki_call_end(s, rc, "credentials");
}

static uint32_t
queue(int fd, int request)
{
	int n = 0;

	return socki_sys_ioctl_int(fd, request, &n) < 0 || n < 0 ? 0 :
								   (uint32_t)n;
}

/* An older kernel gives a shorter struct; what it lacks stays zero. */
static void
tcp_info(struct socki_socket *s, struct sock_info *out)
{
	struct tcp_info ti;
	socklen_t len = sizeof ti;
	unsigned n;
	int fd;

	for (n = 0; (fd = socki_call_fd(s, n)) >= 0; n++) {
		memset(&ti, 0, sizeof ti);
		if (socki_sys_getsockopt(fd, IPPROTO_TCP, TCP_INFO, &ti, &len) <
		    0)
			return;
		if (ti.tcpi_state < sizeof states / sizeof states[0])
			out->state = states[ti.tcpi_state];
		if (s->kind == SOCKI_LISTENER) {
			out->accept_queue += ti.tcpi_unacked;
			out->accept_backlog += ti.tcpi_sacked;
			continue;
		}
		out->rtt_us = ti.tcpi_rtt;
		out->rtt_var_us = ti.tcpi_rttvar;
		out->cwnd = ti.tcpi_snd_cwnd;
		out->mss = ti.tcpi_snd_mss;
		out->retransmits = ti.tcpi_total_retrans;
		out->bytes_in = ti.tcpi_bytes_received;
		out->bytes_out = ti.tcpi_bytes_acked;
	}
}

static int
info(struct socki_socket *s, struct sock_info *out)
{
	struct sock_info found = { .size = out->size, .state = "" };

	if (!s->is_socket || out->size < offsetof(struct sock_info, state))
		return SOCK_EUSAGE;
	if (s->scheme == SOCK_SCHEME_TCP)
		tcp_info(s, &found);
	if (s->kind == SOCKI_STREAM || s->kind == SOCKI_MESSAGES) {
		found.receive_queue = queue(s->watch.fd, FIONREAD);
		found.send_queue = queue(s->watch.fd, TIOCOUTQ);
		found.receive_queue += (uint32_t)atomic_load(&s->ahead);
	}
	memcpy(out, &found,
	    out->size < sizeof found ? out->size : sizeof found);
	return 0;
}

int
sock_info(sock_t handle, struct sock_info *out)
{
	struct socki_socket *s;
	int rc = socki_call_begin(handle, &s, "info");

	if (rc < 0)
		return rc;
	rc = info(s, out);
	return socki_call_end(s, rc, "info");
}
