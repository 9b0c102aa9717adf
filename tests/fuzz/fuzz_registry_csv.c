/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "name/registry.h"
#include "name/rows.h"

/* A registry, as CSV or as TSV: every row that is given is a sound one. */

static void
check(int holds, const char *what)
{
	if (!holds) {
		fprintf(stderr, "%s\n", what);
		abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text = malloc(n + 1);
	struct socki_rows rows;
	struct socki_row row;
	unsigned line = 0;
	int rc;

	if (text == NULL)
		return 0;
	if (n > 0)
		memcpy(text, data, n);
	socki_rows_start(&rows, text, n);
	while ((rc = socki_rows_next(&rows, &row)) > 0) {
		const size_t length = strlen(row.name);

		check(length >= 1 && length <= ROWS_IANA_NAME_MAX,
		    "a name too long");
		check(row.name >= text && row.name + length <= text + n,
		    "a name that is not in the text");
		check(strpbrk(row.name, " ,\t\n\"#") == NULL, "a bad name");
		check(row.first >= 1 && row.last <= 65535 &&
			row.first <= row.last,
		    "bad ports");
		check((row.transport & REGISTRY_ANY) == row.transport &&
			row.transport != 0,
		    "a bad transport");
		check(rows.line > line, "two rows of one line");
		line = rows.line;
	}
	if (rc < 0)
		check(rows.why != NULL && rows.line >= line, "no reason");
	free(text);
	return 0;
}
