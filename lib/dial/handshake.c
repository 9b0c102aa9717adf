/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sock/layer.h>

#include "base/clock.h"
#include "dial/dial.h"
#include "socket/layers.h"
#include "sys/sys.h"

/*
 * A winner that says nothing for so long is given up once another address is
 * through: its SYN-ACK may have come from something that guards a dead host.
 */
#define PATIENCE_MS 3000

/* What is read of a peer that will get a last word and no more. */
#define PART_ROUNDS 16

static struct socki_watch *
watch_of(struct socki_dial *d)
{
	return &d->socket->watch;
}

/* The bundle has the winner alone: the others would ring for nobody. */
static void
freeze(struct socki_dial *d)
{
	unsigned i;

	if (d->frozen)
		return;
	d->frozen = true;
	/* The watch may have the descriptor of one who was first to begin. */
	if (d->race.flying > 1)
		socki_dial_take_back(d);
	for (i = 0; i < d->race.count && d->bundled; i++)
		if ((int)i != d->winner && d->race.racers[i].fd >= 0)
			socki_watch_bundle_remove(watch_of(d)->fd,
			    d->race.racers[i].fd);
}

static void
thaw(struct socki_dial *d)
{
	unsigned i;

	if (!d->frozen)
		return;
	d->frozen = false;
	/* One that is not told of is looked at whenever another is. */
	for (i = 0; i < d->race.count && d->bundled; i++)
		if ((int)i != d->winner && d->race.racers[i].fd >= 0)
			(void)socki_watch_bundle_add(watch_of(d)->fd,
			    d->race.racers[i].fd);
}

static int
begin(struct socki_dial *d)
{
	struct socki_socket *s = d->socket;
	const int rc = socki_layers_open(s, d->tls, d->server_name);

	if (rc < 0)
		return rc;
	socki_layers_point(s, d->race.racers[d->winner].fd);
	d->moved = UINT64_MAX; /* that it connected is a sign of life */
	return 0;
}

/* Through a proxy there is one way alone. */
static void
mind_silence(struct socki_dial *d)
{
	const uint64_t moved = atomic_load(&d->socket->bytes_in) +
	    atomic_load(&d->socket->bytes_out);

	if (moved != d->moved) {
		d->moved = moved;
		d->patience = sock_in(PATIENCE_MS);
		freeze(d);
	} else if (d->proxy == NULL && socki_clock_passed(d->patience)) {
		thaw(d);
	}
}

int
socki_dial_shake(struct socki_dial *d)
{
	const unsigned wanted = d->want;
	int rc = d->socket->layers == NULL ? begin(d) : 0;

	if (rc == 0)
		rc = socki_layers_try_start(d->socket, &d->want);
	if (rc != -EAGAIN)
		return rc;
	if (d->bundled && d->want != wanted)
		(void)socki_watch_bundle_want(watch_of(d)->fd,
		    d->race.racers[d->winner].fd, d->want);
	mind_silence(d);
	return rc;
}

bool
socki_dial_shake_is_final(const struct socki_dial *d, int code)
{
	if (code == -EAGAIN)
		return false;
	return d->tls == NULL || d->proxy != NULL || code == SOCK_ETLS ||
	    code == SOCK_ECERT || code == SOCK_ENAME || code == SOCK_EUSAGE;
}

void
socki_dial_shake_end(struct socki_dial *d, int code)
{
	struct socki_socket *s = d->socket;

	if (!socki_layers_why(s, code, &d->lost))
		(void)socki_why(&d->lost, code, "in the handshake of %s",
		    d->tls->layer->name);
	socki_layers_undo(s);
	thaw(d);
}

void
socki_dial_shake_part(const struct socki_dial *d)
{
	unsigned char bytes[1024];
	int i, fd;

	if (d->winner < 0 || d->socket->layers == NULL)
		return;
	fd = d->race.racers[d->winner].fd;
	(void)socki_sys_shutdown(fd, SHUT_WR);
	/* What is unread would have the connection reset: RFC 1122. */
	for (i = 0; i < PART_ROUNDS; i++)
		if (socki_sys_recv(fd, bytes, sizeof bytes, 0) <= 0)
			break;
}
