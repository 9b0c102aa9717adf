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
	const struct registry *registry;
	uint64_t *name_slot; /* what the slot of each name holds */
	struct numbers pages;
	struct socki_registry_page *page;
	size_t page_count;
	struct numbers firsts, later, later_ports, names;
	struct numbers others, slots, displacements;
};

/* Static for the reason that make_registry.c's are. */
static struct making making;

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
	if (n->count == 0) /* C has no empty array */
		add(n, 0);
	for (size_t i = 0; i < n->count; i++)
		fprintf(out, "%s%" PRIu64 "u,", i % 12 == 0 ? "\n\t" : " ",
		    n->at[i]);
	fprintf(out, "\n};\n");
	free(n->at);
	n->at = NULL;
}

/* By their ends, so that a name stands right before what it is the end of. */
static int
compare_ends(const void *a, const void *b)
{
	const char *x = (*(const struct record *const *)a)->text;
	const char *y = (*(const struct record *const *)b)->text;
	size_t n = strlen(x), m = strlen(y);

	while (n > 0 && m > 0) {
		const unsigned char c = (unsigned char)x[--n];
		const unsigned char d = (unsigned char)y[--m];

		if (c != d)
			return c < d ? -1 : 1;
	}
	return n < m ? -1 : n > m;
}

static bool
is_end_of(const char *end, const char *name)
{
	const size_t n = strlen(end), m = strlen(name);

	return n <= m && strcmp(name + (m - n), end) == 0;
}

/* Finds places for the names of some records, behind all that have one. */
static void
lay_out(struct making *m, struct record *records, size_t count)
{
	struct record **sorted = make_registry_alloc(count, sizeof *sorted);

	for (size_t i = 0; i < count; i++)
		sorted[i] = &records[i];
	qsort(sorted, count, sizeof *sorted, compare_ends);
	for (size_t i = count; i-- > 0;) {
		struct record *r = sorted[i];
		const struct record *next = sorted[i + 1];

		r->name_at = m->names.count;
		if (i + 1 < count && is_end_of(r->text, next->text))
			r->name_at = next->name_at + strlen(next->text) -
			    strlen(r->text);
		else
			for (size_t j = 0; j <= strlen(r->text); j++)
				add(&m->names, (unsigned char)r->text[j]);
	}
	free(sorted);
}

/* The records of one page, which begin at r. */
static void
add_page(struct making *m, struct record *r, size_t count)
{
	const size_t names = m->names.count / 2;
	uint64_t ports = 0;

	lay_out(m, r, count);
	for (size_t i = 0; i < count; i++) {
		const uint64_t bit = (uint64_t)1 << r[i].port % 64;
		const uint64_t packed = (r[i].name_at - 2 * names)
			<< REGISTRY_NAME_SHIFT |
		    (r[i].alias ? REGISTRY_ALIAS : 0) | r[i].transports;

		if (packed > UINT16_MAX || names > UINT16_MAX)
			make_registry_fail("names too long for "
					   "name/registry.h");
		add((ports & bit) != 0 ? &m->later : &m->firsts, packed);
		if ((ports & bit) != 0)
			add(&m->later_ports, r[i].port);
		ports |= bit;
	}
	m->page[m->page_count].ports = ports;
	m->page[m->page_count++].names = (uint16_t)names;
}

static void
make_pages(struct making *m)
{
	struct record *r = m->registry->records;
	const struct record *end = r + m->registry->record_count;

	m->page = make_registry_alloc(REGISTRY_END / 64 + 1, sizeof *m->page);
	m->page_count = 1;
	add(&m->later, 0);
	add(&m->later_ports, 0);
	for (unsigned page = 0; page < REGISTRY_END / 64; page++) {
		size_t count = 0;

		while (r + count < end && r[count].port / 64 == page)
			count++;
		add(&m->pages, count > 0 ? m->page_count : 0);
		m->page[m->page_count].records = (uint16_t)m->firsts.count;
		m->page[m->page_count].later = (uint16_t)m->later.count;
		if (count > 0)
			add_page(m, r, count);
		r += count;
	}
	if (r < end)
		make_registry_fail("port %u is too high for name/registry.h",
		    r->port);
	if (m->later.count + m->firsts.count > UINT16_MAX)
		make_registry_fail("too many names for name/registry.h");
	/* First ones are numbered behind those that come later. */
	for (size_t i = 1; i < m->page_count; i++)
		m->page[i].records += (uint16_t)(m->later.count - 1);
	add(&m->later_ports, UINT16_MAX);
	for (int i = 0; i < REGISTRY_NAME_MAX; i++)
		add(&m->names, 0);
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

/* What the slot of a name holds: its port, or where its ports are. */
static void
make_others(struct making *m)
{
	const struct registry *g = m->registry;
	struct record **sorted =
	    make_registry_alloc(g->record_count, sizeof *sorted);
	size_t count = 0, i, end;

	m->name_slot = make_registry_alloc(g->name_count, sizeof *m->name_slot);
	m->others = numbers(2 * g->record_count);
	for (i = 0; i < g->record_count; i++)
		if (g->records[i].port == g->records[i].first_port)
			sorted[count++] = &g->records[i];
	qsort(sorted, count, sizeof *sorted, compare_records);
	for (i = 0; i < count; i = end) {
		uint64_t *slot = &m->name_slot[sorted[i]->name];
		bool several = false;

		for (end = i;
		     end < count && sorted[end]->name == sorted[i]->name; end++)
			several =
			    several || sorted[end]->port != sorted[i]->port;
		*slot = sorted[i]->port;
		if (!several)
			continue;
		*slot = REGISTRY_END + m->others.count;
		if (*slot > UINT16_MAX)
			make_registry_fail("too many names of several ports");
		add(&m->others, end - i);
		for (size_t j = i; j < end; j++)
			add(&m->others, sorted[j]->port);
	}
	free(sorted);
}

/* The names of one bucket, by their hashes. */
struct bucket {
	unsigned number, count;
	struct {
		uint64_t hash, slot;
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
		*slot = b->names[done].slot;
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
		b->names[b->count++].slot = m->name_slot[i];
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
write_pages(const struct making *m, FILE *out)
{
	fprintf(out,
	    "\nconst struct socki_registry_page socki_registry_page[] = {");
	for (size_t i = 0; i < m->page_count; i++)
		fprintf(out, "\n\t{ 0x%" PRIx64 "u, %u, %u, %u },",
		    m->page[i].ports, m->page[i].records, m->page[i].later,
		    m->page[i].names);
	fputs("\n};\n", out);
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
		fprintf(out, "\n\t{ %uu, %u, %u },", (unsigned)r->name_at,
		    r->first_port, r->last_port);
		count++;
	}
	fprintf(out, "%s\n};\n", count == 0 ? "\n\t{ 0, 0, 0 }," : "");
	fprintf(out, "const unsigned socki_registry_range_count = %u;\n",
	    count);
}

void
make_registry_tables(struct registry *registry)
{
	const size_t count = registry->record_count;
	struct making *m = &making;

	m->registry = registry;
	m->pages = numbers(REGISTRY_END / 64);
	m->firsts = numbers(count);
	m->later = numbers(count + 1);
	m->later_ports = numbers(count + 2);
	m->names = numbers((count + 1) * (REGISTRY_NAME_MAX + 1));
	make_pages(m);
	make_others(m);
	make_slots(m);
}

void
make_registry_write(FILE *out)
{
	struct making *m = &making;
	const size_t later = m->later.count - 1;
	const struct {
		const char *declaration;
		struct numbers *numbers;
	} tables[] = {
		{ "uint16_t socki_registry_pages[REGISTRY_END / 64]",
		    &m->pages },
		{ "uint16_t socki_registry_later_ports[]", &m->later_ports },
		{ "uint16_t socki_registry_records[]", &m->later },
		{ "char socki_registry_names[]", &m->names },
		{ "uint16_t socki_registry_displacements[REGISTRY_BUCKETS]",
		    &m->displacements },
		{ "uint16_t socki_registry_slots[REGISTRY_SLOTS]", &m->slots },
		{ "uint16_t socki_registry_others[]", &m->others },
	};

	for (size_t i = 0; i < m->firsts.count; i++)
		add(&m->later, m->firsts.at[i]);
	fputs("/* Written by make_registry. */\n"
	      "#include \"name/registry.h\"\n",
	    out);
	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
		write_numbers(out, tables[i].declaration, tables[i].numbers);
	fprintf(out, "\nconst unsigned socki_registry_later_count = %u;\n",
	    (unsigned)later);
	write_pages(m, out);
	write_ranges(m, out);
	free(m->firsts.at);
	free(m->page);
	free(m->name_slot);
}
