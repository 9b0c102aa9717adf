/* SPDX-License-Identifier: MIT */
#include "name/make_registry.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BUCKET_MAX 32 /* today the fullest of the 1,024 buckets has 16 */

/* A table to write: numbers, whatever their width there. */
struct numbers {
	uint64_t *at;
	size_t count;
};

/* What the tables are made from. */
struct making {
	struct registry *registry;
	const struct record **by_number;
	size_t extras;       /* the records that are linked to, and no record */
	uint32_t *name_at;   /* of each name */
	unsigned *name_port; /* of each name, one of its ports */
	const struct record **others;
	size_t other_count;
	struct numbers names, slots, displacements;
};

static struct numbers
numbers(size_t room)
{
	return (struct numbers){ make_registry_alloc(room, sizeof(uint64_t)),
		0 };
}

static void
add(struct numbers *to, uint64_t value)
{
	to->at[to->count++] = value;
}

static void
write_numbers(FILE *out, const char *declaration, struct numbers *n)
{
	fprintf(out, "\nconst %s = {", declaration);
	for (size_t i = 0; i < n->count; i++)
		fprintf(out, "%s%" PRIu64 "u,", i % 12 == 0 ? "\n\t" : " ",
		    n->at[i]);
	fprintf(out, "\n};\n");
	free(n->at);
	n->at = NULL;
}

/* Numbers the records: those that are linked to, then each port's first. */
static void
number_records(struct making *m)
{
	struct record *records = m->registry->records;
	const size_t count = m->registry->record_count;
	unsigned number = 1;

	m->by_number = make_registry_alloc(count + 1, sizeof *m->by_number);
	for (int first = 0; first < 2; first++) {
		for (size_t i = 0; i < count; i++) {
			struct record *r = &records[i];
			const bool is_first = i == 0 || r[-1].port != r->port;

			if (is_first != (first == 1))
				continue;
			m->by_number[number] = r;
			r->number = number++;
		}
		if (first == 0)
			m->extras = number;
	}
	if (m->extras > REGISTRY_NEXT_MAX || number > REGISTRY_RECORD_MAX ||
	    (count > 0 && records[count - 1].port >= 64 * REGISTRY_PAGES))
		make_registry_fail("too many records for name/registry.h");
}

/* By their ends, so that a name stands right before what it is the end of. */
static int
compare_ends(const void *a, const void *b)
{
	const char *const *x = *(const char *const *const *)a;
	const char *const *y = *(const char *const *const *)b;
	size_t n = strlen(*x), m = strlen(*y);

	while (n > 0 && m > 0) {
		const unsigned char c = (unsigned char)(*x)[--n];
		const unsigned char d = (unsigned char)(*y)[--m];

		if (c != d)
			return c < d ? -1 : 1;
	}
	return n < m ? -1 : n > m;
}

static bool
is_end_of(const char *end, const char *name)
{
	const size_t n = strlen(end), m = strlen(name);

	return n < m && strcmp(name + (m - n), end) == 0;
}

static void
make_names(struct making *m)
{
	const char **names = m->registry->names;
	const size_t count = m->registry->name_count;
	const char ***sorted = make_registry_alloc(count, sizeof *sorted);

	m->name_at = make_registry_alloc(count, sizeof *m->name_at);
	m->names = numbers((count + 1) * (REGISTRY_NAME_MAX + 1));
	for (size_t i = 0; i < count; i++)
		sorted[i] = &names[i];
	qsort(sorted, count, sizeof *sorted, compare_ends);
	for (size_t i = count; i-- > 0;) {
		const char **name = sorted[i];
		const char **next = i + 1 < count ? sorted[i + 1] : NULL;

		if (next != NULL && is_end_of(*name, *next)) {
			m->name_at[name - names] =
			    (uint32_t)(m->name_at[next - names] +
				strlen(*next) - strlen(*name));
			continue;
		}
		m->name_at[name - names] = (uint32_t)m->names.count;
		for (const char *s = *name; *s != '\0'; s++)
			add(&m->names, (unsigned char)*s);
		add(&m->names, 0);
	}
	if (m->names.count > REGISTRY_NAME_AT_MAX)
		make_registry_fail("too many names for name/registry.h");
	for (int i = 0; i < REGISTRY_NAME_MAX; i++)
		add(&m->names, 0);
	free(sorted);
}

/* By name; the everyday port first, then the lowest. */
static int
compare_records(const void *a, const void *b)
{
	const struct record *x = *(const struct record *const *)a;
	const struct record *y = *(const struct record *const *)b;

	if (x->name != y->name)
		return x->name < y->name ? -1 : 1;
	if (x->everyday != y->everyday)
		return x->everyday ? -1 : 1;
	return x < y ? -1 : x > y; /* they lie by port */
}

/* A port of each name, and all ports of those that have several. */
static void
make_others(struct making *m)
{
	const struct registry *g = m->registry;
	const size_t room = g->record_count;
	struct record **sorted = make_registry_alloc(room, sizeof *sorted);
	size_t count = 0, i, end;

	m->name_port = make_registry_alloc(g->name_count, sizeof *m->name_port);
	m->others = make_registry_alloc(room, sizeof *m->others);
	for (i = 0; i < room; i++)
		if (g->records[i].port == g->records[i].first_port)
			sorted[count++] = &g->records[i];
	qsort(sorted, count, sizeof *sorted, compare_records);
	for (i = 0; i < count; i = end) {
		bool several = false;

		for (end = i;
		     end < count && sorted[end]->name == sorted[i]->name; end++)
			several =
			    several || sorted[end]->port != sorted[i]->port;
		m->name_port[sorted[i]->name] = sorted[i]->port;
		for (size_t j = i; several && j < end; j++) {
			sorted[j]->others = true;
			m->others[m->other_count++] = sorted[j];
		}
	}
	free(sorted);
}

/* The names of one bucket, by their hashes. */
struct bucket {
	unsigned number, count;
	struct {
		uint64_t hash;
		unsigned port;
	} names[BUCKET_MAX];
};

/* The fullest first, while there is room. */
static int
compare_buckets(const void *a, const void *b)
{
	const struct bucket *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

/* Puts the names of a bucket into free slots, all at one displacement. */
static bool
fill_slots(uint64_t *slots, const struct bucket *b, unsigned displacement)
{
	unsigned done;

	for (done = 0; done < b->count; done++) {
		uint64_t *slot = &slots[socki_registry_slot(b->names[done].hash,
		    displacement)];

		if (*slot != 0)
			break;
		*slot = b->names[done].port;
	}
	if (done == b->count)
		return true;
	while (done-- > 0)
		slots[socki_registry_slot(b->names[done].hash, displacement)] =
		    0;
	return false;
}

static void
make_slots(struct making *m)
{
	const struct registry *g = m->registry;
	struct bucket *buckets =
	    make_registry_alloc(REGISTRY_BUCKETS, sizeof *buckets);

	m->slots = numbers(REGISTRY_SLOTS);
	m->slots.count = REGISTRY_SLOTS;
	m->displacements = numbers(REGISTRY_BUCKETS);
	m->displacements.count = REGISTRY_BUCKETS;
	for (unsigned i = 0; i < REGISTRY_BUCKETS; i++)
		buckets[i].number = i;
	for (size_t i = 0; i < g->name_count; i++) {
		const uint64_t hash =
		    socki_registry_hash(make_registry_key(g->names[i]));
		struct bucket *b = &buckets[socki_registry_bucket(hash)];

		if (b->count == BUCKET_MAX)
			make_registry_fail("a bucket is full: more "
					   "REGISTRY_BUCKETS are needed");
		b->names[b->count].hash = hash;
		b->names[b->count++].port = m->name_port[i];
	}
	qsort(buckets, REGISTRY_BUCKETS, sizeof *buckets, compare_buckets);
	for (unsigned i = 0; i < REGISTRY_BUCKETS; i++) {
		unsigned displacement = 0;

		while (!fill_slots(m->slots.at, &buckets[i], displacement))
			if (++displacement > UINT16_MAX)
				make_registry_fail("too few REGISTRY_SLOTS");
		m->displacements.at[buckets[i].number] = displacement;
	}
	free(buckets);
}

static void
write_records(const struct making *m, FILE *out)
{
	const size_t count = m->registry->record_count;
	struct numbers packed = numbers(count + 1);

	add(&packed, 0);
	for (size_t i = 1; i <= count; i++) {
		const struct record *r = m->by_number[i];
		const bool last = r + 1 == m->registry->records + count ||
		    r[1].port != r->port;

		add(&packed,
		    m->name_at[r->name] << REGISTRY_NAME_SHIFT |
			(last ? 0 : r[1].number << REGISTRY_NEXT_SHIFT) |
			(r->others ? REGISTRY_OTHERS : 0) |
			(r->alias ? REGISTRY_ALIAS : 0) | r->transports);
	}
	write_numbers(out, "uint32_t socki_registry_records[]", &packed);
}

static void
write_pages(const struct making *m, FILE *out)
{
	const size_t count = m->registry->record_count;
	struct numbers pages = numbers(REGISTRY_PAGES);
	struct numbers records = numbers(REGISTRY_PAGES);
	size_t next = m->extras;

	for (unsigned page = 0; page < REGISTRY_PAGES; page++) {
		uint64_t ports = 0;

		add(&records, next);
		while (next <= count && m->by_number[next]->port / 64 == page)
			ports |= (uint64_t)1 << m->by_number[next++]->port % 64;
		add(&pages, ports);
	}
	write_numbers(out, "uint64_t socki_registry_pages[REGISTRY_PAGES]",
	    &pages);
	write_numbers(out,
	    "uint16_t socki_registry_page_records[REGISTRY_PAGES]", &records);
}

static void
write_others(const struct making *m, FILE *out)
{
	fprintf(out,
	    "\nconst struct socki_registry_other socki_registry_others[] = {");
	for (size_t i = 0; i < m->other_count; i++)
		fprintf(out, "\n\t{ %uu, %u },",
		    (unsigned)m->name_at[m->others[i]->name],
		    m->others[i]->port);
	fprintf(out, "%s\n};\n", m->other_count == 0 ? "\n\t{ 0, 0 }," : "");
	fprintf(out, "const unsigned socki_registry_other_count = %uu;\n",
	    (unsigned)m->other_count);
}

static void
write_ranges(const struct making *m, FILE *out)
{
	const struct registry *g = m->registry;
	unsigned count = 0;

	fprintf(out,
	    "\nconst struct socki_registry_range socki_registry_ranges[] = {");
	for (size_t i = 0; i < g->record_count; i++) {
		const struct record *r = &g->records[i];

		if (r->port != r->first_port || r->port == r->last_port)
			continue;
		fprintf(out, "\n\t{ %uu, %u, %u },",
		    (unsigned)m->name_at[r->name], r->first_port, r->last_port);
		count++;
	}
	fprintf(out, "%s\n};\n", count == 0 ? "\n\t{ 0, 0, 0 }," : "");
	fprintf(out, "const unsigned socki_registry_range_count = %u;\n",
	    count);
}

void
make_registry_tables(struct registry *registry, FILE *out)
{
	struct making m = { .registry = registry };

	number_records(&m);
	make_names(&m);
	make_others(&m);
	make_slots(&m);

	fputs("/* Written by make_registry. */\n"
	      "#include \"name/registry.h\"\n",
	    out);
	write_records(&m, out);
	write_pages(&m, out);
	write_numbers(out, "char socki_registry_names[]", &m.names);
	write_numbers(out,
	    "uint16_t socki_registry_displacements[REGISTRY_BUCKETS]",
	    &m.displacements);
	write_numbers(out, "uint16_t socki_registry_slots[REGISTRY_SLOTS]",
	    &m.slots);
	write_others(&m, out);
	write_ranges(&m, out);
	free(m.by_number);
	free(m.name_at);
	free(m.name_port);
	free(m.others);
}
