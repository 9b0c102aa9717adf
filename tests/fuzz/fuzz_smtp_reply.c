/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../examples/clients/mail_send/smtp_reply.h"

/* What an SMTP server may answer to EHLO: line by line, as they come. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check(int good)
{
	if (!good)
		abort();
}

static void
check_reply(const struct smtp_reply *r)
{
	check(r->code >= 200 && r->code <= 559);
	check(r->lines > 0 && r->lines <= SMTP_LINES_MAX);
	check(memchr(r->words, '\0', sizeof r->words) != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *at = (const char *)data, *end = at + n;
	struct smtp_offers offers = { .starttls = false };
	struct smtp_reply r = { 0 };

	while (at < end && !r.whole) {
		const char *lf = memchr(at, '\n', (size_t)(end - at));
		const size_t line = (size_t)((lf == NULL ? end : lf) - at);
		char *exact = malloc(line + 1);
		const char *wrong;

		/* Terminated, as sock_read_line() has it, and no longer. */
		check(exact != NULL);
		memcpy(exact, at, line);
		exact[line] = '\0';
		wrong = smtp_reply_add(&r, exact, line, &offers);
		free(exact);
		if (wrong != NULL)
			return 0;
		check_reply(&r);
		at += line + (lf != NULL);
	}
	check(!offers.auth_plain || offers.auth);
	check(offers.size_max == 0 || offers.size);
	return 0;
}
