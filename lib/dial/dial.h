/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_DIAL_DIAL_H
#define SOCKI_DIAL_DIAL_H

#include <sock/open.h>

#include "base/error.h"
#include "dial/attempt.h"
#include "dial/names.h"
#include "dial/proxy.h"
#include "dial/race.h"
#include "name/address.h"
#include "socket/socket.h"

/*
 * A dial: names that are looked up, a race of attempts at what they lead to,
 * the talk of its winner with a proxy, and the handshake of a layer such as
 * TLS.
 *
 * While the winner shakes hands the race is frozen: the others stay as they
 * are, and nobody begins.  It goes on if the winner is silent, or fails in a
 * way that another address may not.
 *
 * One attempt alone is waited for by its own descriptor; several, and foreign
 * loops, take a bundle, which is readable when there is something to look at.
 * A thread that waits for answers alone needs no descriptor.
 */

struct socki_dial_proxy {
	struct socki_proxy talk;
	size_t unread;        /* bytes heard that are still in the socket */
	bool through;         /* it has opened the tunnel */
	struct socki_why why; /* once it has refused */
};

struct socki_dial {
	struct socki_extra extra; /* first */
	struct socki_attempt_options options;
	bool (*permit)(const struct sock_addr *addr, void *arg);
	void *arg;
	struct socki_names *names;      /* NULL: there are none */
	struct socki_dial_proxy *proxy; /* NULL: straight */
	struct sock_tls *tls;           /* retained; NULL: no layer */
	struct socki_socket *socket;    /* whose dial it is, once it has one */
	const struct socki_task *task;  /* who began it */
	unsigned questions;             /* of families: SOCKI_ASK_A, ... */
	int result;                     /* once it has failed for good */
	int winner;       /* of the race, not through yet; -1: nobody */
	unsigned want;    /* SOCKI_READ or SOCKI_WRITE: what it waits for */
	int bell;         /* an eventfd in the bundle, or -1 */
	bool foreign;     /* somebody else's loop polls the handle */
	bool bundled;     /* the watch has a bundle */
	bool lent;        /* the watch has an attempt's descriptor */
	bool frozen;      /* the race is */
	bool any_address; /* 0.0.0.0 and [::] may be connected to */
	uint8_t retry_ms, selves;
	sock_time retry_at; /* of a full UNIX backlog; SOCK_FOREVER: not now */
	sock_time until;    /* of a foreign one: then it has failed */
	sock_time patience; /* until then a winner may be silent */
	uint64_t moved;     /* its bytes so far, both ways */
	const char *name;   /* what was asked for, for messages */
	/* From here on nothing is zeroed at the start. */
	struct socki_target target; /* whom to connect to, or to look up */
	struct socki_race race;
	struct socki_why lost; /* why the last handshake failed */
	char server_name[SOCKI_HOST_MAX + 2];
	char room[SOCK_ADDR_TEXT_MAX]; /* for the name, where the dial stays */
};

/*
 * Reads what the caller asks for.  What it leads to is in the
 * race already, or a target to be looked up.  0; SOCK_EADDR, SOCK_ENOSERVICE,
 * -ENODEV: the texts; SOCK_EUSAGE, -EAFNOSUPPORT: the options; -ENOMEM.
 */
int socki_dial_read(struct socki_dial *d, const struct sock_dial_options *o,
    struct socki_why *why);

/*
 * Goes on as far as it can without waiting.  0: it is open, and d is empty;
 * -EAGAIN: see socki_dial_due(); else it has failed for good.
 */
int socki_dial_step(struct socki_dial *d);

/* Before it waits: the watch gets a descriptor to wait on.  0, or an error. */
int socki_dial_prepare_wait(struct socki_dial *d);

/* The watch has no descriptor of an attempt any more. */
void socki_dial_take_back(struct socki_dial *d);

/* When to step in any case, or SOCK_FOREVER. */
sock_time socki_dial_due(const struct socki_dial *d);

/*
 * The winner's handshake, from its beginning on.  0: it is over; -EAGAIN:
 * d->want says for what, and the race may have thawed; else why it failed, and
 * whether that is final.
 */
int socki_dial_shake(struct socki_dial *d);
bool socki_dial_shake_is_final(const struct socki_dial *d, int code);

/* What is left of one that failed goes, but for its reason. */
void socki_dial_shake_end(struct socki_dial *d, int code);

/* The peer hears of the last word before the connection goes. */
void socki_dial_shake_part(const struct socki_dial *d);

/* Gives up what it holds: look-ups, attempts, memory; d itself stays. */
void socki_dial_drop(struct socki_dial *d);

/* In a child after fork(): parts with the bundle and the bell of its parent. */
void socki_dial_forked(struct socki_dial *d);

/*
 * In a child where nobody can go on with it: closes what it has open, and frees
 * nothing, since another thread may have been changing it.
 */
void socki_dial_abandon(struct socki_dial *d);

/* Once all addresses have failed: the failure that tells most. */
int socki_dial_telling(const struct socki_dial *d);

/* Leaves the error of a dial that ends with code, which it returns. */
int socki_dial_report(const struct socki_dial *d, int code);

#endif
