/* SPDX-License-Identifier: MIT */
#include "socket/message.h"

#include <errno.h>
#include <sock/message.h>
#include <string.h>

#include "addr/addr.h"
#include "base/clock.h"
#include "sys/sys.h"

/* Between two tries where nothing tells when there is room: from, to. */
#define PAUSE_MS 1
#define PAUSE_MS_MAX 100
/* Errors of other peers that one call passes over, whatever its deadline. */
#define ERRORS_MAX 64

int
socki_message_begin(sock_t handle, struct socki_socket **s, const char *op)
{
	struct socki_why why;
	int rc = socki_socket_pin(handle, s), kind;

	if (rc < 0)
		return socki_handle_error(rc, op);
	kind = atomic_load(&(*s)->kind);
	if (kind == SOCKI_MESSAGES)
		return 0;
	socki_why_none(&why);
	rc = kind == SOCKI_DIALING ?
	    -ENOTCONN :
	    socki_why(&why, SOCK_EUSAGE, "it %s, and carries no messages",
		kind == SOCKI_LISTENER ? "listens" : "is a stream");
	return (int)socki_message_end(*s, rc, op, NULL, &why);
}

static __attribute__((cold)) void
tell(struct socki_socket *s, int rc, const char *op,
    const struct sock_addr *peer, const struct socki_why *why)
{
	char text[SOCK_ADDR_TEXT_MAX];

	if (peer == NULL || peer->scheme == SOCK_SCHEME_NONE)
		peer = &s->addr;
	if (why != NULL && why->text[0] != '\0')
		(void)socki_error(rc, op,
		    socki_addr_subject(peer, text, sizeof text), why);
	else if (rc == SOCK_EUSAGE)
		(void)socki_socket_error(s, rc, op);
	else
		(void)socki_error_about(rc, op, peer, sizeof *peer,
		    socki_addr_subject);
}

ssize_t
socki_message_end(struct socki_socket *s, ssize_t rc, const char *op,
    const struct sock_addr *peer, const struct socki_why *why)
{
	if (rc < 0)
		tell(s, (int)rc, op, peer, why);
	socki_socket_unpin(s);
	return rc;
}

/* Nothing wakes who waits for this; a cancel and a close do. */
static __attribute__((cold)) int
wait_a_while(struct socki_socket *s, struct socki_message_try *t,
    sock_time deadline)
{
	sock_time until;
	int rc;

	t->pause_ms = t->pause_ms == 0 ? PAUSE_MS : t->pause_ms * 2;
	if (t->pause_ms > PAUSE_MS_MAX)
		t->pause_ms = PAUSE_MS_MAX;
	until = sock_in(t->pause_ms);
	pthread_mutex_lock(&s->watch.lock);
	rc = atomic_load(&s->watch.stopped);
	if (rc == 0)
		rc = socki_queue_wait(&s->watch.waiting, &s->watch.lock,
		    SOCKI_TURN, until < deadline ? until : deadline);
	if (rc == 0)
		rc = atomic_load(&s->watch.stopped);
	pthread_mutex_unlock(&s->watch.lock);
	return rc == -ETIMEDOUT && until < deadline ? 0 : rc;
}

/*
 * Whether the failure was another peer's, or nothing at all; else *rc may be
 * why that is not looked at any longer.
 */
static __attribute__((cold)) bool
passes_over(struct socki_socket *s, struct socki_message_try *t, int *rc,
    sock_time deadline)
{
	const bool late = socki_message_may_be_late(*rc);
	unsigned noted;

	if (!s->passive || s->scheme != SOCK_SCHEME_UDP)
		return false;
	/* Errors alone make the descriptor ready, until they are taken. */
	if (!late && !(*rc == -EAGAIN && (t->woken || deadline == SOCK_NOWAIT)))
		return false;
	noted = socki_message_note(s);
	if (noted == 0 && !late)
		return false;
	/* A send fails for itself, too: then it does so again. */
	if (noted == 0 && t->want == SOCKI_WRITE && t->errors > 0)
		return false;
	/* One that came just after the last look is still to be noted. */
	t->unnoted = noted == 0 ? t->unnoted + 1 : 0;
	if (t->errors++ < ERRORS_MAX)
		return true;
	if (t->unnoted > ERRORS_MAX || t->want == SOCKI_WRITE)
		return false;
	/* Anybody can forge more; who receives is told none, but of time. */
	*rc = deadline == SOCK_NOWAIT    ? -EAGAIN :
	    socki_clock_passed(deadline) ? -ETIMEDOUT :
					   atomic_load(&s->watch.stopped);
	return *rc == 0;
}

int
socki_message_again(struct socki_socket *s, struct socki_message_try *t, int rc,
    sock_time deadline)
{
	const bool no_room = rc == -ENOBUFS && t->want == SOCKI_WRITE;

	if (passes_over(s, t, &rc, deadline))
		return 0;
	if (rc == -ECONNRESET && socki_message_put_off(s, rc) &&
	    t->want == SOCKI_READ)
		return 0;
	if ((rc != -EAGAIN && !no_room) || deadline == SOCK_NOWAIT)
		return rc;
	if (no_room || (t->elsewhere && s->scheme == SOCK_SCHEME_UNIXGRAM))
		return wait_a_while(s, t, deadline);
	t->woken = true;
	return socki_stream_park(s, t->want, t->seen, deadline);
}

static int
flags(const struct socki_socket *s)
{
	return s->blocking ? MSG_DONTWAIT : 0;
}

ssize_t
socki_message_receive(struct socki_socket *s, void *buf, size_t n,
    struct sockaddr_storage *from, socklen_t *len, sock_time deadline)
{
	struct socki_message_try t = { .want = SOCKI_READ };
	int rc = socki_message_take_late(s);

	while (rc == 0) {
		ssize_t got;

		if (len != NULL)
			*len = sizeof *from;
		socki_message_look(s, &t);
		got = socki_sys_recvfrom(s->watch.fd, buf, n,
		    MSG_TRUNC | flags(s), (struct sockaddr *)from, len);
		if (got > 0)
			return got;
		if (got == 0)
			return socki_message_ends(s) == -ECONNRESET ?
			    -ECONNRESET :
			    0;
		rc = socki_message_again(s, &t, (int)got, deadline);
	}
	return rc;
}

ssize_t
sock_receive(sock_t handle, void *buf, size_t n, struct sock_addr *from,
    sock_time deadline)
{
	struct socki_why why;
	struct sockaddr_storage sa;
	struct socki_socket *s;
	socklen_t len = 0;
	ssize_t rc = socki_message_begin(handle, &s, "receive");

	socki_why_none(&why);
	if (from != NULL)
		memset(from, 0, sizeof *from);
	if (rc < 0)
		return rc;
	rc = socki_message_receive(s, buf, n, from != NULL ? &sa : NULL,
	    from != NULL ? &len : NULL, socki_read_deadline(s, deadline));
	if (rc >= 0 && from != NULL && s->scheme == SOCK_SCHEME_UNIXPACKET)
		memcpy(from, &s->addr, sizeof *from);
	else if (rc >= 0 && from != NULL)
		(void)socki_addr_from_sockaddr(from, s->scheme,
		    (struct sockaddr *)&sa, len);
	if (rc > 0 && (size_t)rc > n)
		rc = socki_why(&why, SOCK_ETOOBIG,
		    "%zd bytes came, and there was room for %zu", rc, n);
	return socki_message_end(s, rc, "receive", from, &why);
}

/* Where a message goes: 0, or why it cannot. */
static int
check_peer(const struct socki_socket *s, const struct sock_addr *to,
    struct socki_why *why)
{
	if (to == NULL)
		return s->passive ? -EDESTADDRREQ : 0;
	if (s->scheme == SOCK_SCHEME_UNIXPACKET)
		return socki_why(why, SOCK_EUSAGE,
		    "packets go to the peer, and to nobody else");
	if (to->scheme == SOCK_SCHEME_NONE)
		return -EDESTADDRREQ;
	if (to->u.sa.sa_family == AF_UNIX && !socki_addr_has_name(to))
		return socki_why(why, -EDESTADDRREQ, "that peer has no name");
	return 0;
}

int
socki_message_send(struct socki_socket *s, const void *buf, size_t n,
    const struct sock_addr *to, sock_time deadline, struct socki_why *why)
{
	const struct sockaddr *sa = to != NULL ? &to->u.sa : NULL;
	const socklen_t len = to != NULL ? to->length : 0;
	struct socki_message_try t = { .want = SOCKI_WRITE,
		.elsewhere = to != NULL };
	int rc = check_peer(s, to, why);

	if (rc == 0)
		rc = socki_message_take_late(s);
	while (rc == 0) {
		ssize_t put;

		/* What was passed over may have been of this peer. */
		if (to != NULL && (rc = socki_message_noted(s, to, true)) < 0)
			break;
		socki_message_look(s, &t);
		put = socki_sys_sendto(s->watch.fd, buf, n, flags(s), sa, len);
		if (put >= 0)
			return 0;
		rc = socki_message_again(s, &t, (int)put, deadline);
	}
	socki_message_explain(s, rc, n, to, why);
	return rc;
}

int
sock_send(sock_t handle, const void *buf, size_t n, const struct sock_addr *to,
    sock_time deadline)
{
	struct socki_why why;
	struct socki_socket *s;
	int rc = socki_message_begin(handle, &s, "send");

	socki_why_none(&why);
	if (rc < 0)
		return rc;
	rc = socki_message_send(s, buf, n, to,
	    socki_write_deadline(s, deadline), &why);
	return (int)socki_message_end(s, rc, "send", to, &why);
}
