/* SPDX-License-Identifier: MIT */
#include "name/service.h"

#include <string.h>

#include "base/error.h"
#include "name/registry.h"
#include "name/services_file.h"

static const char transport_texts[REGISTRY_ANY + 1][18] = {
	"",
	"tcp",
	"udp",
	"tcp,udp",
	"sctp",
	"tcp,sctp",
	"udp,sctp",
	"tcp,udp,sctp",
	"dccp",
	"tcp,dccp",
	"udp,dccp",
	"tcp,udp,dccp",
	"sctp,dccp",
	"tcp,sctp,dccp",
	"udp,sctp,dccp",
	"tcp,udp,sctp,dccp",
};

static const char *
transports_text(uint32_t record)
{
	return transport_texts[record & REGISTRY_ANY];
}

/* 0: there is no such transport. */
static inline unsigned
transports_of(const char *text)
{
	if (text == NULL)
		return REGISTRY_ANY;
	/* What nearly everybody asks for. */
	if (text[0] == 't' && text[1] == 'c' && text[2] == 'p' &&
	    text[3] == '\0')
		return REGISTRY_TCP;
	if (text[0] == '\0' || text[1] == '\0' || text[2] == '\0')
		return 0;
	if (text[3] == '\0')
		return socki_registry_transport(text, 3);
	return text[4] == '\0' ? socki_registry_transport(text, 4) : 0;
}

static const char *
name_of(uint32_t record)
{
	return socki_registry_names + (record >> REGISTRY_NAME_SHIFT);
}

/* Inline: for a processor that may lack the instruction, gcc calls libgcc. */
static inline unsigned
count_bits(uint64_t x)
{
	x -= x >> 1 & 0x5555555555555555u;
	x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
	x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
	return (unsigned)(x * 0x0101010101010101u >> 56);
}

/* The first record of a port, 0 for none. */
static inline unsigned
first_record(int port)
{
	uint64_t up_to;

	if (port < 0 || port >= REGISTRY_PAGES * 64)
		return 0;
	up_to = socki_registry_pages[port / 64] << (63 - port % 64);
	if (up_to >> 63 == 0)
		return 0;
	return socki_registry_page_records[port / 64] + count_bits(up_to) - 1;
}

static unsigned
next_record(uint32_t record)
{
	return record >> REGISTRY_NEXT_SHIFT & REGISTRY_NEXT_MAX;
}

/* Whether a place of socki_registry_names has the name of n bytes. */
static bool
is_same(const char *place, struct socki_registry_key name, size_t n)
{
	const struct socki_registry_key other = socki_registry_key(place, n);

	return place[n] == '\0' &&
	    (socki_registry_equal(other, name) ||
		socki_registry_equal(socki_registry_small(other),
		    socki_registry_small(name)));
}

/* The first record of a name, 0 for none; and its port. */
static inline unsigned
record_of(const char *name, size_t n, int *port)
{
	struct socki_registry_key key;
	uint64_t hash;
	unsigned i;

	if (n == 0 || n > REGISTRY_NAME_MAX)
		return 0;
	key = socki_registry_key(name, n);
	hash = socki_registry_hash(key);
	*port = socki_registry_slots[socki_registry_slot(hash,
	    socki_registry_displacements[socki_registry_bucket(hash)])];
	for (i = first_record(*port); i != 0;
	     i = next_record(socki_registry_records[i]))
		if (is_same(name_of(socki_registry_records[i]), key, n))
			break;
	return i;
}

/* The transports for which a port has the name of the record. */
static unsigned
transports_at(int port, uint32_t record)
{
	unsigned transports = 0;
	uint32_t other;

	for (unsigned i = first_record(port); i != 0; i = next_record(other)) {
		other = socki_registry_records[i];
		if (name_of(other) == name_of(record))
			transports |= other & REGISTRY_ANY;
	}
	return transports;
}

/* Of a name with several ports: by transport, then the everyday one. */
static int __attribute__((noinline))
port_of_several(uint32_t record, unsigned transports)
{
	const struct socki_registry_other *o = socki_registry_others;
	const struct socki_registry_other *end = o + socki_registry_other_count;

	while (o < end && o->name != record >> REGISTRY_NAME_SHIFT)
		o++;
	for (unsigned t = REGISTRY_TCP; t <= REGISTRY_DCCP; t <<= 1)
		for (const struct socki_registry_other *at = o;
		     at < end && at->name == o->name; at++)
			if ((transports_at(at->port, record) & transports &
				t) != 0)
				return at->port;
	return 0;
}

/* 0: the registry has none. */
static int
registered_port(const char *name, size_t n, unsigned transports)
{
	int port = 0;
	const unsigned i = record_of(name, n, &port);
	const uint32_t record = socki_registry_records[i];

	if (i == 0)
		return 0;
	if ((record & REGISTRY_OTHERS) != 0)
		return port_of_several(record, transports);
	if ((record & transports) != 0 ||
	    (transports_at(port, record) & transports) != 0)
		return port;
	return 0;
}

static int
port_of(const char *name, size_t n, unsigned transports)
{
	int port;

	port = registered_port(name, n, transports);
	if (port == 0)
		port = socki_services_file_port(name, n, transports);
	return port > 0 ? port : SOCK_ENOSERVICE;
}

int
socki_service_port_n(const char *name, size_t n, const char *transport)
{
	/* A key cannot tell a NUL from what it is padded with. */
	if (memchr(name, '\0', n) != NULL)
		return SOCK_ENOSERVICE;
	return port_of(name, n, transports_of(transport));
}

static int __attribute__((cold))
no_service(const char *name, const char *transport)
{
	struct socki_why why = { .text = "" };
	unsigned known = 0;

	if (transports_of(transport) == 0)
		(void)socki_why(&why, 0, "no transport is called \"%.16s\"",
		    transport);
	else if (name == NULL)
		(void)socki_why(&why, 0, "the name is NULL");
	else if (*name == '\0')
		(void)socki_why(&why, 0, "the name is empty");
	else if (name[strspn(name, "0123456789")] == '\0')
		(void)socki_why(&why, 0, "a number is not a name");
	for (unsigned t = REGISTRY_TCP; t <= REGISTRY_DCCP && name != NULL;
	     t <<= 1)
		if (registered_port(name, strlen(name), t) > 0)
			known |= t;
	if (known != 0 && why.text[0] == '\0')
		(void)socki_why(&why, 0, "known on %s only",
		    transport_texts[known]);
	return socki_error(SOCK_ENOSERVICE, "service", name, &why);
}

int
sock_service_port(const char *name, const char *transport)
{
	int port = SOCK_ENOSERVICE;

	if (name != NULL)
		port = port_of(name, strlen(name), transports_of(transport));
	return port > 0 ? port : no_service(name, transport);
}

const char *
sock_service_name(int port, const char *transport)
{
	const unsigned transports = transports_of(transport);
	uint32_t record;
	unsigned i;

	for (i = first_record(port); i != 0; i = next_record(record)) {
		record = socki_registry_records[i];
		if ((record & transports) != 0)
			return name_of(record);
	}
	return socki_services_file_name(port, transports);
}

/* Whether a record of the port before this one gave the same name. */
static bool
is_repeated(int port, unsigned until, unsigned transports)
{
	const uint32_t last = socki_registry_records[until];
	unsigned i;

	for (i = first_record(port); i != until;
	     i = next_record(socki_registry_records[i]))
		if ((socki_registry_records[i] & transports) != 0 &&
		    name_of(socki_registry_records[i]) == name_of(last))
			return true;
	return false;
}

int
sock_service_names(int port, const char *transport, const char **out, int max)
{
	const unsigned transports = transports_of(transport);
	int count = 0;
	unsigned i;

	for (i = first_record(port); i != 0;
	     i = next_record(socki_registry_records[i])) {
		const uint32_t record = socki_registry_records[i];

		if ((record & transports) == 0 ||
		    is_repeated(port, i, transports))
			continue;
		if (count < max)
			out[count] = name_of(record);
		count++;
	}
	return count;
}

/* The first port after this one that has a record, or 0. */
static int
next_port(int port)
{
	uint64_t ports;
	int page = (port + 1) / 64;

	for (; page < REGISTRY_PAGES; page++) {
		ports = socki_registry_pages[page];
		if (page == (port + 1) / 64)
			ports &= UINT64_MAX << (port + 1) % 64;
		if (ports != 0)
			return 64 * page + __builtin_ctzll(ports);
	}
	return 0;
}

/* The range that a name has at a port; NULL: that port alone. */
static const struct socki_registry_range *
range_of(uint32_t record, int port)
{
	for (unsigned i = 0; i < socki_registry_range_count; i++) {
		const struct socki_registry_range *r =
		    &socki_registry_ranges[i];

		if (r->name == record >> REGISTRY_NAME_SHIFT &&
		    r->first <= port && port <= r->last)
			return r;
	}
	return NULL;
}

/* The record that the walk is at; 0: none. */
static unsigned
record_at(const struct sock_service *it)
{
	unsigned i;

	for (i = first_record(it->port); i != 0;
	     i = next_record(socki_registry_records[i]))
		if (name_of(socki_registry_records[i]) == it->name &&
		    transports_text(socki_registry_records[i]) ==
			it->transports)
			break;
	return i;
}

bool
sock_service_next(struct sock_service *it)
{
	int port = it->port;
	unsigned i = 0;

	if (it->size < sizeof *it || port < 0)
		return false;
	if (it->name != NULL) {
		i = record_at(it);
		if (i == 0)
			return false;
		i = next_record(socki_registry_records[i]);
	}
	for (;;) {
		const struct socki_registry_range *range;
		uint32_t record;

		if (i == 0) {
			port = next_port(port);
			i = first_record(port);
		}
		if (i == 0)
			return false;
		record = socki_registry_records[i];
		range = range_of(record, port);
		if ((record & REGISTRY_ALIAS) == 0 &&
		    (range == NULL || range->first == port)) {
			it->name = name_of(record);
			it->port = port;
			it->port_last = range != NULL ? range->last : port;
			it->transports = transports_text(record);
			return true;
		}
		i = next_record(record);
	}
}
