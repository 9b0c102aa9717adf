/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../examples/clients/mail/utf8.h"
#include "../../examples/clients/mail_check/row.h"
#include "../../examples/clients/mail_check/words.h"

/* What a header may hold: what is shown of it is UTF-8 that moves no cursor. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check(int good)
{
	if (!good)
		abort();
}

static void
check_shown(const char *text, size_t room)
{
	const char *end = memchr(text, '\0', room);
	uint32_t c;

	check(end != NULL && utf8_all(text, (size_t)(end - text)));
	while (text < end) {
		text += utf8_take(text, (size_t)(end - text), &c);
		check(c >= 0x20 && (c < 0x7f || c >= 0xa0));
		check(c < 0x202a || c > 0x202e);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct header header;
	static struct row row;
	char small[8];

	header.n = 0;
	header_add(&header, (const char *)data, n);
	check(header.n <= sizeof header.at);
	row_read(&row, &header);
	check_shown(row.date, sizeof row.date);
	check_shown(row.from, sizeof row.from);
	check_shown(row.subject, sizeof row.subject);
	words_read(small, sizeof small, (const char *)data, n);
	check_shown(small, sizeof small);
	return 0;
}
