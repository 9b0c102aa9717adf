/* SPDX-License-Identifier: MIT */
#include "dial/dial.h"
#include "sys/sys.h"

/* What a dial waits with: one descriptor, and a time. */

static struct socki_watch *
watch_of(struct socki_dial *d)
{
	return &d->socket->watch;
}

void
socki_dial_take_back(struct socki_dial *d)
{
	if (d->lent)
		socki_watch_point(watch_of(d), -1);
	d->lent = false;
}

static int
bundle(struct socki_dial *d)
{
	const int fd = socki_watch_bundle(&d->bell, d->bell >= 0);
	unsigned i;
	int rc = fd;

	for (i = 0; i < d->race.count && rc >= 0; i++)
		if (d->race.racers[i].fd >= 0 &&
		    (!d->frozen || (int)i == d->winner))
			rc = socki_watch_bundle_add(fd, d->race.racers[i].fd);
	if (rc >= 0 && d->winner >= 0)
		rc = socki_watch_bundle_want(fd, d->race.racers[d->winner].fd,
		    d->want);
	if (rc < 0) {
		if (fd >= 0)
			socki_sys_close(fd);
		return rc;
	}
	socki_dial_take_back(d);
	socki_watch_replace(watch_of(d), fd);
	d->bundled = true;
	return 0;
}

void
socki_dial_forked(struct socki_dial *d)
{
	int rc = 0;

	if (!d->bundled)
		return;
	if (d->bell >= 0) {
		socki_sys_close(d->bell);
		d->bell = socki_sys_eventfd();
		if (d->names != NULL)
			socki_names_ring(d->names, d->bell);
		rc = d->bell < 0 ? d->bell : 0;
	}
	if (rc == 0)
		rc = bundle(d);
	if (rc == 0 && d->result < 0)
		socki_sys_eventfd_set(d->bell);
	if (rc < 0 && d->result == 0)
		d->result = rc;
	/* Without one of its own: nothing of the parent's is touched. */
	if (rc < 0) {
		socki_watch_replace(watch_of(d), -1);
		d->bundled = false;
	}
}

void
socki_dial_abandon(struct socki_dial *d)
{
	unsigned i;

	for (i = 0; i < d->race.count; i++)
		if (d->race.racers[i].fd >= 0)
			socki_sys_close(d->race.racers[i].fd);
	if (d->bell >= 0)
		socki_sys_close(d->bell);
	/* Closed already, and not to be closed twice. */
	socki_dial_take_back(d);
	d->socket->extra = NULL;
}

/* There is a winner, and no race goes on beside it. */
static bool
is_alone(const struct socki_dial *d)
{
	return d->winner >= 0 && (d->frozen || d->proxy != NULL);
}

/*
 * An answer nudges the watch by itself, but a fiber needs a descriptor for its
 * worker to have the watch.
 */
static bool
needs_bundle(const struct socki_dial *d)
{
	if (is_alone(d))
		return false;
	return d->race.flying > 1 ||
	    (d->race.flying == 0 && socki_task()->worker != NULL);
}

int
socki_dial_prepare_wait(struct socki_dial *d)
{
	unsigned i = d->winner >= 0 ? (unsigned)d->winner : 0;

	if (d->bundled)
		return 0;
	if (needs_bundle(d))
		return bundle(d);
	if (d->lent)
		return 0;
	while (i < d->race.count && d->race.racers[i].fd < 0)
		i++;
	if (i < d->race.count) {
		socki_watch_point(watch_of(d), d->race.racers[i].fd);
		d->lent = true;
	}
	return 0;
}

sock_time
socki_dial_due(const struct socki_dial *d)
{
	sock_time due = d->retry_at < d->until ? d->retry_at : d->until, other;

	if (d->result < 0)
		return sock_now();
	if (is_alone(d))
		return d->proxy == NULL && d->patience < d->until ?
		    d->patience :
		    d->until;
	other = socki_race_due(&d->race);
	if (other < due)
		due = other;
	if (d->names != NULL && (other = socki_names_due(d->names)) < due)
		due = other;
	return due;
}
