/* SPDX-License-Identifier: MIT */
#include "dns_query_reply.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define HEADER 12
#define CLASS_IN 1
#define JUMPS_MAX 127 /* a name has no more labels */
#define FORMAT_ERROR 1
#define NOT_IMPLEMENTED 4

static const struct {
	unsigned type;
	const char *name;
} types[] = {
	{ DNS_A, "A" },
	{ DNS_NS, "NS" },
	{ DNS_CNAME, "CNAME" },
	{ DNS_SOA, "SOA" },
	{ DNS_PTR, "PTR" },
	{ DNS_MX, "MX" },
	{ DNS_TXT, "TXT" },
	{ DNS_AAAA, "AAAA" },
	{ DNS_SRV, "SRV" },
};

#define TYPES (sizeof types / sizeof types[0])

const char *
dns_type_text(unsigned type, char buf[16])
{
	size_t i;

	for (i = 0; i < TYPES; i++)
		if (types[i].type == type)
			return types[i].name;
	snprintf(buf, 16, "TYPE%u", type); /* RFC 3597 */
	return buf;
}

int
dns_type_named(const char *name)
{
	size_t i;
	int type = 0;

	for (i = 0; i < TYPES; i++)
		if (strcasecmp(types[i].name, name) == 0)
			return (int)types[i].type;
	if (strncasecmp(name, "TYPE", 4) != 0 || name[4] == '\0' ||
	    strlen(name) > 9 || name[4 + strspn(name + 4, "0123456789")])
		return -1;
	for (name += 4; *name != '\0'; name++)
		type = 10 * type + (*name - '0');
	return type <= 65535 ? type : -1;
}

/* Text that knows whether it fits. */
struct text {
	char *at;
	size_t n, room;
	bool full;
};

__attribute__((format(printf, 2, 3))) static void
add(struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->at + t->n, t->room - t->n, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= t->room - t->n)
		t->full = true;
	else
		t->n += (size_t)n;
}

/* RFC 1035, 5.1.  special: what needs a backslash; lowest: what needs none. */
static void
add_byte(struct text *t, uint8_t c, const char *special, uint8_t lowest)
{
	if (c < lowest || c >= 0x7f)
		add(t, "\\%03u", c);
	else
		add(t, strchr(special, c) != NULL ? "\\%c" : "%c", c);
}

static unsigned
u16(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

static uint32_t
u32(const uint8_t *at)
{
	return (uint32_t)u16(at) << 16 | u16(at + 2);
}

static void
add_label(struct text *t, const uint8_t *label, unsigned n)
{
	for (; n > 0; n--)
		add_byte(t, *label++, ".\\\"();@$", '!');
	add(t, ".");
}

/*
 * The name at *at, which it moves behind it.  A pointer leads to a name that
 * came before (4.1.4), and further to the front each time, so that none can
 * go round; and so many that a name could not need them are refused.
 */
static bool
add_name(struct text *t, const struct dns_message *m, size_t *at, size_t end)
{
	size_t here = *at, before = *at, wire = 1;
	unsigned length, jumps = 0;

	while (here < m->n && (length = m->at[here]) != 0) {
		if (length >= 0xc0) {
			if (m->n - here < 2 || jumps == JUMPS_MAX)
				return false;
			if (jumps++ == 0)
				*at = here + 2;
			here = u16(m->at + here) & 0x3fff;
			if (here < HEADER || here >= before)
				return false;
			before = here;
			continue;
		}
		wire += 1 + (size_t)length;
		if (length >= 0x40 || wire > DNS_NAME_MAX ||
		    m->n - here <= length)
			return false;
		add_label(t, m->at + here + 1, length);
		here += 1 + (size_t)length;
	}
	if (wire == 1)
		add(t, ".");
	if (jumps == 0)
		*at = here + 1;
	return here < m->n && *at <= end && !t->full;
}

bool
dns_open(struct dns_message *m, const void *at, size_t n)
{
	unsigned i;

	*m = (struct dns_message){ .at = at, .n = n, .next = HEADER };
	if (n < HEADER)
		return false;
	m->id = u16(m->at);
	m->flags = u16(m->at + 2);
	for (i = 0; i < DNS_SECTIONS; i++)
		m->count[i] = u16(m->at + 4 + 2 * i);
	return true;
}

static bool
read_fixed(const struct dns_message *m, size_t *at, struct dns_record *r)
{
	const bool question = r->section == DNS_QUESTION;
	const size_t fixed = question ? 4 : 10;

	if (m->n - *at < fixed)
		return false;
	r->type = u16(m->at + *at);
	r->class = u16(m->at + *at + 2);
	r->ttl = question ? 0 : u32(m->at + *at + 4);
	r->length = question ? 0 : u16(m->at + *at + 8);
	r->data = *at += fixed;
	if (m->n - *at < r->length)
		return false;
	*at += r->length;
	return true;
}

int
dns_next(struct dns_message *m, struct dns_record *r)
{
	struct text name = { .at = r->name, .room = sizeof r->name };
	size_t at = m->next;

	while (m->section < DNS_SECTIONS && m->index == m->count[m->section]) {
		m->section++;
		m->index = 0;
	}
	if (m->section == DNS_SECTIONS)
		return 0;
	r->section = m->section;
	if (!add_name(&name, m, &at, m->n) || !read_fixed(m, &at, r))
		return -1;
	m->index++;
	m->next = at;
	return 1;
}

static bool
add_ip(struct text *t, int family, const uint8_t *at)
{
	char ip[INET6_ADDRSTRLEN];

	add(t, "%s", inet_ntop(family, at, ip, sizeof ip));
	return true;
}

static bool
add_strings(struct text *t, const uint8_t *at, const uint8_t *end)
{
	const uint8_t *stop;
	const char *blank = "";

	while (at < end) {
		stop = at + 1 + *at;
		if (stop > end)
			return false;
		add(t, "%s\"", blank);
		for (at++; at < stop; at++)
			add_byte(t, *at, "\"\\", ' ');
		add(t, "\"");
		blank = " ";
	}
	return *blank != '\0';
}

/* RFC 3597, 5 */
static bool
add_unknown(struct text *t, const uint8_t *at, size_t n)
{
	size_t i;

	add(t, "\\# %zu%s", n, n > 0 ? " " : "");
	for (i = 0; i < n; i++)
		add(t, "%02x", at[i]);
	return true;
}

/* So many numbers of 16 bits, and a name, which ends the data. */
static bool
add_numbers(struct text *t, const struct dns_message *m,
    const struct dns_record *r, unsigned numbers)
{
	const size_t end = r->data + r->length;
	size_t at = r->data;

	if (r->length <= 2 * (size_t)numbers)
		return false;
	for (; numbers > 0; numbers--, at += 2)
		add(t, "%u ", u16(m->at + at));
	return add_name(t, m, &at, end) && at == end;
}

static bool
add_soa(struct text *t, const struct dns_message *m, const struct dns_record *r)
{
	const size_t end = r->data + r->length;
	size_t at = r->data;

	if (!add_name(t, m, &at, end))
		return false;
	add(t, " ");
	if (!add_name(t, m, &at, end) || end - at != 20)
		return false;
	for (; at < end; at += 4)
		add(t, " %u", (unsigned)u32(m->at + at));
	return true;
}

static bool
add_data(struct text *t, const struct dns_message *m,
    const struct dns_record *r)
{
	const uint8_t *at = m->at + r->data;

	if (r->class != CLASS_IN)
		return add_unknown(t, at, r->length);
	switch (r->type) {
	case DNS_A:
		return r->length == 4 && add_ip(t, AF_INET, at);
	case DNS_AAAA:
		return r->length == 16 && add_ip(t, AF_INET6, at);
	case DNS_NS:
	case DNS_CNAME:
	case DNS_PTR:
		return add_numbers(t, m, r, 0);
	case DNS_MX:
		return add_numbers(t, m, r, 1);
	case DNS_SRV:
		return add_numbers(t, m, r, 3);
	case DNS_SOA:
		return add_soa(t, m, r);
	case DNS_TXT:
		return add_strings(t, at, at + r->length);
	default:
		return add_unknown(t, at, r->length);
	}
}

bool
dns_data_text(const struct dns_message *m, const struct dns_record *r,
    char *out, size_t room)
{
	struct text t = { .at = out, .room = room };

	return add_data(&t, m, r) && !t.full;
}

static bool
same_question(struct dns_message *a, struct dns_message *b)
{
	struct dns_record x, y;

	return a->count[DNS_QUESTION] == 1 && b->count[DNS_QUESTION] == 1 &&
	    dns_next(a, &x) == 1 && dns_next(b, &y) == 1 && x.type == y.type &&
	    x.class == y.class && strcasecmp(x.name, y.name) == 0;
}

bool
dns_is_reply(const void *request, size_t n, const void *reply, size_t m)
{
	struct dns_message q, a;
	unsigned rcode;

	if (!dns_open(&q, request, n) || !dns_open(&a, reply, m) ||
	    a.id != q.id || !(a.flags & DNS_FLAG_REPLY) ||
	    (a.flags & DNS_OPCODE) != (q.flags & DNS_OPCODE))
		return false;
	rcode = a.flags & DNS_RCODE;
	return same_question(&q, &a) ||
	    (a.count[DNS_QUESTION] == 0 &&
		(rcode == FORMAT_ERROR || rcode == NOT_IMPLEMENTED));
}
