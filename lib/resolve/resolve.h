/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_RESOLVE_RESOLVE_H
#define SOCKI_RESOLVE_RESOLVE_H

#include <stddef.h>
#include <stdint.h>

#include <sock/addr.h>

#include "engine/task.h"
#include "name/host.h"

struct socki_why;

/*
 * Names, as this machine is configured to look them up.  The C library's calls
 * wait, so at most four threads of ours make them, started at the first need.
 * Nothing is remembered: an answer lives as long as the look-ups that asked.
 *
 * Both families are asked for at once, as one question of the C library's,
 * which sends both to the name server before it waits.  Two would cost half as
 * much again, and would ask the DNS for the family that /etc/hosts leaves out.
 * But then the one answer waits for the other: if nothing has come after
 * SOCKI_LOOKUP_SPLIT_MS, A is asked for by itself too, and after twice that
 * AAAA, and what comes first counts.  Not both at once: a name server that is
 * silent about one family must not have more threads than it needs.
 *
 * Numbers and localhost never come here; who has a text from elsewhere (a
 * target of an SRV record) asks socki_host_is_local() first.
 */

enum {
	SOCKI_ASK_A = 1,
	SOCKI_ASK_AAAA = 2,
	SOCKI_ASK_SRV = 4,
	SOCKI_ASK_NAME = 8 /* of an address */
};
#define SOCKI_QUESTIONS_MAX 3 /* at once, of one look-up: both, A, AAAA */

/*
 * Half of the resolution delay of RFC 8305, section 8: whoever has an answer
 * by family and not the other one waits for it for the other half.
 */
#define SOCKI_LOOKUP_SPLIT_MS 25

/* What is kept of an answer.  A dial tries fewer, and a row of a table none. */
#define SOCKI_ADDRESSES_MAX 64
#define SOCKI_SERVICES_MAX 32

/* One SRV record, RFC 2782.  Its target may be localhost, and is no number. */
struct socki_srv {
	uint16_t priority, weight, port;
	char target[SOCKI_HOST_MAX + 2]; /* without a dot at its end */
};

struct socki_lookup;
struct socki_question; /* shared by all who ask the same */

struct socki_asker {
	struct socki_lookup *lookup;
	struct socki_question *question;  /* NULL: not asked */
	struct socki_asker *next, **link; /* link NULL: answered */
};

/*
 * Questions about one name, embedded in whoever asks, which must stay where it
 * is from socki_lookup_begin() to socki_lookup_end().  Zeroed before the first
 * begin; ended, it may begin again.
 */
struct socki_lookup {
	/*
	 * The asker's, NULL if it only waits: an answer came.  Called by
	 * another thread, under the resolver's lock, and never again once
	 * socki_lookup_end() has returned: it may wake (socki_watch_nudge(),
	 * an eventfd), and calls nothing of this header.
	 */
	void (*told)(struct socki_lookup *lookup);

	/*
	 * When to call socki_lookup_split() if something is still unanswered,
	 * which socki_lookup_wait() does by itself; SOCK_FOREVER: never.
	 */
	sock_time due;

	struct socki_asker askers[SOCKI_QUESTIONS_MAX];
	unsigned asked;
	_Atomic unsigned answered;
	struct socki_queue waiting;
};

/*
 * Asks, and never waits.  host is n bytes in the form of a host name; a dot at
 * its end is kept, and means no search list.  questions is SOCKI_ASK_A,
 * SOCKI_ASK_AAAA, both, or SOCKI_ASK_SRV.  Not to be called, as nothing here
 * is, with the lock of a watch held.
 *
 * 0; SOCK_ENOHOST: below .onion or .invalid, which nobody is asked for
 * (RFC 7686, 6761); SOCK_ELIMIT: too many questions wait, or there is no
 * thread; -ENOMEM.  Then why is set, and there is nothing to end.
 */
int socki_lookup_begin(struct socki_lookup *lookup, const char *host, size_t n,
    unsigned questions, struct socki_why *why);

/* The same for SOCKI_ASK_NAME of an IP address. */
int socki_lookup_begin_name(struct socki_lookup *lookup,
    const struct sock_addr *addr, struct socki_why *why);

/*
 * Once it is due: asks for a family by itself if nothing has been answered.
 * Sets when it is due next.
 */
void socki_lookup_split(struct socki_lookup *lookup);

/* Which questions are answered so far.  Costs a load. */
static inline unsigned
socki_lookup_answered(const struct socki_lookup *lookup)
{
	return atomic_load(&lookup->answered);
}

/*
 * Waits until all that was asked is answered.  0, or as socki_task_park();
 * SOCK_NOWAIT is -EAGAIN.
 */
int socki_lookup_wait(struct socki_lookup *lookup, sock_time deadline);

/*
 * Which family's address is to be tried first, where one question for both has
 * found any: then they are in one order.  AF_UNSPEC: they were asked apart.
 */
int socki_lookup_leader(struct socki_lookup *lookup);

/*
 * The addresses of an answered question, without repeats, in the order in which
 * they are to be tried, with this scheme and port.  Of both families only where
 * there is a leader.
 *
 * How many, at least one; SOCK_ENOHOST: there is no such name, or it has none
 * of this family; SOCK_ERESOLVE: the name service failed for now, or a fork
 * came between; -ENOMEM; another -errno of the name service.
 */
int socki_lookup_addresses(struct socki_lookup *lookup, unsigned question,
    int scheme, int port, struct sock_addr *out, int max);

/*
 * The services of an answered SOCKI_ASK_SRV, in an order of RFC 2782, another
 * one each time where weights are to be followed.  As above, and
 * SOCK_ENOSERVICE: the domain says that it has no such service (a target ".").
 */
int socki_lookup_services(struct socki_lookup *lookup, struct socki_srv *out,
    int max);

/*
 * The name of an answered SOCKI_ASK_NAME: the form of a host name and nothing
 * else, whatever its owner wrote into the DNS.  0 or as above; SOCK_ETOOBIG:
 * it does not fit.
 */
int socki_lookup_name(struct socki_lookup *lookup, char *host, size_t n);

/*
 * Drops what is still asked, and never waits for it.  Ending one that has not
 * begun does nothing.
 */
void socki_lookup_end(struct socki_lookup *lookup);

/*
 * Destination addresses in the order of RFC 6724, section 6, for this host as
 * it is now.  Among IPv4 addresses rule 9 is left out: their prefixes say
 * nothing about distance, and DNS servers turn them round to spread load.  IP
 * addresses only.
 */
void socki_resolve_sort(struct sock_addr *addrs, int count);

/*
 * Who is asked; each function may wait, on a thread of ours.  Results as those
 * of the look-up, and never more than max; a host has a terminator.
 */
struct socki_resolver {
	/* family is AF_INET or AF_INET6. */
	int (*addresses)(const char *host, int family, struct sock_addr *out,
	    int max);
	int (*services)(const char *name, struct socki_srv *out, int max);
	/* 0, or an error. */
	int (*name_of)(const struct sock_addr *addr, char *host, size_t n);
	/* Of both families; NULL: each is asked for apart from the start. */
	int (*both)(const char *host, struct sock_addr *out, int max);
	/* Addresses come in the order in which they are to be tried. */
	bool sorts;
};

/* Tests bring their own; NULL: the C library.  For questions that come. */
void socki_resolver_use(const struct socki_resolver *resolver);

#endif
