/* SPDX-License-Identifier: MIT */
#include "dns_query_show.h"

#include <stdio.h>
#include <string.h>

#define CLASS_IN 1

const char *
show_rcode(unsigned flags)
{
	static const char *const names[] = { "NOERROR", "FORMERR", "SERVFAIL",
		"NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET",
		"NXRRSET", "NOTAUTH", "NOTZONE", "RCODE11", "RCODE12",
		"RCODE13", "RCODE14", "RCODE15" };

	return names[flags & DNS_RCODE];
}

static void
show_head(const struct dns_message *m)
{
	static const struct {
		unsigned flag;
		const char *name;
	} flags[] = { { DNS_FLAG_REPLY, " qr" },
		{ DNS_FLAG_AUTHORITATIVE, " aa" },
		{ DNS_FLAG_TRUNCATED, " tc" },
		{ DNS_FLAG_RECURSION_DESIRED, " rd" },
		{ DNS_FLAG_RECURSION_AVAILABLE, " ra" } };
	size_t i;

	printf(";; ->>HEADER<<- opcode: QUERY, status: %s, id: %u\n",
	    show_rcode(m->flags), m->id);
	printf(";; flags:");
	for (i = 0; i < sizeof flags / sizeof flags[0]; i++)
		if (m->flags & flags[i].flag)
			fputs(flags[i].name, stdout);
	printf("; QUERY: %u, ANSWER: %u, AUTHORITY: %u, ADDITIONAL: %u\n",
	    m->count[DNS_QUESTION], m->count[DNS_ANSWER],
	    m->count[DNS_AUTHORITY], m->count[DNS_ADDITIONAL]);
}

/* Columns as dig's, for names up to 23 bytes, and a blank for longer ones. */
static void
show_record(const struct dns_record *r, const char *data)
{
	char type[16], class[16] = "IN";

	if (r->class != CLASS_IN)
		snprintf(class, sizeof class, "CLASS%u", r->class);
	if (r->section == DNS_QUESTION)
		printf(";%-30s %s  %s\n", r->name, class,
		    dns_type_text(r->type, type));
	else
		printf("%-23s %7u %s  %-5s %s\n", r->name, (unsigned)r->ttl,
		    class, dns_type_text(r->type, type), data);
}

/* A copy is read to its end: what is malformed is not shown at all. */
static bool
well_formed(struct dns_message m, char *data)
{
	struct dns_record r;
	int rc;

	while ((rc = dns_next(&m, &r)) > 0)
		if (r.section != DNS_QUESTION &&
		    !dns_data_text(&m, &r, data, DNS_DATA_TEXT_MAX))
			return false;
	return rc == 0;
}

int
show(struct dns_message *m, unsigned type, bool brief, char *data)
{
	static const char *const titles[] = { "QUESTION", "ANSWER", "AUTHORITY",
		"ADDITIONAL" };
	unsigned section = DNS_SECTIONS;
	struct dns_record r;
	int answers = 0;

	if (!well_formed(*m, data))
		return -1;
	if (!brief)
		show_head(m);
	while (dns_next(m, &r) > 0) {
		data[0] = '\0';
		if (r.section != DNS_QUESTION)
			(void)dns_data_text(m, &r, data, DNS_DATA_TEXT_MAX);
		answers += r.section == DNS_ANSWER &&
		    (r.type == type || type == DNS_ANY);
		if (!brief && r.section != section)
			printf("\n;; %s SECTION:\n", titles[r.section]);
		section = r.section;
		if (!brief)
			show_record(&r, data);
		else if (r.section == DNS_ANSWER)
			puts(data);
	}
	return answers;
}
