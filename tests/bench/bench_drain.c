/* SPDX-License-Identifier: MIT */

/*
 * Drains servers under load: visitors come all the time, and some who came
 * before go on asking.  Whoever's connection stands must be answered, all who
 * come later be turned away, and the server exit with 0.  RUNS=n says how often
 * each is drained (100).  Exits with 1 if any failed.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ask.h"
#include "visit.h"

#define VISITORS 32
#define TALKERS 8
#define BYTES 64
#define PATIENCE_MS 20000

static struct peer peers[] = {
	{ "fibers", { "peer_ours", "PORT" }, NULL, 0, 0 },
	{ "fibers, one worker", { "peer_ours", "PORT", "one" }, NULL, 0, 0 },
	{ "fibers, the client first", { "peer_ours", "PORT", "client_first" },
	    NULL, 0, 0 },
	{ "processes", { "peer_ours", "PORT", "processes" }, NULL, 0, 0 },
	{ "a process a conversation", { "peer_ours", "PORT", "forking" }, NULL,
	    0, 0 },
	{ "threads", { "peer_ours", "PORT", "threads" }, NULL, 0, 0 },
};

struct run {
	struct peer *peer;
	struct visit *visit;
	int talkers[TALKERS];
	struct visits before, after;
	unsigned unanswered; /* talkers */
	int exit;            /* of the server */
};

static int64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool
talk(int fd)
{
	char buf[BYTES];

	return send(fd, ask_bytes(0), BYTES, MSG_NOSIGNAL) == BYTES &&
	    recv(fd, buf, BYTES, MSG_WAITALL) == BYTES &&
	    memcmp(buf, ask_bytes(0), BYTES) == 0;
}

static void
begin(struct run *r, unsigned visits)
{
	unsigned i;

	peer_start(r->peer, PEER_SPREAD);
	for (i = 0; i < TALKERS; i++) {
		r->talkers[i] = peer_dial(r->peer, 0);
		if (!talk(r->talkers[i]))
			die("a talker was not answered");
	}
	r->visit = visit_open(r->peer, VISITORS);
	while (r->before.answered < visits)
		visit_step(r->visit, 1000, &r->before);
}

/* Each says one thing more, one after the other, and leaves. */
static void
say_more(struct run *r, unsigned i)
{
	r->unanswered += !talk(r->talkers[i]);
	close(r->talkers[i]);
}

static void
drain(struct run *r)
{
	const int64_t by = now_ms() + PATIENCE_MS;
	unsigned i = 0;

	if (kill(r->peer->pid, SIGTERM) < 0)
		die("kill");
	while (!peer_ended(r->peer, &r->exit)) {
		visit_step(r->visit, 1, &r->after);
		if (i < TALKERS)
			say_more(r, i++);
		if (now_ms() > by) {
			fprintf(stderr, "the drain does not end\n");
			(void)peer_stop(r->peer, SIGKILL);
			r->exit = 1;
			break;
		}
	}
	while (i < TALKERS)
		say_more(r, i++);
	visit_last(r->visit);
	while (visit_inside(r->visit) > 0 && now_ms() < by)
		visit_step(r->visit, 100, &r->after);
	r->after.cut += visit_inside(r->visit);
	r->after.refused += visit_outside(r->visit);
	visit_close(r->visit);
}

/* 0: as it should be. */
static int
drain_often(struct peer *peer, unsigned runs)
{
	unsigned answered = 0, refused = 0, cut = 0, failed = 0, i;
	int64_t longest = 0;

	for (i = 0; i < runs; i++) {
		struct run r = { .peer = peer };
		int64_t begun;

		begin(&r, 50 + i * 7 % 100);
		begun = now_ms();
		drain(&r);
		if (now_ms() - begun > longest)
			longest = now_ms() - begun;
		answered += r.after.answered;
		refused += r.after.refused;
		cut += r.before.cut + r.after.cut + r.unanswered;
		failed += r.exit != 0;
	}
	printf("  %-28s %8u %8u %8u %8u %8lld\n", peer->name, answered, refused,
	    cut, failed, (long long)longest);
	fflush(stdout);
	return cut > 0 || failed > 0;
}

int
main(void)
{
	const char *text = getenv("RUNS");
	const unsigned runs =
	    text == NULL ? 100 : (unsigned)strtoul(text, NULL, 10);
	int rc = 0;
	unsigned i;

	printf("%u drains under load, while %u visitors come and %u talk\n"
	       "  %-28s %8s %8s %8s %8s %8s\n",
	    runs, VISITORS, TALKERS, "", "answered", "refused", "cut", "failed",
	    "ms, most");
	for (i = 0; i < sizeof peers / sizeof peers[0]; i++)
		if (peer_wanted(&peers[i]))
			rc |= drain_often(&peers[i], runs);
	return rc;
}
