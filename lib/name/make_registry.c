/* SPDX-License-Identifier: MIT */

/*
 * make_registry REGISTRY EVERYDAY OUT: writes the tables of name/registry.h as
 * one C file, from registry.tsv and everyday.tsv.  It runs on the machine that
 * builds; what it writes is the same for every machine.
 *
 * A row that is wrong or there twice ends it with the file, the line and the
 * reason, status 1, and no OUT.
 */
#include "name/make_registry.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "name/rows.h"

#define ROWS_MAX 60000 /* five registries; record numbers have 16 bits */

/* One row of either file. */
struct row {
	struct socki_row is;
	const char *path;
	unsigned line;
	unsigned name;
	bool alias, everyday;
};

/* A row at one of its ports. */
struct place {
	unsigned port;
	const struct row *row;
};

/* Static, so that what a failure leaves behind can be reached: no leak. */
static struct row rows[ROWS_MAX];
static size_t row_count;
static struct registry registry;
static char *texts[2];

void
make_registry_fail(const char *format, ...)
{
	va_list args;

	fputs("make_registry: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

void *
make_registry_alloc(size_t count, size_t size)
{
	void *p = calloc(count + 1, size);

	if (p == NULL)
		make_registry_fail("out of memory");
	return p;
}

struct socki_registry_key
make_registry_key(const char *name)
{
	return socki_registry_key(name, strlen(name));
}

/* The row of the registry that an everyday row is about, or NULL. */
static struct row *
find(const struct socki_row *is, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct socki_row *other = &rows[i].is;

		if (other->first == is->first && other->last == is->last &&
		    other->transport == is->transport &&
		    strcmp(other->name, is->name) == 0)
			return &rows[i];
	}
	return NULL;
}

static char *
load(const char *path, bool everyday)
{
	const size_t registered = row_count;
	struct socki_rows in;
	struct socki_row is;
	char *text;
	size_t n;
	int rc;

	text = socki_rows_load(path, &n);
	if (text == NULL)
		make_registry_fail("%s: %s", path, strerror(errno));
	socki_rows_start(&in, text, n);
	if (everyday)
		in.name_max = REGISTRY_NAME_MAX;
	while ((rc = socki_rows_next(&in, &is)) > 0) {
		struct row *known = everyday ? find(&is, registered) : NULL;

		if (known != NULL) {
			known->everyday = true;
			continue;
		}
		if (row_count == ROWS_MAX)
			make_registry_fail("%s:%u: too many rows", path,
			    in.line);
		rows[row_count++] = (struct row){ .is = is,
			.path = path,
			.line = in.line,
			.alias = everyday };
	}
	if (rc < 0)
		make_registry_fail("%s:%u: %s", path, in.line, in.why);
	return text;
}

static int
compare_names(const void *a, const void *b)
{
	const struct row *const *x = a, *const *y = b;
	const char *s = (*x)->is.name, *t = (*y)->is.name;
	const struct socki_registry_key k =
	    socki_registry_small(make_registry_key(s));
	const struct socki_registry_key l =
	    socki_registry_small(make_registry_key(t));

	return memcmp(&k, &l, sizeof k);
}

/* Gives each row the number of its name, whatever the case of letters. */
static void
number_names(void)
{
	struct row **sorted = make_registry_alloc(row_count, sizeof *sorted);

	registry.names = make_registry_alloc(row_count, sizeof *registry.names);
	for (size_t i = 0; i < row_count; i++)
		sorted[i] = &rows[i];
	qsort(sorted, row_count, sizeof *sorted, compare_names);
	for (size_t i = 0; i < row_count; i++) {
		struct row *r = sorted[i];

		if (i == 0 || compare_names(&sorted[i - 1], &r) != 0)
			registry.names[registry.name_count++] = r->is.name;
		r->name = (unsigned)registry.name_count - 1;
		if (strcmp(registry.names[r->name], r->is.name) != 0)
			make_registry_fail("%s:%u: %s is spelled %s elsewhere",
			    r->path, r->line, r->is.name,
			    registry.names[r->name]);
	}
	free(sorted);
}

/* By port and transport, each port's everyday name first and aliases last. */
static int
compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	if (x->row->alias != y->row->alias)
		return x->row->alias ? 1 : -1;
	if (x->row->is.transport != y->row->is.transport)
		return x->row->is.transport < y->row->is.transport ? -1 : 1;
	if (x->row->everyday != y->row->everyday)
		return x->row->everyday ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

/*
 * The record of the same name that a place may join without coming before a
 * name that its transport has first; moved to the end where that helps, except
 * for the port's first.  NULL: none.
 */
static struct record *
joinable(const struct row *row, struct record *first, unsigned port)
{
	struct record *end = registry.records + registry.record_count;
	struct record *found = NULL, kept;
	unsigned after = 0, found_after = 0;

	for (struct record *r = end; r-- > first;) {
		if (r->name == row->name &&
		    (r->transports & row->is.transport) != 0)
			make_registry_fail("%s:%u: %s has port %u already",
			    row->path, row->line, row->is.name, port);
		if (found == NULL && r->name == row->name &&
		    r->alias == row->alias) {
			found = r;
			found_after = after;
		}
		after |= r->transports;
	}
	if (found == NULL || (found_after & row->is.transport) == 0)
		return found;
	if (found == first || (found_after & found->transports) != 0)
		return NULL;
	kept = *found;
	memmove(found, found + 1, (size_t)(end - found - 1) * sizeof *found);
	end[-1] = kept;
	return end - 1;
}

static void
add_place(const struct place *p, struct record *first)
{
	const struct row *row = p->row;
	struct record *r = joinable(row, first, p->port);

	if (r == NULL) {
		r = &registry.records[registry.record_count++];
		*r = (struct record){ .port = p->port,
			.name = row->name,
			.text = registry.names[row->name],
			.first_port = (unsigned)row->is.first,
			.last_port = (unsigned)row->is.last,
			.alias = row->alias };
	}
	r->transports |= row->is.transport;
	r->everyday = r->everyday || row->everyday;
}

static void
make_records(void)
{
	struct place *places;
	struct record *first = NULL;
	size_t count = 0;

	for (size_t i = 0; i < row_count; i++)
		count += (size_t)(rows[i].is.last - rows[i].is.first) + 1;
	places = make_registry_alloc(count, sizeof *places);
	registry.records = make_registry_alloc(count, sizeof *registry.records);
	count = 0;
	for (size_t i = 0; i < row_count; i++) {
		const struct row *r = &rows[i];

		for (int port = r->is.first; port <= r->is.last; port++)
			places[count++] = (struct place){ (unsigned)port, r };
	}
	qsort(places, count, sizeof *places, compare_places);
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || places[i].port != places[i - 1].port)
			first = registry.records + registry.record_count;
		add_place(&places[i], first);
	}
	free(places);
}

int
main(int argc, char **argv)
{
	FILE *out;

	if (argc != 4)
		make_registry_fail("usage: make_registry REGISTRY EVERYDAY "
				   "OUT");
	texts[0] = load(argv[1], false);
	texts[1] = load(argv[2], true);
	number_names();
	make_records();
	make_registry_tables(&registry);

	out = fopen(argv[3], "w");
	if (out == NULL)
		make_registry_fail("%s: %s", argv[3], strerror(errno));
	make_registry_write(out);
	if (ferror(out) || fclose(out) != 0) {
		remove(argv[3]);
		make_registry_fail("%s: cannot be written", argv[3]);
	}
	free(registry.records);
	free(registry.names);
	free(texts[0]);
	free(texts[1]);
	return 0;
}
