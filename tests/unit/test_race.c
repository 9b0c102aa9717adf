/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sock.h>

#include "base/memory.h"
#include "dial/race.h"
#include "resolve/resolve.h"

/*
 * Races in virtual time.  An address is a letter: '4' and '6' get through, 'r'
 * and 'R' (IPv4, IPv6) refuse, 's' and 'S' are silent, 'n' and 'N' fail before
 * anything is sent.  Times are in ms; what takes no time takes none.
 */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NEVER 1000000
#define START ((sock_time)5000000000)
#define MS ((sock_time)1000000)
#define TRACE_MAX 4096

struct situation {
	const char *name;
	const char *a, *aaaa; /* NULL: not asked for */
	int a_at, aaaa_at;    /* when they are answered */
	int stagger;
	int won_at;         /* when it ends, won or lost */
	const char *winner; /* "" : all have failed; NULL: it never ends */
	const char *begun;  /* who began, in this order; NULL: see others */
};

static const struct situation situations[] = {
	/* Go's TestDialParallel, with RFC 8305's delays. */
	{ "one IPv4 address", "4", NULL, 0, 0, 0, 0, "4", "4" },
	{ "one IPv6 address", NULL, "6", 0, 0, 0, 0, "6", "6" },
	{ "the first refuses, of another family", "4", "R", 0, 0, 0, 0, "4",
	    "R4" },
	{ "two that refuse", "r4", "R", 0, 0, 0, 0, "4", "Rr4" },
	{ "the first is silent", "s4", NULL, 0, 0, 0, 250, "4", "s4" },
	{ "silent IPv6, IPv4 answers", "4", "S", 0, 0, 0, 250, "4", "S4" },
	{ "silent both, then one refuses", "s4", "SR", 0, 0, 0, 500, "4",
	    "SsR4" },
	{ "refused, then the other family", "4", "RR", 0, 0, 0, 0, "4", "R4" },
	{ "all refuse", "rr", "R", 0, 0, 0, 0, "", "Rrr" },
	{ "no address at all", "", "", 0, 0, 0, 0, "", "" },
	{ "no address of IPv6", "4", "", 0, 0, 0, 0, "4", "4" },

	/* Resolution delay, RFC 8305, section 3. */
	{ "AAAA first, nobody waits for A", "4", "6", 400, 0, 0, 0, "6", "6" },
	{ "A first, AAAA soon", "4", "6", 0, 30, 0, 30, "6", "6" },
	{ "A first, AAAA soon and empty", "4", "", 0, 30, 0, 30, "4", "4" },
	{ "A first, AAAA late", "4", "6", 0, 400, 0, 50, "4", "4" },
	{ "AAAA never", "4", "6", 5, NEVER, 0, 55, "4", "4" },
	{ "A empty, AAAA late", "", "6", 0, 400, 0, 400, "6", "6" },
	{ "A alone is asked for", "4", NULL, 20, 0, 0, 20, "4", "4" },
	{ "neither comes", "4", "6", NEVER, NEVER, 0, NEVER, NULL, "" },

	/* Answers that join a race under way. */
	{ "late AAAA takes its turn", "ss4", "6", 0, 100, 0, 300, "6", "s6" },
	{ "late AAAA, all others failed", "rr", "6", 0, 400, 0, 400, "6",
	    "rr6" },
	{ "late AAAA, too late for any turn", "ss", "6", 0, 900, 0, 900, "6",
	    "ss6" },
	{ "late and empty: then it is over", "rr", "", 0, 400, 0, 400, "",
	    "rr" },

	/* The delay between two. */
	{ "twice silent", "4", "SS", 0, 0, 0, 250, "4", "S4" },
	{ "a delay of its own", "4", "S", 0, 0, 100, 100, "4", "S4" },
	{ "not under 10 ms", "4", "S", 0, 0, 1, 10, "4", "S4" },
	{ "not over 2 s", "4", "S", 0, 0, 60000, 2000, "4", "S4" },
	{ "one at a time", "4", "S", 0, 0, -1, NEVER, NULL, "S" },
	{ "one at a time, which fails", "4", "RR", 0, 0, -1, 0, "4", "R4" },
	{ "six silent ones in flight", "ssssssss4", NULL, 0, 0, 0, NEVER, NULL,
	    "ssssss" },
	{ "both have their turn", "ssssssss", "SSSSSSSS", 0, 0, 0, NEVER, NULL,
	    "SsSsSs" },
	{ "a family that fails hides none", "4", "NNNNNNNN", 0, 0, 0, 0, "4",
	    "N4" },
	{ "64 of one family", "4",
	    "SSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSS",
	    0, 0, 0, 250, "4", "S4" },
};

struct run {
	struct socki_race race;
	sock_time now;
	const struct situation *s;
	char begun[TRACE_MAX];
	size_t n;
	unsigned most; /* in flight at once */
	sock_time last_at;
	bool failed_since; /* the last one began */
};

static bool
is6(char letter)
{
	return strchr("6RSN", letter) != NULL;
}

static void
add(struct run *r, const char *letters)
{
	struct sock_addr addr;
	char text[64];
	size_t i;

	/* The port tells which letter it was. */
	for (i = 0; letters[i] != '\0'; i++) {
		(void)snprintf(text, sizeof text,
		    is6(letters[i]) ? "[2001:db8::1]:%d" : "192.0.2.1:%d",
		    letters[i]);
		assert_int_equal(sock_addr_parse(&addr, text), 0);
		assert_int_equal(socki_race_add(&r->race, &addr, 1), 0);
	}
}

static char
letter_of(const struct run *r, unsigned racer)
{
	return (char)sock_addr_port(&r->race.racers[racer].addr);
}

static sock_time
at(int ms)
{
	return START + ms * MS;
}

/* Takes what has been answered by now. */
static unsigned
take(struct run *r, unsigned awaited)
{
	const struct situation *s = r->s;
	const unsigned before = awaited;

	if (awaited & SOCKI_ASK_AAAA && r->now >= at(s->aaaa_at)) {
		add(r, s->aaaa);
		awaited &= ~(unsigned)SOCKI_ASK_AAAA;
	}
	if (awaited & SOCKI_ASK_A && r->now >= at(s->a_at)) {
		add(r, s->a);
		awaited &= ~(unsigned)SOCKI_ASK_A;
	}
	if (awaited != before || r->now == START)
		socki_race_await(&r->race, awaited, r->now);
	return awaited;
}

static sock_time
next_time(const struct run *r, unsigned awaited)
{
	sock_time next = socki_race_due(&r->race);

	if (awaited & SOCKI_ASK_A && at(r->s->a_at) < next)
		next = at(r->s->a_at);
	if (awaited & SOCKI_ASK_AAAA && at(r->s->aaaa_at) < next)
		next = at(r->s->aaaa_at);
	return next;
}

/* One begins: 1: it got through. */
static int
begin(struct run *r, unsigned racer)
{
	const char letter = letter_of(r, racer);

	if (r->n > 0 && !r->failed_since)
		assert_true(r->now - r->last_at >=
		    SOCKI_RACE_DELAY_MS_MIN * MS);
	r->last_at = r->now;
	r->failed_since = false;
	r->begun[r->n++] = letter;
	if (r->race.flying > r->most)
		r->most = r->race.flying;
	if (letter == '4' || letter == '6')
		return 1;
	if (strchr("rRnN", letter) != NULL) {
		socki_race_fail(&r->race, racer, -ECONNREFUSED, r->now);
		r->failed_since = true;
	}
	return 0;
}

/* The letter of the winner, 0: all failed, -1: it goes on for ever. */
static int
race(struct run *r)
{
	unsigned awaited = (r->s->a != NULL ? SOCKI_ASK_A : 0U) |
	    (r->s->aaaa != NULL ? SOCKI_ASK_AAAA : 0U);

	r->now = START;
	socki_race_begin(&r->race, r->s->stagger);
	for (;;) {
		int i;

		awaited = take(r, awaited);
		while ((i = socki_race_next(&r->race, r->now)) >= 0)
			if (begin(r, (unsigned)i))
				return letter_of(r, (unsigned)i);
		if (i == -ENOENT)
			return 0;
		assert_int_equal(i, -EAGAIN);
		assert_true(next_time(r, awaited) > r->now);
		r->now = next_time(r, awaited);
		if (r->now >= at(NEVER))
			return -1;
	}
}

static void
every_situation_ends_as_rfc_8305_has_it(void **state)
{
	static struct run r;
	size_t i;
	int got, want;

	(void)state;
	for (i = 0; i < COUNT(situations); i++) {
		const struct situation *s = &situations[i];

		memset(&r, 0, sizeof r);
		r.s = s;
		got = race(&r);
		want = s->winner == NULL ? -1 : s->winner[0];
		if (got != want || strcmp(r.begun, s->begun) != 0 ||
		    (want >= 0 && r.now != at(s->won_at)))
			fail_msg("%s: %d after %lld ms, begun: %s", s->name,
			    got, (long long)((r.now - START) / MS), r.begun);
		assert_true(r.most <= SOCKI_RACE_FLYING_MAX);
		socki_race_end(&r.race);
	}
}

/* 1,000 addresses of localhost, as Go's last row has it, all of which fail. */
static void
each_of_a_thousand_addresses_is_tried(void **state)
{
	static char many[1001];
	static struct run r;
	struct situation s = { "a thousand", many, NULL, 0, 0, 0, 0, "", many };

	(void)state;
	memset(many, 'r', 1000);
	memset(&r, 0, sizeof r);
	r.s = &s;
	assert_int_equal(race(&r), 0);
	assert_int_equal(r.n, 1000);
	assert_int_equal(r.now, START);
	socki_race_end(&r.race);

	/* The last one is as good as any. */
	many[999] = '4';
	memset(&r, 0, sizeof r);
	r.s = &s;
	assert_int_equal(race(&r), '4');
	socki_race_end(&r.race);
}

/* A failure of any that flies lets the next one go, and makes room for it. */
static void
a_failure_lets_the_next_one_go(void **state)
{
	static struct run r;
	struct situation s = { "", "sssssssss", NULL, 0, 0, 0, 0, NULL, NULL };
	unsigned k;

	(void)state;
	r.s = &s;
	assert_int_equal(race(&r), -1);
	assert_int_equal(r.n, SOCKI_RACE_FLYING_MAX);
	assert_true(socki_race_due(&r.race) == SOCK_FOREVER);
	for (k = 0; k < 3; k++) {
		socki_race_fail(&r.race, 2 * k, -ETIMEDOUT, r.now);
		assert_true(socki_race_due(&r.race) == r.now);
		assert_int_equal(socki_race_next(&r.race, r.now),
		    SOCKI_RACE_FLYING_MAX + k);
		assert_int_equal(socki_race_next(&r.race, r.now), -EAGAIN);
	}
	assert_int_equal(r.race.racers[2].code, -ETIMEDOUT);
	socki_race_end(&r.race);
}

static int
refuse(size_t n)
{
	(void)n;
	return 0;
}

static void
without_memory_what_was_there_goes_on(void **state)
{
	static struct run r;
	struct sock_addr addr;

	(void)state;
	socki_race_begin(&r.race, 0);
	add(&r, "rs");
	assert_int_equal(sock_addr_parse(&addr, "192.0.2.1:1"), 0);
	socki_memory_hook(refuse);
	assert_int_equal(socki_race_add(&r.race, &addr, 1), -ENOMEM);
	socki_memory_hook(NULL);
	assert_int_equal(r.race.count, 2);
	assert_int_equal(socki_race_next(&r.race, START), 0);
	socki_race_end(&r.race);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_situation_ends_as_rfc_8305_has_it),
		cmocka_unit_test(each_of_a_thousand_addresses_is_tried),
		cmocka_unit_test(a_failure_lets_the_next_one_go),
		cmocka_unit_test(without_memory_what_was_there_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
