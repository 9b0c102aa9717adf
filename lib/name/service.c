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

/* Inline: for a processor that may lack the instruction, gcc calls libgcc. */
static inline unsigned
count_bits(uint64_t x)
{
	x -= x >> 1 & 0x5555555555555555u;
	x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
	x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
	return (unsigned)(x * 0x0101010101010101u >> 56);
}

/* Never NULL: what is no port is in a page without names. */
static inline const struct socki_registry_page *
page_of(int port)
{
	const bool known = port >= 0 && port < REGISTRY_END;

	return &socki_registry_page[known ?
		socki_registry_pages[(unsigned)port / 64] :
		0];
}

/* The first record of a port, 0 for none. */
static inline unsigned
first_record(const struct socki_registry_page *page, int port)
{
	const uint64_t up_to = page->ports << (63 - port % 64u);

	return up_to >> 63 != 0 ? page->records + count_bits(up_to) : 0;
}

/* The record of a port that comes behind this one, 0 for none. */
static unsigned __attribute__((noinline))
next_record(const struct socki_registry_page *page, int port, unsigned record)
{
	if (record <= socki_registry_later_count)
		record++;
	else
		for (record = page->later;
		     socki_registry_later_ports[record] < port; record++)
			;
	return socki_registry_later_ports[record] == port ? record : 0;
}

static inline const char *
name_of(const struct socki_registry_page *page, unsigned record)
{
	return socki_registry_names + 2u * page->names +
	    (socki_registry_records[record] >> REGISTRY_NAME_SHIFT);
}

static const char *
transports_text(unsigned record)
{
	return transport_texts[socki_registry_records[record] & REGISTRY_ANY];
}

/*
 * Whether a place of socki_registry_names has the name of n bytes.  Behind any
 * place there are bytes enough to read two words.
 */
static inline bool
is_same(const char *place, struct socki_registry_key name, size_t n)
{
	struct socki_registry_key other = { { socki_registry_word(place),
	    socki_registry_word(place + 8) } };

	if (n < 8)
		other.words[0] &= ~(UINT64_MAX << 8 * n);
	other.words[1] &= n <= 8 ? 0 : UINT64_MAX >> 8 * (16 - n);
	return place[n] == '\0' &&
	    (socki_registry_equal(other, name) ||
		socki_registry_equal(socki_registry_small(other),
		    socki_registry_small(name)));
}

/* Whether a port has the name of n bytes on one of the transports. */
static inline bool __attribute__((always_inline)) has_name(int port,
    struct socki_registry_key name, size_t n, unsigned transports)
{
	const struct socki_registry_page *page = page_of(port);

	for (unsigned i = first_record(page, port); i != 0;
	     i = next_record(page, port, i))
		if ((socki_registry_records[i] & transports) != 0 &&
		    is_same(name_of(page, i), name, n))
			return true;
	return false;
}

/* Of a name with several ports: by transport, then the everyday one. */
static int __attribute__((cold)) port_of_several(const uint16_t *ports,
    struct socki_registry_key name, size_t n, unsigned transports)
{
	const int count = *ports++;

	for (unsigned t = REGISTRY_TCP; t <= REGISTRY_DCCP; t <<= 1)
		for (int i = 0; i < count; i++)
			if (has_name(ports[i], name, n, transports & t))
				return ports[i];
	return 0;
}

/* 0: the registry has none. */
static int
registered_port(const char *name, size_t n, unsigned transports)
{
	struct socki_registry_key key;
	uint64_t hash;
	int port;

	if (n == 0 || n > REGISTRY_NAME_MAX)
		return 0;
	key = socki_registry_key(name, n);
	hash = socki_registry_hash(key);
	port = socki_registry_slots[socki_registry_slot(hash,
	    socki_registry_displacements[socki_registry_bucket(hash)])];
	if (port >= REGISTRY_END)
		return port_of_several(socki_registry_others +
			(port - REGISTRY_END),
		    key, n, transports);
	return has_name(port, key, n, transports) ? port : 0;
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

/* The name of a port, of its records behind this one. */
static const char *__attribute__((noinline))
later_name(int port, unsigned record, unsigned transports)
{
	const struct socki_registry_page *page = page_of(port);

	while (record != 0) {
		record = next_record(page, port, record);
		if ((socki_registry_records[record] & transports) != 0)
			return name_of(page, record);
	}
	return socki_services_file_name(port, transports);
}

const char *
sock_service_name(int port, const char *transport)
{
	const unsigned transports = transports_of(transport);
	const struct socki_registry_page *page = page_of(port);
	const unsigned first = first_record(page, port);

	if ((socki_registry_records[first] & transports) != 0)
		return name_of(page, first);
	return later_name(port, first, transports);
}

/* Whether a record of the port before this one gave the same name. */
static bool __attribute__((cold))
is_repeated(int port, unsigned until, unsigned transports)
{
	const struct socki_registry_page *page = page_of(port);

	for (unsigned i = first_record(page, port); i != until;
	     i = next_record(page, port, i))
		if ((socki_registry_records[i] & transports) != 0 &&
		    name_of(page, i) == name_of(page, until))
			return true;
	return false;
}

int __attribute__((cold))
sock_service_names(int port, const char *transport, const char **out, int max)
{
	const unsigned transports = transports_of(transport);
	const struct socki_registry_page *page = page_of(port);
	int count = 0;

	for (unsigned i = first_record(page, port); i != 0;
	     i = next_record(page, port, i)) {
		if ((socki_registry_records[i] & transports) == 0 ||
		    is_repeated(port, i, transports))
			continue;
		if (count < max)
			out[count] = name_of(page, i);
		count++;
	}
	return count;
}

/* The first port after this one that has a record, or 0. */
static int __attribute__((cold)) next_port(int port)
{
	for (port++; port < REGISTRY_END; port++)
		if (first_record(page_of(port), port) != 0)
			return port;
	return 0;
}

/* The range that a name has at a port; NULL: that port alone. */
static const struct socki_registry_range *
range_of(const char *name, int port)
{
	for (unsigned i = 0; i < socki_registry_range_count; i++) {
		const struct socki_registry_range *r =
		    &socki_registry_ranges[i];

		if (r->first <= port && port <= r->last &&
		    strcmp(socki_registry_names + r->name, name) == 0)
			return r;
	}
	return NULL;
}

/* The record that the walk is at; 0: none. */
static unsigned __attribute__((cold)) record_at(const struct sock_service *it)
{
	const int port = it->port;
	const struct socki_registry_page *page = page_of(port);
	unsigned i;

	for (i = first_record(page, port); i != 0;
	     i = next_record(page, port, i))
		if (name_of(page, i) == it->name &&
		    transports_text(i) == it->transports)
			break;
	return i;
}

/* Sets *it to a record of a port; false: an alias, or not the range's first. */
static bool __attribute__((cold))
show(struct sock_service *it, int port, unsigned record)
{
	const char *name = name_of(page_of(port), record);
	const struct socki_registry_range *range = range_of(name, port);

	if ((socki_registry_records[record] & REGISTRY_ALIAS) != 0 ||
	    (range != NULL && range->first != port))
		return false;
	it->name = name;
	it->port = port;
	it->port_last = range != NULL ? range->last : port;
	it->transports = transports_text(record);
	return true;
}

bool __attribute__((cold)) sock_service_next(struct sock_service *it)
{
	int port = it->port;
	unsigned i = 0;

	if (it->size < sizeof *it || port < 0 || port > 65535)
		return false;
	if (it->name != NULL && (i = record_at(it)) == 0)
		return false;
	do {
		if (i != 0)
			i = next_record(page_of(port), port, i);
		if (i == 0) {
			port = next_port(port);
			i = first_record(page_of(port), port);
		}
		if (i == 0)
			return false;
	} while (!show(it, port, i));
	return true;
}
