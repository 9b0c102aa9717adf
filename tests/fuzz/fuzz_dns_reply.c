/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../examples/clients/dns_query_question.h"
#include "../../examples/clients/dns_query_reply.h"

/* What a name server, or whoever is faster, may send. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check(int good)
{
	if (!good)
		abort();
}

static void
check_text(const char *text, size_t room)
{
	const size_t n = strlen(text);
	size_t i;

	check(n < room);
	for (i = 0; i < n; i++)
		check(text[i] >= 0x20 && text[i] < 0x7f);
}

/* A name that was read can be asked for, and is then read the same. */
static void
check_name(const char *name, unsigned type)
{
	uint8_t question[DNS_QUESTION_MAX];
	struct dns_message m;
	struct dns_record r;
	size_t n;

	check_text(name, DNS_NAME_TEXT_MAX);
	check(dns_question(name, type, 7, question, &n) == NULL);
	check(n <= sizeof question && dns_open(&m, question, n));
	check(dns_next(&m, &r) == 1 && r.type == type);
	check(strcmp(r.name, name) == 0 && dns_next(&m, &r) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static char text[DNS_DATA_TEXT_MAX];
	struct dns_message m;
	struct dns_record r;
	size_t before = 12;

	if (n > DNS_MESSAGE_MAX || !dns_open(&m, data, n))
		return 0;
	while (dns_next(&m, &r) > 0) {
		check(m.next > before && m.next <= n);
		before = m.next;
		check_name(r.name, r.type);
		if (r.section != DNS_QUESTION &&
		    dns_data_text(&m, &r, text, sizeof text))
			check_text(text, sizeof text);
	}
	if (m.flags & DNS_FLAG_REPLY && m.count[DNS_QUESTION] == 1 &&
	    before > 12)
		check(dns_is_reply(data, n, data, n));
	return 0;
}
