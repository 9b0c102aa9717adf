/* SPDX-License-Identifier: MIT */
#include "dial/dial.h"

#include <errno.h>
#include <sock/fiber.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "sys/sys.h"

/* Between two tries at a full UNIX backlog: from, to. */
#define RETRY_MS 1
#define RETRY_MS_MAX 100

/* After so many connections to oneself, nobody else listens there. */
#define SELVES_MAX 3

static void
free_dial(struct socki_extra *extra)
{
	struct socki_dial *d = (struct socki_dial *)(void *)extra;

	if (d->foreign && d->fd >= 0)
		socki_sys_close(d->fd);
	socki_free(d);
}

/* The attempt under way is over: its descriptor goes. */
static void
drop_attempt(struct socki_socket *s, struct socki_dial *d)
{
	if (d->foreign)
		socki_sys_close(d->fd);
	else
		socki_watch_replace(&s->watch, -1);
	d->fd = -1;
}

static int
put_attempt(struct socki_socket *s, struct socki_dial *d, int fd)
{
	if (d->foreign) {
		const int rc = socki_watch_bundle_add(s->watch.fd, fd);

		if (rc < 0) {
			socki_sys_close(fd);
			return rc;
		}
	} else {
		socki_watch_replace(&s->watch, fd);
	}
	d->fd = fd;
	return 0;
}

/* Begins at the address whose turn it is: 0, -EINPROGRESS, or its failure. */
static int
begin(struct socki_socket *s, struct socki_dial *d)
{
	const struct sock_addr *addr = &d->addrs[d->at];
	int fd, rc, started;

	if (d->permit != NULL && !d->permit(addr, d->arg))
		return -EACCES;
	started = socki_attempt_start(&fd, addr, &d->options);
	if (started == -EAGAIN) {
		d->retry_at = sock_in(d->retry_ms);
		d->retry_ms =
		    d->retry_ms < RETRY_MS_MAX ? d->retry_ms * 2 : RETRY_MS_MAX;
		return -EINPROGRESS;
	}
	if (started < 0 && started != -EINPROGRESS)
		return started;
	rc = put_attempt(s, d, fd);
	return rc < 0 ? rc : socki_attempt_check(fd, addr);
}

/* The kind of handle that a scheme makes. */
static int
kind_of(int scheme)
{
	return scheme == SOCK_SCHEME_TCP || scheme == SOCK_SCHEME_UNIX ?
	    SOCKI_STREAM :
	    SOCKI_MESSAGES;
}

static int
become_open(struct socki_socket *s, struct socki_dial *d)
{
	s->addr = d->addrs[d->at];
	s->scheme = s->addr.scheme;
	if (d->foreign)
		socki_watch_replace(&s->watch, d->fd);
	/* Nothing can be there before the first request has gone out. */
	s->quiet = s->watch.worker == NULL;
	s->quiet_seen = socki_watch_seen(&s->watch, SOCKI_READ);
	d->fd = -1;
	s->write_need = SOCKI_WRITE;
	s->extra = NULL;
	atomic_store(&s->kind, (uint8_t)kind_of(s->scheme));
	socki_free(d);
	return 0;
}

/* Somebody's loop waits for the bundle: an eventfd is always writable. */
static void
show_failure(struct socki_socket *s, struct socki_dial *d)
{
	const int fd = d->foreign ? socki_sys_eventfd() : -1;

	if (fd >= 0)
		(void)put_attempt(s, d, fd);
}

/*
 * Goes on as far as it can without waiting.  0: connected, and d is gone;
 * -EAGAIN; else every address has failed.
 */
static int
step(struct socki_socket *s, struct socki_dial *d)
{
	while (d->at < d->count) {
		int rc;

		if (d->fd < 0 && d->retry_at != SOCK_FOREVER &&
		    !socki_clock_passed(d->retry_at))
			return -EAGAIN;
		d->retry_at = SOCK_FOREVER;
		rc = d->fd >= 0 ? socki_attempt_check(d->fd, &d->addrs[d->at]) :
				  begin(s, d);
		if (rc == 0)
			return become_open(s, d);
		if (rc == -EINPROGRESS)
			return -EAGAIN;
		if (d->fd >= 0)
			drop_attempt(s, d);
		if (rc == -EAGAIN && ++d->selves < SELVES_MAX)
			continue;
		d->codes[d->at++] = rc == -EAGAIN ? -ECONNREFUSED : rc;
		d->selves = 0;
	}
	d->result = socki_dial_telling(d);
	show_failure(s, d);
	return d->result;
}

/* Waits for what the attempt lacks, or until it is time to try again. */
static int
pause_dial(struct socki_socket *s, struct socki_dial *d, struct socki_seen seen,
    sock_time until)
{
	int rc;

	if (d->foreign)
		return socki_watch_park(&s->watch, SOCKI_READ, seen.read,
		    until);
	if (d->fd >= 0)
		return socki_watch_park(&s->watch, SOCKI_WRITE, seen.write,
		    until);
	rc = sock_sleep(until);
	return rc < 0 ? rc : -ETIMEDOUT;
}

/* Until it is connected, or the deadline. */
static int
go_on(struct socki_socket *s, struct socki_dial *d, sock_time deadline)
{
	int rc = d->result, stopped;

	if (deadline == SOCK_DEFAULT)
		deadline = SOCK_FOREVER;
	while (rc == 0) {
		const struct socki_seen seen = socki_stream_seen(s);
		bool again;

		rc = step(s, d);
		stopped = atomic_load(&s->watch.stopped);
		if (rc == -EAGAIN && stopped < 0)
			return stopped;
		if (rc != -EAGAIN || deadline == SOCK_NOWAIT)
			return rc;
		again = d->retry_at < deadline;
		rc = pause_dial(s, d, seen, again ? d->retry_at : deadline);
		if (rc == -ETIMEDOUT && again)
			rc = 0;
	}
	return rc;
}

static struct socki_dial *
dial_of(struct socki_socket *s)
{
	return (struct socki_dial *)(void *)s->extra;
}

/* A handle that dials, but has not begun. */
static int
prepare(struct socki_socket **s, const struct sock_dial_options *options,
    bool foreign)
{
	struct socki_why why = { .text = "" };
	struct socki_dial *d = socki_zalloc(sizeof *d);
	int rc, bundle = -1;

	*s = NULL;
	if (d == NULL)
		return socki_error(-ENOMEM, "dial", options->address, NULL);
	d->extra.free = free_dial;
	d->fd = -1;
	d->foreign = foreign;
	d->retry_at = SOCK_FOREVER;
	d->retry_ms = RETRY_MS;
	rc = socki_dial_read(d, options, &why);
	if (rc == 0 && foreign)
		rc = bundle = socki_watch_bundle(NULL, 0);
	if (rc >= 0)
		rc = socki_socket_new(s, bundle, SOCKI_DIALING,
		    SOCK_SCHEME_NONE);
	if (rc < 0) {
		(void)socki_error(rc, "dial", d->name, &why);
		if (bundle >= 0)
			socki_sys_close(bundle);
		socki_free(d);
		return rc;
	}
	(*s)->addr = d->addrs[0];
	(*s)->extra = &d->extra;
	/* A bundle is readable when an attempt is writable: sock_wait(). */
	if (foreign)
		(*s)->write_need = SOCKI_READ;
	return 0;
}

sock_t
sock_dial_with(const struct sock_dial_options *options)
{
	struct socki_socket *s;
	sock_t handle;
	int rc = prepare(&s, options, false);

	if (rc < 0)
		return rc;
	/* Nobody else knows the handle, so it needs no pin. */
	handle = s->watch.handle;
	rc = go_on(s, dial_of(s), options->deadline);
	if (rc == 0)
		return handle;
	rc = socki_dial_report(dial_of(s), rc);
	socki_socket_drop(s);
	return rc;
}

sock_t
sock_dial_start_with(const struct sock_dial_options *options)
{
	struct socki_socket *s;
	int rc = prepare(&s, options, true);

	if (rc < 0)
		return rc;
	/* What fails at once is told by sock_connected(), as what fails late. */
	(void)step(s, dial_of(s));
	return s->watch.handle;
}

/* Whoever is inside a dial holds the reader's turn, for want of readers. */
static int
enter(struct socki_socket *s)
{
	int none = SOCKI_NONE;

	return atomic_compare_exchange_strong(&s->reading, &none, SOCKI_TAKEN) ?
	    0 :
	    -EBUSY;
}

static int
wait_connected(struct socki_socket *s, sock_time deadline)
{
	int rc = enter(s);

	if (rc < 0)
		return socki_socket_error(s, rc, "dial");
	/* Whoever was inside just now may have brought it to its end. */
	if (s->kind == SOCKI_DIALING) {
		rc = go_on(s, dial_of(s), deadline);
		if (rc < 0)
			rc = socki_dial_report(dial_of(s), rc);
	}
	socki_read_end(s);
	return rc;
}

int
sock_connected(sock_t handle, sock_time deadline)
{
	struct socki_socket *s;
	int rc = socki_socket_pin(handle, &s);

	if (rc < 0)
		return socki_handle_error(rc, "dial");
	if (s->kind == SOCKI_LISTENER)
		rc = socki_socket_error(s, SOCK_EUSAGE, "dial");
	else if (s->kind == SOCKI_DIALING)
		rc = wait_connected(s, deadline);
	socki_socket_unpin(s);
	return rc;
}

sock_time
sock_due(sock_t handle)
{
	struct socki_socket *s;
	sock_time due = SOCK_FOREVER;
	const int rc = socki_socket_pin(handle, &s);

	if (rc < 0)
		return socki_handle_error(rc, "due");
	if (s->kind == SOCKI_DIALING && enter(s) == 0) {
		/* Without one more descriptor a failure shows nowhere else. */
		if (s->kind == SOCKI_DIALING)
			due = dial_of(s)->result < 0 ? sock_now() :
						       dial_of(s)->retry_at;
		socki_read_end(s);
	}
	socki_socket_unpin(s);
	return due;
}
