/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Clients without manners, for the web server among the examples:
 *
 *	unruly garble ADDRESS SEED COUNT
 *		requests with mistakes in them; each must be answered, or
 *		not, and its conversation end
 *	unruly drip ADDRESS COUNT
 *		heads that never end, a byte now and then, COUNT side by side;
 *		each must be answered with 408
 *
 * Meanwhile a good request must be answered with 200.
 */

#define PATIENCE_MS 20000
#define PAUSE_MS 20
#define REQUEST_ROOM 20000

static const char good[] =
    "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

static const char *const requests[] = {
	"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET /1k HTTP/1.0\r\n\r\n",
	"HEAD /folder/ HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n",
	"GET /thousand.txt HTTP/1.1\r\nHost: x\r\nRange: bytes=5-9\r\n"
	"If-Range: \"x\"\r\n\r\n",
	"GET /1k HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
	"GET /1k HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET /1k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
	"5\r\nhello\r\n0\r\n\r\nGET /1k HTTP/1.1\r\nHost: x\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
	"GET http://x:80/%2e%2e/a%20b/../c?d=e HTTP/1.1\r\nHost: x\r\n\r\n",
	"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
};

static const struct {
	const char *at;
	size_t n;
} mistakes[] = {
#define MISTAKE(text) \
	{ \
		text, sizeof text - 1 \
	}
	MISTAKE("\r\n"),
	MISTAKE("\n"),
	MISTAKE("\r"),
	MISTAKE("\0"),
	MISTAKE(" "),
	MISTAKE(":"),
	MISTAKE("\t"),
	MISTAKE("\x80\xff"),
	MISTAKE("\r\n\r\n"),
	MISTAKE("%00"),
	MISTAKE("/../"),
	MISTAKE("%"),
	MISTAKE("\r\nContent-Length: 5"),
	MISTAKE("\r\nContent-Length: 99999999999999999999"),
	MISTAKE("\r\nTransfer-Encoding: chunked"),
	MISTAKE("\r\nTransfer-Encoding : chunked"),
	MISTAKE("\r\n folded"),
	MISTAKE("\r\nExpect: 100-continue"),
	MISTAKE("HTTP/9.9"),
	MISTAKE("ffffffffffffffff"),
#undef MISTAKE
};

struct request {
	char at[REQUEST_ROOM];
	size_t n;
};

static uint64_t seed;

/* xorshift64* */
static size_t
random_below(size_t n)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (size_t)(seed * UINT64_C(2685821657736338717) >> 33) % n;
}

static void
replace(struct request *r, size_t at, size_t old, const char *by, size_t n)
{
	if (r->n - old + n > sizeof r->at)
		return;
	memmove(r->at + at + n, r->at + at + old, r->n - at - old);
	memcpy(r->at + at, by, n);
	r->n += n - old;
}

static void
make_mistake(struct request *r)
{
	char copy[REQUEST_ROOM / 2];
	const size_t at = random_below(r->n);
	const size_t which = random_below(sizeof mistakes / sizeof mistakes[0]);
	size_t n = random_below(r->n - at) + 1;

	switch (random_below(5)) {
	case 0:
		r->at[at] = (char)random_below(256);
		break;
	case 1:
		if (n < r->n)
			replace(r, at, n, "", 0);
		break;
	case 2:
		if (n > sizeof copy)
			n = sizeof copy;
		memcpy(copy, r->at + at, n);
		replace(r, at, 0, copy, n);
		break;
	case 3:
		memset(copy, 'a', sizeof copy);
		replace(r, at, 0, copy, random_below(sizeof copy));
		break;
	default:
		replace(r, at, 0, mistakes[which].at, mistakes[which].n);
	}
}

/* What comes until the end: its status, 0: nothing, or an error. */
static int
read_status(sock_t s)
{
	char head[13], rest[65536];
	ssize_t n = 0, more;
	int status = 0;

	while (n < 12) {
		more = sock_read(s, head + n, (size_t)(12 - n),
		    sock_in(PATIENCE_MS));
		if (more < 0)
			return (int)more;
		if (more == 0)
			return n > 0 ? -EPROTO : 0;
		n += more;
	}
	head[12] = '\0';
	if (sscanf(head, "HTTP/1.1 %3d", &status) != 1)
		return -EPROTO;
	while ((more = sock_read(s, rest, sizeof rest, sock_in(PATIENCE_MS))) >
	    0)
		;
	return more < 0 ? (int)more : status;
}

static int
ask(const char *address, const char *request, size_t n)
{
	sock_t s = sock_dial(address, .deadline = sock_in(PATIENCE_MS));
	int status;

	if (s < 0)
		return (int)s;
	/* It may refuse before it has read all of it. */
	sock_write(s, request, n, sock_in(PATIENCE_MS));
	sock_shut(s, SOCK_DEFAULT);
	status = read_status(s);
	sock_close(s);
	return status;
}

static int
ask_well(const char *address)
{
	const int status = ask(address, good, sizeof good - 1);

	if (status == 200)
		return 0;
	fprintf(stderr, "a good request gets %d\n", status);
	return 1;
}

static int
garble(const char *address, int count)
{
	static struct request r;
	int i, mistakes_left, status;

	for (i = 0; i < count; i++) {
		const char *from = requests[random_below(sizeof requests /
		    sizeof requests[0])];

		r.n = strlen(from);
		memcpy(r.at, from, r.n);
		mistakes_left = (int)random_below(4) + 1;
		while (mistakes_left-- > 0)
			make_mistake(&r);
		status = ask(address, r.at, r.n);
		/* What it did not read is a reset in the end. */
		if (status < 0 && status != -ECONNRESET && status != -EPIPE) {
			fprintf(stderr, "%d for:\n", status);
			fwrite(r.at, 1, r.n, stderr);
			return 1;
		}
		if (i % 50 == 0 && ask_well(address) != 0)
			return 1;
	}
	return ask_well(address);
}

struct dripper {
	const char *address;
	int status;
};

static void
drip(void *arg)
{
	static const char head[] = "GET / HTTP/1.1\r\nHost: x\r\nA: ";
	struct dripper *d = arg;
	sock_t s = sock_dial(d->address, .deadline = sock_in(PATIENCE_MS));
	struct sock_event e = { .sock = s, .want = SOCK_READABLE };
	size_t i = 0;

	do
		if (sock_write(s, i < sizeof head - 1 ? head + i : "a", 1,
			SOCK_DEFAULT) < 0)
			break;
	while (i++ < 10000 && sock_wait(&e, 1, sock_in(PAUSE_MS)) != 1);
	d->status = read_status(s);
	sock_close(s);
}

static int
drip_all(const char *address, int count)
{
	struct dripper *all = calloc((size_t)count, sizeof *all);
	struct sock_group *group = sock_group_new();
	int i, code = 0;

	if (all == NULL || group == NULL)
		return 1;
	for (i = 0; i < count; i++) {
		all[i].address = address;
		if (sock_go(group, drip, &all[i]) < 0)
			return 1;
	}
	for (i = 0; i < 20; i++)
		code |= ask_well(address);
	sock_group_wait(group, SOCK_FOREVER);
	sock_group_free(group);
	for (i = 0; i < count; i++)
		if (all[i].status != 408) {
			fprintf(stderr, "a drip gets %d\n", all[i].status);
			code = 1;
		}
	free(all);
	return code;
}

int
main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "garble") == 0) {
		seed = strtoull(argv[3], NULL, 10) * 2 + 1;
		return garble(argv[2], (int)strtol(argv[4], NULL, 10));
	}
	if (argc == 4 && strcmp(argv[1], "drip") == 0)
		return drip_all(argv[2], (int)strtol(argv[3], NULL, 10));
	fprintf(stderr,
	    "usage: unruly garble ADDRESS SEED COUNT\n"
	    "       unruly drip ADDRESS COUNT\n");
	return 2;
}
