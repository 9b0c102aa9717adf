/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sock/layer.h>

#include "addr/addr.h"
#include "base/clock.h"
#include "base/memory.h"
#include "dial/dial.h"
#include "socket/layers.h"
#include "sys/sys.h"

/* Between two tries at a full UNIX backlog: from, to. */
#define RETRY_MS 1
#define RETRY_MS_MAX 100

/* After so many connections to oneself, nobody else listens there. */
#define SELVES_MAX 3

/* Bytes of a proxy's answer that are looked at together. */
#define HEAR_MAX 512

static struct socki_watch *
watch_of(struct socki_dial *d)
{
	return &d->socket->watch;
}

/* An attempt is over: its descriptor goes. */
static void
drop_attempt(struct socki_dial *d, struct socki_racer *racer)
{
	const int fd = racer->fd;

	if (fd < 0)
		return;
	socki_dial_take_back(d);
	if (d->bundled)
		socki_watch_bundle_remove(watch_of(d)->fd, fd);
	/* A child forked right here closes none that is another's by then. */
	racer->fd = -1;
	socki_sys_close(fd);
}

static void
drop_attempts(struct socki_dial *d)
{
	unsigned i;

	for (i = 0; i < d->race.count; i++)
		drop_attempt(d, &d->race.racers[i]);
}

void
socki_dial_drop(struct socki_dial *d)
{
	socki_names_free(d->names);
	d->names = NULL;
	drop_attempts(d);
	socki_race_end(&d->race);
	socki_free(d->proxy);
	d->proxy = NULL;
	if (d->tls != NULL)
		d->tls->release(d->tls);
	d->tls = NULL;
	if (d->bell >= 0)
		socki_sys_close(d->bell);
	d->bell = -1;
}

/* 0: connected; -EINPROGRESS; -EAGAIN: to itself; or its failure. */
static int
start(struct socki_dial *d, struct socki_racer *racer)
{
	int rc, added;

	/* An address that was written down is refused by its text. */
	if ((d->permit != NULL && !d->permit(&racer->addr, d->arg)) ||
	    (d->names != NULL && !d->any_address &&
		socki_addr_is_any(&racer->addr)))
		return -EACCES;
	rc = socki_attempt_start(&racer->fd, &racer->addr, &d->options);
	if (racer->fd >= 0 && d->bundled) {
		added = socki_watch_bundle_add(watch_of(d)->fd, racer->fd);
		if (added < 0)
			return added;
	}
	if (rc == -EINPROGRESS)
		return socki_attempt_check(racer->fd, &racer->addr,
		    &d->options);
	if (rc == -EAGAIN) {
		d->retry_ms = d->retry_ms == 0     ? RETRY_MS :
		    d->retry_ms < RETRY_MS_MAX / 2 ? d->retry_ms * 2 :
						     RETRY_MS_MAX;
		d->retry_at = sock_in(d->retry_ms);
		return -EINPROGRESS;
	}
	return rc;
}

/* One that flies: 0: connected; -EINPROGRESS; or why it failed. */
static int
look(struct socki_dial *d, struct socki_racer *racer)
{
	int rc;

	for (;;) {
		if (racer->fd >= 0) {
			rc = socki_attempt_check(racer->fd, &racer->addr,
			    &d->options);
		} else if (d->retry_at == SOCK_FOREVER ||
		    socki_clock_passed(d->retry_at)) {
			d->retry_at = SOCK_FOREVER;
			rc = start(d, racer);
		} else {
			return -EINPROGRESS;
		}
		if (rc != -EAGAIN)
			return rc;
		drop_attempt(d, racer);
		if (++d->selves == SELVES_MAX)
			return -ECONNREFUSED;
	}
}

/* The kind of handle that a scheme makes. */
static uint8_t
kind_of(int scheme)
{
	return scheme == SOCK_SCHEME_TCP || scheme == SOCK_SCHEME_UNIX ?
	    SOCKI_STREAM :
	    SOCKI_MESSAGES;
}

static int
become_open(struct socki_dial *d, struct socki_racer *racer)
{
	struct socki_socket *s = d->socket;
	/* Bytes have gone both ways already. */
	const bool spoke = d->proxy != NULL || d->tls != NULL;

	if (!d->lent)
		socki_watch_replace(&s->watch, racer->fd);
	d->lent = false;
	racer->fd = -1;
	s->addr = racer->addr;
	s->scheme = s->addr.scheme;
	socki_socket_classify(s);
	/*
	 * Nothing can be there before the first request has gone out, but for
	 * what came behind a proxy's answer.
	 */
	s->quiet = s->watch.worker == NULL && !spoke;
	s->quiet_seen = socki_watch_seen(&s->watch, SOCKI_READ);
	if (s->scheme == SOCK_SCHEME_TCP && !d->options.delay)
		s->nagle = spoke ? SOCKI_NAGLE_ENDS : SOCKI_NAGLE_IDLE;
	if (d->tls != NULL)
		socki_layers_point(s, -1);
	if (d->tls != NULL && d->proxy == NULL)
		s->addr.scheme = SOCK_SCHEME_TLS;
	s->write_need = SOCKI_WRITE;
	s->extra = NULL;
	socki_dial_drop(d);
	atomic_store(&s->kind, kind_of(s->scheme));
	return 0;
}

/* Of what was heard, and looked at only: the rest is the stream's. */
static int
take_heard(struct socki_dial_proxy *p, int fd)
{
	unsigned char bytes[HEAR_MAX];
	const ssize_t n = socki_sys_recv(fd, bytes, p->unread, 0);

	if (n < 0)
		return (int)n;
	p->unread -= (size_t)n;
	return p->unread == 0 && p->through;
}

/* 1: the tunnel is there; 0: once more; -EAGAIN; an error. */
static int
talk_once(struct socki_dial *d, int fd)
{
	struct socki_dial_proxy *p = d->proxy;
	struct socki_proxy *talk = &p->talk;
	unsigned char bytes[HEAR_MAX];
	ssize_t n;
	int rc;

	if (p->unread > 0)
		return take_heard(p, fd);
	if (talk->out_at < talk->out_n) {
		d->want = SOCKI_WRITE;
		n = socki_sys_send(fd, talk->out + talk->out_at,
		    talk->out_n - talk->out_at, 0);
		talk->out_at += n > 0 ? (size_t)n : 0;
		return n < 0 ? (int)n : 0;
	}
	d->want = SOCKI_READ;
	talk->out_at = talk->out_n = 0;
	n = socki_sys_recv(fd, bytes, sizeof bytes, MSG_PEEK);
	if (n == 0)
		return socki_why(&p->why, SOCK_EPROXY,
		    "it ended the connection before it answered");
	if (n < 0)
		return (int)n;
	rc = socki_proxy_hear(talk, bytes, (size_t)n, &p->unread, &p->why);
	p->through = rc == 1;
	return rc < 0 ? rc : 0;
}

/* The winner's talk with the proxy: 1: it is through. */
static int
talk(struct socki_dial *d)
{
	struct socki_racer *racer = &d->race.racers[d->winner];
	const unsigned wanted = d->want;
	int rc;

	do
		rc = talk_once(d, racer->fd);
	while (rc == 0);
	if (rc == -EAGAIN && d->bundled && d->want != wanted)
		(void)socki_watch_bundle_want(watch_of(d)->fd, racer->fd,
		    d->want);
	return rc;
}

/* It has failed, and another address may have its turn. */
static void
lose(struct socki_dial *d, int code)
{
	const unsigned loser = (unsigned)d->winner;

	socki_dial_shake_end(d, code);
	drop_attempt(d, &d->race.racers[loser]);
	socki_race_fail(&d->race, loser, code, sock_now());
	d->winner = -1;
	d->want = SOCKI_WRITE;
}

static void
win(struct socki_dial *d, unsigned winner)
{
	unsigned i;

	/* Whoever was silent for long. */
	if (d->winner >= 0)
		lose(d, -ETIMEDOUT);
	d->winner = (int)winner;
	if (d->tls != NULL && d->proxy == NULL)
		return;
	for (i = 0; i < d->race.count; i++)
		if (i != winner)
			drop_attempt(d, &d->race.racers[i]);
	socki_names_free(d->names);
	d->names = NULL;
}

/* One that flies, again.  Whether it has got through. */
static bool
is_through(struct socki_dial *d, unsigned i)
{
	struct socki_racer *racer = &d->race.racers[i];
	const int rc = look(d, racer);

	if (rc < 0 && rc != -EINPROGRESS) {
		drop_attempt(d, racer);
		d->selves = 0;
		socki_race_fail(&d->race, i, rc, sock_now());
	}
	return rc == 0;
}

/* The race, until somebody is through (0) or everybody has to wait. */
static int
run(struct socki_dial *d)
{
	unsigned i;
	int next;

	for (i = 0; i < d->race.count; i++)
		if (d->race.racers[i].state == SOCKI_RACER_FLIES &&
		    (int)i != d->winner && is_through(d, i)) {
			win(d, i);
			return 0;
		}
	for (;;) {
		const sock_time now = sock_now();

		if (d->names != NULL)
			socki_names_gather(d->names, &d->race, now);
		next = socki_race_next(&d->race, now);
		if (next < 0)
			break;
		if (is_through(d, (unsigned)next)) {
			win(d, (unsigned)next);
			return 0;
		}
	}
	return next == -ENOENT ? socki_dial_telling(d) : -EAGAIN;
}

/* The winner's way from a connection to a handle. */
static int
get_through(struct socki_dial *d)
{
	struct socki_dial_proxy *p = d->proxy;
	int rc = 0;

	if (p != NULL && (!p->through || p->unread > 0))
		rc = talk(d);
	if (rc >= 0 && d->tls != NULL)
		rc = socki_dial_shake(d);
	if (rc < 0)
		return rc;
	return become_open(d, &d->race.racers[d->winner]);
}

static int
advance(struct socki_dial *d)
{
	int rc = 0;

	for (;;) {
		if (d->winner < 0)
			rc = run(d);
		if (rc < 0)
			return rc;
		rc = get_through(d);
		if (rc == 0 || socki_dial_shake_is_final(d, rc))
			return rc;
		if (rc != -EAGAIN) {
			lose(d, rc);
			rc = 0;
		} else if (d->frozen || (rc = run(d)) < 0) {
			return rc;
		}
	}
}

/* Somebody's loop waits for the bundle: an eventfd is always writable. */
static void
show_failure(struct socki_dial *d)
{
	if (d->bell < 0)
		d->bell = socki_sys_eventfd();
	if (d->bell >= 0 &&
	    socki_watch_bundle_add(watch_of(d)->fd, d->bell) < 0)
		socki_sys_eventfd_set(d->bell);
}

int
socki_dial_step(struct socki_dial *d)
{
	int rc = d->result;

	if (rc < 0)
		return rc;
	if (d->bell >= 0)
		socki_sys_eventfd_clear(d->bell);
	rc = advance(d);
	if (rc == -EAGAIN && socki_clock_passed(d->until))
		rc = -ETIMEDOUT;
	if (rc == 0 || rc == -EAGAIN)
		return rc;
	d->result = rc;
	socki_dial_shake_part(d);
	drop_attempts(d);
	if (d->foreign)
		show_failure(d);
	return rc;
}
