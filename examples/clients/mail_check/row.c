/* SPDX-License-Identifier: MIT */
#include "row.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "words.h"

#define FROM_WIDTH 30
#define FIELD_MAX 2048

void
header_add(struct header *h, const char *at, size_t n)
{
	if (n > sizeof h->at - h->n)
		n = sizeof h->at - h->n;
	memcpy(h->at + h->n, at, n);
	h->n += n;
}

/* A field without its line ends: what is folded is one line again (2.2.3). */
static size_t
next_field(const char **at, const char *end, char field[FIELD_MAX])
{
	const char *c = *at;
	size_t n = 0;

	for (; c < end; c++) {
		if (*c == '\n' &&
		    (c + 1 == end || (c[1] != ' ' && c[1] != '\t')))
			break;
		if (*c != '\r' && *c != '\n' && n < FIELD_MAX)
			field[n++] = *c;
	}
	*at = c < end ? c + 1 : c;
	return n;
}

/* "Sun, 22 Nov 2026 19:55:02 +0000" as 2026-11-22 19:55; false: it is none. */
static bool
read_date(char out[32], const char *text)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const char *comma = strchr(text, ','), *found;
	char month[4] = "";
	int day, year, hour, minute;

	if (sscanf(comma == NULL ? text : comma + 1, "%2d %3s %4d %2d:%2d",
		&day, month, &year, &hour, &minute) != 5)
		return false;
	found = strlen(month) == 3 ? strstr(months, month) : NULL;
	if (found == NULL || (found - months) % 3 != 0 || day < 1 || day > 31 ||
	    year < 0 || hour < 0 || hour > 23 || minute < 0 || minute > 59)
		return false;
	if (year < 100) /* obsolete, 4.3 */
		year += year < 50 ? 2000 : 1900;
	snprintf(out, 32, "%04d-%02d-%02d %02d:%02d", year,
	    (int)(found - months) / 3 + 1, day, hour, minute);
	return true;
}

static bool
is_named(const char *field, size_t n, const char *name)
{
	const size_t length = strlen(name);

	return n > length && strncasecmp(field, name, length) == 0 &&
	    field[length] == ':';
}

static void
read_field(struct row *row, const char *field, size_t n)
{
	char *out = is_named(field, n, "Date") ? row->date :
	    is_named(field, n, "From")         ? row->from :
	    is_named(field, n, "Subject")      ? row->subject :
						 NULL;
	const size_t room = out == row->date ? sizeof row->date :
	    out == row->from                 ? sizeof row->from :
					       sizeof row->subject;
	size_t at = strcspn(field, ":") + 1;
	char date[32];

	if (out == NULL || out[0] != '\0')
		return;
	while (at < n && (field[at] == ' ' || field[at] == '\t'))
		at++;
	words_read(out, room, field + at, n - at);
	if (out == row->date && read_date(date, out))
		memcpy(out, date, sizeof date);
}

void
row_read(struct row *row, const struct header *h)
{
	const char *at = h->at, *end = h->at + h->n;
	char field[FIELD_MAX + 1];
	size_t n;

	row->date[0] = row->from[0] = row->subject[0] = '\0';
	while (at < end && (n = next_field(&at, end, field)) > 0) {
		field[n] = '\0';
		read_field(row, field, n);
	}
}

/* In characters, of which each begins with what is no continuation. */
static int
width(const char *text)
{
	int n = 0;

	for (; *text != '\0'; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

void
row_show(const struct row *row)
{
	const int from = width(row->from);
	char size[24] = "-";

	if (row->size >= 0)
		snprintf(size, sizeof size, "%" PRId64, row->size);
	printf("%5" PRIu32 " %9s  %-16s  %s%*s  %s\n", row->number, size,
	    row->date, row->from, from < FROM_WIDTH ? FROM_WIDTH - from : 0, "",
	    row->subject);
}
