/* SPDX-License-Identifier: MIT */
#include "dial/dial.h"

#include <errno.h>
#include <sock/fiber.h>
#include <string.h>

#include "base/memory.h"
#include "socket/layers.h"
#include "sys/sys.h"

static void
free_dial(struct socki_extra *extra)
{
	struct socki_dial *d = (struct socki_dial *)(void *)extra;

	socki_dial_drop(d);
	if (d->foreign)
		socki_free(d);
}

static bool
forked_dial(struct socki_extra *extra, const struct socki_task *who,
    bool closes)
{
	struct socki_dial *d = (struct socki_dial *)(void *)extra;

	/* The handle of a dial that waits is known to nobody else. */
	if (closes || (!d->foreign && d->task != who)) {
		socki_dial_abandon(d);
		return true;
	}
	socki_dial_forked(d);
	return false;
}

static void
init(struct socki_dial *d, bool foreign)
{
	memset(d, 0, offsetof(struct socki_dial, target));
	d->target.kind = SOCKI_TARGET_ONE;
	socki_race_begin(&d->race, 0);
	d->extra.free = free_dial;
	d->extra.forked = forked_dial;
	d->winner = d->bell = -1;
	d->want = SOCKI_WRITE;
	d->foreign = foreign;
	d->task = socki_task();
	d->retry_at = SOCK_FOREVER;
	d->until = SOCK_FOREVER;
	d->lost.text[0] = '\0';
}

/* Waits for what it lacks, or until a time. */
static int
pause_dial(struct socki_dial *d, struct socki_seen seen, sock_time until)
{
	struct socki_watch *w = &d->socket->watch;
	int rc = socki_dial_prepare_wait(d);

	if (rc < 0)
		return rc;
	if (d->bundled)
		return socki_watch_park(w, SOCKI_READ, seen.read, until);
	if (d->lent)
		return socki_watch_park(w, d->want,
		    d->want == SOCKI_READ ? seen.read : seen.write, until);
	/* A full UNIX backlog: there is a time to wait for, and nothing else. */
	if (socki_task()->worker != NULL) {
		rc = sock_sleep(until);
		return rc < 0 ? rc : -ETIMEDOUT;
	}
	return socki_watch_park(w, SOCKI_READ, seen.read, until);
}

/* Until it is connected, or the deadline. */
static int
go_on(struct socki_dial *d, sock_time deadline)
{
	struct socki_socket *s = d->socket;
	int rc = 0, stopped;

	if (deadline == SOCK_DEFAULT)
		deadline = SOCK_FOREVER;
	while (rc == 0) {
		const struct socki_seen seen = socki_stream_seen(s);
		sock_time due;

		rc = socki_dial_step(d);
		if (rc == 0)
			return 0;
		stopped = atomic_load(&s->watch.stopped);
		if (rc == -EAGAIN && stopped < 0)
			return stopped;
		if (rc != -EAGAIN || deadline == SOCK_NOWAIT)
			return rc;
		due = socki_dial_due(d);
		rc = pause_dial(d, seen, due < deadline ? due : deadline);
		if (rc == -ETIMEDOUT && due < deadline)
			rc = 0;
	}
	return rc;
}

static struct socki_dial *
dial_of(struct socki_socket *s)
{
	return (struct socki_dial *)(void *)s->extra;
}

/* A descriptor for a foreign loop: the bundle, and the bell in it. */
static int
make_bundle(struct socki_dial *d)
{
	int fd;

	if (!d->foreign)
		return -1;
	if (d->target.kind >= SOCKI_TARGET_NAME) {
		d->bell = socki_sys_eventfd();
		if (d->bell < 0)
			return d->bell;
	}
	fd = socki_watch_bundle(&d->bell, d->bell >= 0);
	d->bundled = fd >= 0;
	return fd;
}

static int
ask(struct socki_dial *d, struct socki_why *why)
{
	if (d->target.kind < SOCKI_TARGET_NAME)
		return 0;
	d->names = socki_names_new(&d->socket->watch, d->bell, d->questions);
	return d->names == NULL ? -ENOMEM :
				  socki_names_ask(d->names, &d->target, why);
}

/* A handle that others see while it dials. */
static void
show(struct socki_dial *d)
{
	if (d->race.count > 0 && d->proxy == NULL)
		d->socket->addr = d->race.racers[0].addr;
	/* A bundle is readable when an attempt is writable. */
	d->socket->write_need = SOCKI_READ;
}

/* A handle that dials, but has not begun. */
static int
prepare(struct socki_dial *d, const struct sock_dial_options *options)
{
	struct socki_why why;
	int rc, bundle = -1;

	why.text[0] = '\0';
	why.instead = false;

	rc = socki_dial_read(d, options, &why);
	if (rc == 0) {
		rc = bundle = make_bundle(d);
		if (!d->foreign)
			rc = 0;
	}
	if (rc >= 0)
		rc = socki_socket_new(&d->socket, bundle, SOCKI_DIALING,
		    SOCK_SCHEME_NONE);
	if (rc < 0 && bundle >= 0)
		socki_sys_close(bundle);
	if (rc >= 0) {
		if (d->foreign)
			show(d);
		rc = ask(d, &why);
		if (rc < 0)
			socki_socket_drop(d->socket);
	}
	if (rc < 0) {
		(void)socki_error(rc, "dial", d->name, &why);
		free_dial(&d->extra);
		return rc;
	}
	d->socket->extra = &d->extra;
	return 0;
}

sock_t
sock_dial_with(const struct sock_dial_options *options)
{
	struct socki_dial d;
	sock_t handle;
	int rc;

	init(&d, false);
	rc = prepare(&d, options);
	if (rc < 0)
		return rc;
	/* Nobody else knows the handle, so it needs no pin. */
	handle = d.socket->watch.handle;
	rc = go_on(&d, options->deadline);
	if (rc == 0)
		return handle;
	rc = socki_dial_report(&d, rc);
	/* Before the handle, whose end may come after this has returned. */
	d.socket->extra = NULL;
	socki_dial_drop(&d);
	socki_socket_drop(d.socket);
	return rc;
}

sock_t
sock_dial_start_with(const struct sock_dial_options *options)
{
	struct socki_dial *d = socki_alloc(sizeof *d);
	sock_t handle;
	int rc;

	if (d == NULL)
		return socki_error(-ENOMEM, "dial", options->address, NULL);
	init(d, true);
	rc = prepare(d, options);
	if (rc < 0)
		return rc;
	handle = d->socket->watch.handle;
	if (options->deadline > 0)
		d->until = options->deadline;
	/* What fails at once is told by sock_connected(), as what fails late. */
	if (socki_dial_step(d) == 0)
		socki_free(d);
	return handle;
}

/* Whoever is inside a dial holds the reader's turn, for want of readers. */
static int
enter(struct socki_socket *s)
{
	return socki_turn_take(&s->reading, &s->turns_shared,
		   s->watch.object.slot) ?
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
		struct socki_dial *d = dial_of(s);

		rc = go_on(d, deadline);
		if (rc < 0)
			rc = socki_dial_report(d, rc);
		else
			socki_free(d);
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
	else if ((rc = socki_layers_start(s,
		      socki_read_deadline(s, deadline))) < 0)
		rc = socki_socket_error(s, rc, "handshake");
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
			due = socki_dial_due(dial_of(s));
		socki_read_end(s);
	}
	socki_socket_unpin(s);
	return due;
}
