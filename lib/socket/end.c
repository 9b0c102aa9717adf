/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <sock/fiber.h>
#include <sock/open.h>

#include "base/error.h"
#include "socket/gone.h"
#include "socket/layers.h"
#include "socket/socket.h"
#include "sys/sys.h"

/* What a drain takes at most, where no deadline says else. */
#define DRAIN_MS 2000
#define DRAIN_BYTES ((size_t)64 << 10)
/* And when its time is over: more than can have come by then. */
#define LATE_BYTES ((size_t)16 << 20)

/* Waits for a layer's end to go out, then sends the stream's own. */
static int
shut(struct socki_socket *s, sock_time deadline)
{
	int rc = 0, started = 0;

	/* A layer can say its end only to a peer that it has met. */
	if (s->layers != NULL && atomic_load(&s->write_error) == 0)
		started = socki_layers_start(s, deadline);
	/* Unless it failed for good, which the peer is to hear. */
	if (started < 0 && atomic_load(&s->write_error) == 0)
		return started;
	while (s->layers != NULL) {
		const struct socki_seen seen = socki_stream_seen(s);
		unsigned need;

		s->was_cut = socki_watch_ready(&s->watch, SOCKI_ENDED);
		rc = socki_layers_shut(s, &need);
		if (rc == -EAGAIN)
			rc = socki_stream_park(s, need, seen, deadline);
		else
			break;
		if (rc < 0)
			return rc;
	}
	if (rc < 0)
		return socki_socket_fail(s, SOCKI_WRITE, rc);
	rc = socki_sys_shutdown(s->watch.fd, SHUT_WR);
	/* The peer was faster, and has gone already. */
	if (rc == -ENOTCONN)
		rc = 0;
	if (rc == 0) {
		s->was_shut = true;
		/* A write from now on is the caller's mistake, not an error. */
		if (started == 0)
			(void)atomic_store(&s->write_error, -EPIPE);
	}
	return started < 0 ? started : rc;
}

/* From the first try on nobody writes behind the end, though it be late. */
static int
shut_or_note(struct socki_socket *s, sock_time deadline)
{
	int from = -EPIPE, rc;

	if (s->shut_error < 0)
		(void)atomic_compare_exchange_strong(&s->write_error, &from, 0);
	rc = shut(s, deadline);
	from = 0;
	if (!s->was_shut)
		(void)atomic_compare_exchange_strong(&s->write_error, &from,
		    -EPIPE);
	s->shut_error = s->was_shut ? 0 : rc;
	return rc;
}

static int
shut_once(struct socki_socket *s, sock_time deadline)
{
	int rc;

	deadline = socki_write_deadline(s, deadline);
	if (s->kind == SOCKI_MESSAGES && s->scheme == SOCK_SCHEME_UNIXPACKET)
		return socki_sys_shutdown(s->watch.fd, SHUT_WR);
	rc = s->is_socket ? socki_write_begin(s, deadline) : SOCK_EUSAGE;
	if (rc < 0)
		return rc;
	if (!s->was_shut)
		rc = shut_or_note(s, deadline);
	socki_write_end(s);
	return rc;
}

int
sock_shut(sock_t handle, sock_time deadline)
{
	struct socki_socket *s;
	int rc = socki_socket_pin(handle, &s);

	if (rc < 0)
		return socki_handle_error(rc, "shut");
	rc = shut_once(s, deadline);
	if (rc < 0)
		rc = socki_socket_error(s, rc, "shut");
	socki_socket_unpin(s);
	return rc;
}

/* By one who has a pin, which it gives up.  The view of a reader ends too. */
static int
close_pinned(struct socki_socket *s)
{
	const int rc = socki_handle_close(s->watch.handle);

	if (rc == 0)
		socki_watch_stop(&s->watch, SOCK_ESTALE);
	socki_view_drop(s);
	socki_socket_unpin(s);
	return rc;
}

/*
 * Closes and waits until the last call inside has returned.  By one who has a
 * pin, which it gives up.  0; SOCK_ESTALE: somebody else closed it.
 */
static int
close_and_wait(struct socki_socket *s, struct socki_gone *gone)
{
	const int rc = socki_handle_close(s->watch.handle);

	pthread_mutex_init(&gone->lock, NULL);
	socki_queue_init(&gone->waiting);
	/* Set once closed, so by one alone; read when the last pin is out. */
	if (rc == 0) {
		s->gone = gone;
		socki_watch_stop(&s->watch, SOCK_ESTALE);
	}
	socki_view_drop(s);
	socki_socket_unpin(s);
	if (rc < 0)
		return rc;

	sock_shield(true);
	pthread_mutex_lock(&gone->lock);
	while (!gone->done)
		(void)socki_queue_wait(&gone->waiting, &gone->lock, UINT_MAX,
		    SOCK_FOREVER);
	pthread_mutex_unlock(&gone->lock);
	sock_shield(false);
	pthread_mutex_destroy(&gone->lock);
	return 0;
}

/* A handle that is closed already may still have a view: that goes. */
static int
pin_to_close(sock_t handle, struct socki_socket **s, const char *op)
{
	const int rc = socki_socket_pin(handle, s);

	if (rc == SOCK_ESTALE)
		socki_view_drop_closed(handle);
	return rc < 0 ? socki_handle_error(rc, op) : 0;
}

int
sock_close(sock_t handle)
{
	struct socki_gone gone = { .done = false };
	struct socki_socket *s;
	int rc, first;

	if (handle == 0)
		return 0;
	rc = pin_to_close(handle, &s, "close");
	if (rc < 0)
		return rc;
	first = atomic_load(&s->first_error);
	if (first == 0)
		first = atomic_load(&s->shut_error);
	if (first < 0)
		(void)socki_socket_error(s, first, "close");
	rc = s->kind == SOCKI_LISTENER || s->passive ?
	    close_and_wait(s, &gone) :
	    close_pinned(s);
	return rc < 0 ? socki_handle_error(rc, "close") : first;
}

int
socki_socket_reset(struct socki_socket *s)
{
	const struct linger reset = { 1, 0 };

	s->was_reset = true;
	/* Elsewhere than on TCP the end is as abrupt without it. */
	if (s->is_socket && s->kind != SOCKI_LISTENER)
		(void)socki_sys_setsockopt(s->watch.fd, SOL_SOCKET, SO_LINGER,
		    &reset, sizeof reset);
	return close_pinned(s);
}

int
sock_abort(sock_t handle)
{
	struct socki_socket *s;
	int rc = socki_socket_pin(handle, &s);

	if (rc < 0)
		return socki_handle_error(rc, "abort");
	rc = socki_socket_reset(s);
	return rc < 0 ? socki_handle_error(rc, "abort") : 0;
}

int
sock_cancel(sock_t handle)
{
	struct socki_socket *s;
	const int rc = socki_socket_pin(handle, &s);

	if (rc < 0)
		return socki_handle_error(rc, "cancel");
	socki_watch_stop(&s->watch, -ECANCELED);
	socki_socket_unpin(s);
	return 0;
}

struct drain {
	sock_time deadline;
	size_t most, share; /* moved since others had their turn */
	int late;           /* -ETIMEDOUT, ..., once it is */
};

/* What is here is read, also late; who sends on and on is not waited for. */
static int
dropped_some(struct socki_socket *s, struct drain *d, size_t n)
{
	int rc;

	if (n > d->most)
		return d->late < 0 ? d->late : SOCK_ETOOBIG;
	d->most -= n;
	d->share += n;
	if (d->share < SOCKI_SHARE)
		return 0;
	d->share = 0;
	rc = socki_stream_give_way(s, d->deadline);
	if (rc != -ETIMEDOUT && rc != -ECANCELED && rc != -EAGAIN)
		return rc;
	if (d->late == 0 && d->most > LATE_BYTES)
		d->most = LATE_BYTES;
	d->late = rc;
	return 0;
}

/* Reads in one way and drops, until it ends. */
static int
drop(struct socki_socket *s,
    ssize_t (*try_read)(struct socki_socket *s, void *buf, size_t n),
    struct drain *d)
{
	char dropped[4096];
	int rc = 0;

	while (rc == 0) {
		const struct socki_seen seen = socki_stream_seen(s);
		const ssize_t got = try_read(s, dropped, sizeof dropped);

		if (got == 0 || (got < 0 && got != -EAGAIN))
			return (int)got;
		rc = got > 0 ?
		    dropped_some(s, d, (size_t)got) :
		    socki_stream_park(s, s->read_need, seen, d->deadline);
	}
	return rc;
}

/* Until the peer finishes. */
static int
drain(struct socki_socket *s, sock_time deadline, size_t most)
{
	struct drain d = { .deadline = deadline, .most = most };
	int rc = socki_read_begin(s);

	if (rc < 0)
		return rc;
	/* One that never started has no end to be heard. */
	if (!s->at_end && (s->layers == NULL || socki_layers_started(s)))
		rc = drop(s, socki_stream_read, &d);
	/* The layers below the topmost still have an end to send, or a part. */
	if (rc == 0 && s->layers != NULL) {
		s->read_need = SOCKI_READ;
		rc = drop(s, socki_layers_drop, &d);
	}
	socki_read_end(s);
	return rc;
}

static int
end_orderly(struct socki_socket *s, sock_time deadline)
{
	size_t most = SIZE_MAX;
	int rc, first;

	if (s->kind != SOCKI_STREAM || !s->is_socket)
		return 0;
	if (deadline == SOCK_DEFAULT) {
		deadline = sock_in(DRAIN_MS);
		most = DRAIN_BYTES;
	}
	rc = shut_once(s, deadline);
	first = atomic_load(&s->first_error);
	if (rc == 0)
		rc = drain(s, deadline, most);
	/*
	 * Who was told of our end may just go, as many do: what is cut off is
	 * of no use to anybody (RFC 8446, 6.1).
	 */
	if (rc == SOCK_ETRUNC && s->was_shut && !s->was_cut)
		rc = 0;
	/* What broke before this call is what the caller must know. */
	return first < 0 ? first : rc;
}

/* Whether the peer has finished, and all it said was taken. */
static bool
heard_the_end(struct socki_socket *s)
{
	bool end;

	if (s->layers != NULL || socki_read_begin(s) < 0)
		return false;
	end = s->at_end;
	socki_read_end(s);
	return end;
}

int
socki_socket_finish(struct socki_socket *s, int ms)
{
	/* Then the kernel does all that is left, after the descriptor's end. */
	int rc = heard_the_end(s) ? atomic_load(&s->first_error) :
				    end_orderly(s,
					ms < 0     ? SOCK_FOREVER :
					    ms > 0 ? sock_in(ms) :
						     SOCK_DEFAULT);

	if (close_pinned(s) < 0)
		rc = SOCK_ESTALE;
	return rc;
}

int
sock_finish(sock_t handle, sock_time deadline)
{
	struct socki_gone gone = { .done = false };
	struct socki_socket *s;
	int rc, closed;

	if (handle == 0)
		return 0;
	rc = pin_to_close(handle, &s, "finish");
	if (rc < 0)
		return rc;
	rc = end_orderly(s, deadline);
	if (rc < 0)
		(void)socki_socket_error(s, rc, "finish");
	closed = close_and_wait(s, &gone);
	return closed < 0 ? socki_handle_error(closed, "finish") : rc;
}

static int
detachable(struct socki_socket *s)
{
	if (s->layers != NULL || s->kind == SOCKI_DIALING ||
	    (s->extra != NULL && s->extra->bound))
		return SOCK_EUSAGE;
	if (socki_stream_pending(s) > 0 || !socki_turn_is_free(&s->reading) ||
	    !socki_turn_is_free(&s->writing))
		return -EBUSY;
	return 0;
}

int
sock_detach(sock_t handle)
{
	struct socki_gone gone = { .keep_fd = true };
	struct socki_socket *s;
	int rc = socki_socket_pin(handle, &s);

	if (rc < 0)
		return socki_handle_error(rc, "detach");
	rc = detachable(s);
	if (rc < 0) {
		rc = socki_socket_error(s, rc, "detach");
		socki_socket_unpin(s);
		return rc;
	}
	socki_nagle_settle(s);
	rc = close_and_wait(s, &gone);
	return rc < 0 ? socki_handle_error(rc, "detach") : gone.fd;
}
