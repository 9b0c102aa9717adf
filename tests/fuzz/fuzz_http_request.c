/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../examples/servers/httpd_chunks.h"
#include "../../examples/servers/httpd_match.h"
#include "../../examples/servers/httpd_path.h"
#include "../../examples/servers/httpd_request.h"

/*
 * What a web server may be asked.  The first byte says how the rest is cut
 * into pieces; whole, and in these pieces, it must be understood alike.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check(int good)
{
	if (!good)
		abort();
}

/* The end of the head, or the status that refuses it, negative. */
static int
read_head(struct request *r, const char *in, size_t n, size_t step)
{
	size_t at;
	int rc = 0;

	*r = (struct request){ 0 };
	for (at = 0; rc == 0 && at < n;) {
		at += n - at < step ? n - at : step;
		rc = request_read(r, in, at);
		check(rc <= (int)at);
	}
	return rc;
}

static void
check_path(struct text encoded)
{
	char path[PATH_ROOM], again[PATH_ROOM], room[3 * PATH_ROOM];
	struct out o = { .at = room, .room = sizeof room };
	const char *at = path;

	if (path_decode(encoded, path) != 0)
		return;
	check(path[0] != '/' && strstr(path, "//") == NULL);
	while (at != NULL) {
		check(strcmp(at, "..") != 0 && strncmp(at, "../", 3) != 0);
		at = strchr(at, '/');
		if (at != NULL)
			at++;
	}
	put_char(&o, '/');
	path_encode(&o, path);
	check(!o.full);
	check(path_decode((struct text){ room, o.used }, again) == 0);
	check(strcmp(path, again) == 0);
}

static void
check_request(const struct request *r)
{
	struct version v;
	struct part p;
	int status;

	check(r->line.n > 0 && memchr(r->line.at, '\n', r->line.n) == NULL);
	check(r->path.n == 0 || r->path.at[0] == '/');
	check(r->length >= 0 && (!r->chunked || r->length == 0));
	check_path(r->path);
	version_of(&v, INT64_C(784111777000000000), 1000,
	    INT64_C(1795370000000000000));
	status = match(r, &v, 1795370000, &p);
	check(status != 206 ||
	    (p.first >= 0 && p.length > 0 && p.first + p.length <= 1000));
	check(status != 200 || (p.first == 0 && p.length == 1000));
}

static size_t
read_chunks(struct chunks *c, const char *in, size_t n, size_t step)
{
	size_t at = 0, room, taken;

	*c = (struct chunks){ 0 };
	while (at < n && !c->whole && !c->wrong) {
		room = n - at < step ? n - at : step;
		taken = chunks_take(c, in + at, room);
		check(taken > 0 && taken <= room);
		at += taken;
	}
	return at;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct request whole, sliced;
	struct chunks c[2];
	const char *in = (const char *)data + 1;
	size_t step;
	int rc, again;

	if (n-- == 0)
		return 0;
	step = 1 + data[0] % 32;
	rc = read_head(&whole, in, n, n);
	again = read_head(&sliced, in, n, step);
	/* Of two bounds it may meet the other one first. */
	check(rc == again || (rc < 0 && again < 0));
	if (rc <= 0)
		return 0;
	check(memcmp(&whole.line, &sliced.line, sizeof whole.line) == 0);
	check_request(&whole);
	if (whole.chunked) {
		in += rc;
		n -= (size_t)rc;
		check(read_chunks(&c[0], in, n, n) ==
		    read_chunks(&c[1], in, n, step));
		check(c[0].whole == c[1].whole && c[0].wrong == c[1].wrong);
	}
	return 0;
}
