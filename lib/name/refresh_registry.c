/* SPDX-License-Identifier: MIT */

/*
 * refresh_registry SOURCE REGISTRY: for maintainers, when IANA has new
 * assignments.  SOURCE is
 *
 *   https://www.iana.org/assignments/service-names-port-numbers/
 *       service-names-port-numbers.csv
 *
 * fetched by hand (or a registry.tsv), and REGISTRY is lib/name/registry.tsv,
 * which is written anew: by port, then transport, the names of each in the
 * order of SOURCE, where the preferred one is the first.  What it says at its
 * top, in lines that begin with '#', stays.  The few ports where another name
 * is preferred stand in everyday.tsv, which make_registry reads; a row there
 * that IANA has come to assign becomes one of those.
 *
 * A row that is there twice is written once.  A row that is wrong (rows.h)
 * ends it with SOURCE, the line and the reason, status 1, and REGISTRY as it
 * was.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "name/registry.h"
#include "name/rows.h"

#define ROWS_MAX 60000 /* five registries */

/* Static, so that what a failure leaves behind can be reached: no leak. */
static struct socki_row rows[ROWS_MAX];
static const struct socki_row *sorted[ROWS_MAX];
static size_t count;
static char *source, *before;

static _Noreturn void
fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

static _Noreturn void
fail(const char *format, ...)
{
	va_list args;

	fputs("refresh_registry: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static void
read_source(const char *path)
{
	struct socki_rows in;
	size_t n;
	int rc = 0;

	source = socki_rows_load(path, &n);
	if (source == NULL)
		fail("%s: %s", path, strerror(errno));
	socki_rows_start(&in, source, n);
	while (count < ROWS_MAX &&
	    (rc = socki_rows_next(&in, &rows[count])) > 0) {
		sorted[count] = &rows[count];
		count++;
	}
	if (count == ROWS_MAX)
		fail("%s:%u: too many rows", path, in.line);
	if (rc < 0)
		fail("%s:%u: %s", path, in.line, in.why);
	if (count == 0)
		fail("%s: no assignment in it", path);
}

static int
compare(const void *a, const void *b)
{
	const struct socki_row *x = *(const struct socki_row *const *)a;
	const struct socki_row *y = *(const struct socki_row *const *)b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	if (x->transport != y->transport)
		return x->transport < y->transport ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* Whether one of the same port and transport before it says the same. */
static bool
is_repeated(size_t i)
{
	const struct socki_row *row = sorted[i];

	while (i-- > 0 && sorted[i]->first == row->first &&
	    sorted[i]->transport == row->transport)
		if (sorted[i]->last == row->last &&
		    strcmp(sorted[i]->name, row->name) == 0)
			return true;
	return false;
}

static const char *
transport_name(unsigned transport)
{
	switch (transport) {
	case REGISTRY_TCP:
		return "tcp";
	case REGISTRY_UDP:
		return "udp";
	case REGISTRY_SCTP:
		return "sctp";
	default:
		return "dccp";
	}
}

static void
write_registry(FILE *out, const char *comments, size_t n)
{
	const char *end = comments == NULL ? NULL : comments + n, *newline;

	while (comments < end && *comments == '#' &&
	    (newline = memchr(comments, '\n', (size_t)(end - comments))) !=
		NULL) {
		fwrite(comments, 1, (size_t)(newline + 1 - comments), out);
		comments = newline + 1;
	}
	for (size_t i = 0; i < count; i++)
		if (!is_repeated(i))
			fprintf(out, "%s\t%d\t%d\t%s\n", sorted[i]->name,
			    sorted[i]->first, sorted[i]->last,
			    transport_name(sorted[i]->transport));
}

int
main(int argc, char **argv)
{
	char fresh[4096];
	size_t n = 0;
	bool failed;
	FILE *out;
	int length;

	if (argc != 3)
		fail("usage: refresh_registry SOURCE REGISTRY");
	read_source(argv[1]);
	qsort(sorted, count, sizeof *sorted, compare);
	before = socki_rows_load(argv[2], &n);
	if (before == NULL && errno != ENOENT)
		fail("%s: %s", argv[2], strerror(errno));

	length = snprintf(fresh, sizeof fresh, "%s.new", argv[2]);
	if (length < 0 || (size_t)length >= sizeof fresh)
		fail("%s: the path is too long", argv[2]);
	out = fopen(fresh, "wb");
	if (out == NULL)
		fail("%s: %s", fresh, strerror(errno));
	write_registry(out, before, n);
	failed = ferror(out) != 0;
	failed = fclose(out) != 0 || failed;
	if (failed || rename(fresh, argv[2]) != 0) {
		remove(fresh);
		fail("%s: it cannot be written", argv[2]);
	}
	free(source);
	free(before);
	return 0;
}
