/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_NAME_REGISTRY_H
#define SOCKI_NAME_REGISTRY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * The tables that make_registry.c writes at build time, and what it shares
 * with the library that reads them.  No table holds a pointer, so none needs a
 * relocation and all stay in pages that every process shares.
 *
 * Plain C11 without POSIX: the build machine compiles it too.
 */

#define REGISTRY_END 60416       /* no port from here on has a name */
#define REGISTRY_SLOTS 6800      /* a twentieth more than there are names */
#define REGISTRY_BUCKETS_LOG2 10 /* six names each */
#define REGISTRY_BUCKETS (1 << REGISTRY_BUCKETS_LOG2)
#define REGISTRY_NAME_MAX 16 /* RFC 6335's 15; netbase's clc-build-daemon */

/* Transports, as a set. */
#define REGISTRY_TCP 1u
#define REGISTRY_UDP 2u
#define REGISTRY_SCTP 4u
#define REGISTRY_DCCP 8u
#define REGISTRY_ANY 15u

/*
 * A record is one name of one port: bits 0-3 are the transports it holds for,
 * bit 4 is set for an alias, and bits 5-15 say how many bytes its name is
 * behind where the names of its page begin.
 *
 * There is no record 0.  Those that are a port's second name and later come
 * first, by port; then the first ones, by port as well.
 */
#define REGISTRY_ALIAS 16u
#define REGISTRY_NAME_SHIFT 5

#pragma GCC visibility push(hidden)

extern const uint16_t socki_registry_records[];

/*
 * Ports are in pages of 64.  All that have no name are page 0; which one each
 * of the others is, socki_registry_pages says.
 */
struct socki_registry_page {
	uint64_t ports;   /* those that have a record */
	uint16_t records; /* how many come before the first one of a port */
	uint16_t later;   /* the first that is one of its ports' later ones */
	uint16_t names;   /* half of where its names begin */
};

extern const uint16_t socki_registry_pages[REGISTRY_END / 64];
extern const struct socki_registry_page socki_registry_page[];

/* The ports of those that are not first; 0 for record 0, and the end's. */
extern const uint16_t socki_registry_later_ports[];
extern const unsigned socki_registry_later_count;

/*
 * Each name, as it is spelled, with a terminator, page by page; one that ends
 * like another of its page lies inside it.  REGISTRY_NAME_MAX bytes more can be
 * read.
 */
extern const char socki_registry_names[];

/*
 * By name: a hash picks a bucket, the bucket's displacement the slot.  That
 * holds a port of the name, 0 if it is nobody's; from REGISTRY_END on a place
 * in socki_registry_others, where the name's ports are counted and then listed,
 * the everyday one first.
 */
extern const uint16_t socki_registry_displacements[REGISTRY_BUCKETS];
extern const uint16_t socki_registry_slots[REGISTRY_SLOTS];
extern const uint16_t socki_registry_others[];

/* Assignments of more than one port: each of its ports has a record. */
struct socki_registry_range {
	uint32_t name; /* in socki_registry_names */
	uint16_t first, last;
};

extern const struct socki_registry_range socki_registry_ranges[];
extern const unsigned socki_registry_range_count;

#pragma GCC visibility pop

/* A name in two words, the first byte lowest, padded with zeros. */
struct socki_registry_key {
	uint64_t words[2];
};

static inline uint64_t
socki_registry_half(const char *s)
{
	uint32_t w;

	memcpy(&w, s, sizeof w);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	w = __builtin_bswap32(w);
#endif
	return w;
}

static inline uint64_t
socki_registry_word(const char *s)
{
	uint64_t w;

	memcpy(&w, s, sizeof w);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	w = __builtin_bswap64(w);
#endif
	return w;
}

/* Makes A-Z of eight bytes small, and nothing else: no locale is asked. */
static inline uint64_t
socki_registry_fold(uint64_t w)
{
	const uint64_t ones = 0x0101010101010101u;
	const uint64_t low = w & 0x7f * ones;
	const uint64_t from_a = low + (0x80 - 'A') * ones;
	const uint64_t past_z = low + (0x7f - 'Z') * ones;

	return w | ((from_a & ~past_z & ~w & 0x80 * ones) >> 2);
}

/*
 * n is 1 to REGISTRY_NAME_MAX; the case of letters stays.  Reads that overlap: a loop over the bytes would
 * end with a branch that no processor foresees.
 */
static inline struct socki_registry_key
socki_registry_key(const char *name, size_t n)
{
	const char *end = name + n;
	struct socki_registry_key key = { { 0, 0 } };

	if (n > 8) {
		key.words[0] = socki_registry_word(name);
		key.words[1] = socki_registry_word(end - 8) >> 8 * (16 - n);
	} else if (n >= 4) {
		key.words[0] = socki_registry_half(name) |
		    socki_registry_half(end - 4) << 8 * (n - 4);
	} else {
		key.words[0] = (unsigned char)name[0] |
		    (uint64_t)(unsigned char)name[n / 2] << 8 * (n / 2) |
		    (uint64_t)(unsigned char)end[-1] << 8 * (n - 1);
	}
	return key;
}

/* The same for two names that differ in the case of letters alone. */
static inline struct socki_registry_key
socki_registry_small(struct socki_registry_key name)
{
	name.words[0] = socki_registry_fold(name.words[0]);
	name.words[1] = socki_registry_fold(name.words[1]);
	return name;
}

static inline int
socki_registry_equal(struct socki_registry_key a, struct socki_registry_key b)
{
	return a.words[0] == b.words[0] && a.words[1] == b.words[1];
}

/*
 * Of a name in any case of letters: the bit that is in small ones alone is set
 * in all bytes, which is cheaper than to look.  Bits 54-63 pick the bucket,
 * 21-52 the slot, 0-31 how it is displaced.
 */
static inline uint64_t
socki_registry_hash(struct socki_registry_key name)
{
	const uint64_t small = 0x2020202020202020u;
	const uint64_t h = (name.words[0] | small) * 0x9e3779b97f4a7c15u +
	    (name.words[1] | small) * 0xff51afd7ed558ccdu;

	return (h ^ h >> 32) * 0xc4ceb9fe1a85ec53u;
}

static inline unsigned
socki_registry_bucket(uint64_t hash)
{
	return (unsigned)(hash >> (64 - REGISTRY_BUCKETS_LOG2));
}

static inline unsigned
socki_registry_slot(uint64_t hash, unsigned displacement)
{
	const uint32_t place =
	    (uint32_t)(hash >> 21) + displacement * ((uint32_t)hash | 1);

	/* A part of 2^32 as a part of the slots: no division. */
	return (unsigned)((uint64_t)place * REGISTRY_SLOTS >> 32);
}

/* One of REGISTRY_TCP ... for "tcp" ..., in any case of letters, or 0. */
static inline unsigned
socki_registry_transport(const char *text, size_t n)
{
	const unsigned char *b = (const unsigned char *)text;
	uint32_t w;

	if (n < 3 || n > 4)
		return 0;
	/* Of all bytes only a letter and its capital meet at the letter. */
	w = (uint32_t)b[0] << 16 | (uint32_t)b[1] << 8 | b[2] | 0x202020;
	if (n == 4)
		w = w << 8 | b[3] | 0x20;
	switch (w) {
	case 0x746370: /* tcp */
		return REGISTRY_TCP;
	case 0x756470: /* udp */
		return REGISTRY_UDP;
	case 0x73637470: /* sctp */
		return REGISTRY_SCTP;
	case 0x64636370: /* dccp */
		return REGISTRY_DCCP;
	default:
		return 0;
	}
}

#endif
