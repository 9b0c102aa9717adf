/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "addr/addr.h"
#include "base/clock.h"
#include "base/memory.h"
#include "dial/dial.h"
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
	if (racer->fd < 0)
		return;
	socki_dial_take_back(d);
	if (d->bundled)
		socki_watch_bundle_remove(watch_of(d)->fd, racer->fd);
	socki_sys_close(racer->fd);
	racer->fd = -1;
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
	const bool proxied = d->proxy != NULL;

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
	s->quiet = s->watch.worker == NULL && !proxied;
	s->quiet_seen = socki_watch_seen(&s->watch, SOCKI_READ);
	if (s->scheme == SOCK_SCHEME_TCP && !d->options.delay)
		s->nagle = proxied ? SOCKI_NAGLE_ENDS : SOCKI_NAGLE_IDLE;
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

/* The winner's talk with the proxy. */
static int
talk(struct socki_dial *d)
{
	struct socki_racer *racer = &d->race.racers[d->winner];
	const unsigned wanted = d->want;
	int rc;

	do
		rc = talk_once(d, racer->fd);
	while (rc == 0);
	if (rc == 1)
		return become_open(d, racer);
	if (rc == -EAGAIN && d->bundled && d->want != wanted)
		(void)socki_watch_bundle_want(watch_of(d)->fd, racer->fd,
		    d->want);
	return rc;
}

static int
win(struct socki_dial *d, unsigned winner)
{
	unsigned i;

	for (i = 0; i < d->race.count; i++)
		if (i != winner)
			drop_attempt(d, &d->race.racers[i]);
	if (d->proxy == NULL)
		return become_open(d, &d->race.racers[winner]);
	socki_names_free(d->names);
	d->names = NULL;
	d->winner = (int)winner;
	return talk(d);
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

/* The race, until somebody is through or everybody has to wait. */
static int
run(struct socki_dial *d)
{
	unsigned i;
	int next;

	for (i = 0; i < d->race.count; i++)
		if (d->race.racers[i].state == SOCKI_RACER_FLIES &&
		    is_through(d, i))
			return win(d, i);
	for (;;) {
		const sock_time now = sock_now();

		if (d->names != NULL)
			socki_names_gather(d->names, &d->race, now);
		next = socki_race_next(&d->race, now);
		if (next < 0)
			break;
		if (is_through(d, (unsigned)next))
			return win(d, (unsigned)next);
	}
	return next == -ENOENT ? socki_dial_telling(d) : -EAGAIN;
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
	rc = d->winner >= 0 ? talk(d) : run(d);
	if (rc == -EAGAIN && socki_clock_passed(d->until))
		rc = -ETIMEDOUT;
	if (rc == 0 || rc == -EAGAIN)
		return rc;
	d->result = rc;
	drop_attempts(d);
	if (d->foreign)
		show_failure(d);
	return rc;
}
