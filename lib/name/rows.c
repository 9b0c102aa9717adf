/* SPDX-License-Identifier: MIT */
#include "name/rows.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "name/registry.h"

#define FIELDS_MAX 32               /* IANA has 12 columns */
#define FILE_MAX ((size_t)64 << 20) /* IANA's CSV has 1.2 MB */

static int
wrong(struct socki_rows *rows, const char *why)
{
	rows->why = why;
	return -1;
}

void
socki_rows_start(struct socki_rows *rows, char *text, size_t n)
{
	const char *newline = memchr(text, '\n', n);
	const size_t first = newline != NULL ? (size_t)(newline - text) : n;
	const bool tsv =
	    n == 0 || text[0] == '#' || memchr(text, '\t', first) != NULL;

	*rows = (struct socki_rows){ .text = text, .n = n, .next_line = 1 };
	rows->separator = tsv ? '\t' : ',';
	rows->name_max = ROWS_IANA_NAME_MAX;
	rows->columns[0] = -1;
}

/* The bytes of a field that stands as it is, up to what ends it. */
static int
take_plain(struct socki_rows *rows, size_t *end)
{
	const char *text = rows->text;
	const size_t start = rows->at;

	while (rows->at < rows->n && text[rows->at] != rows->separator &&
	    text[rows->at] != '\n') {
		if (text[rows->at] == '\0')
			return wrong(rows, "a NUL");
		rows->at++;
	}
	*end = rows->at;
	if (*end > start && rows->at < rows->n && text[rows->at] == '\n' &&
	    text[*end - 1] == '\r')
		(*end)--;
	return 0;
}

/* The bytes between quotes, moved down over the quotes that are doubled. */
static int
take_quoted(struct socki_rows *rows, size_t *end)
{
	char *text = rows->text;
	size_t to = rows->at;

	for (rows->at++; rows->at < rows->n; rows->at++) {
		const char c = text[rows->at];

		if (c == '\0')
			return wrong(rows, "a NUL");
		if (c == '\n')
			rows->next_line++;
		if (c == '"' &&
		    (rows->at + 1 == rows->n || text[rows->at + 1] != '"'))
			break;
		if (c == '"')
			rows->at++;
		text[to++] = c;
	}
	if (rows->at == rows->n)
		return wrong(rows, "a quote is never closed");
	rows->at++;
	*end = to;
	if (rows->at + 1 < rows->n && text[rows->at] == '\r' &&
	    text[rows->at + 1] == '\n')
		rows->at++;
	if (rows->at < rows->n && text[rows->at] != rows->separator &&
	    text[rows->at] != '\n')
		return wrong(rows, "text after a closing quote");
	return 0;
}

static int
take_field(struct socki_rows *rows, size_t *end)
{
	if (rows->separator == ',' && rows->at < rows->n &&
	    rows->text[rows->at] == '"')
		return take_quoted(rows, end);
	return take_plain(rows, end);
}

/* One line, or more where quotes hold newlines: how many fields, or -1. */
static int
take_fields(struct socki_rows *rows, char *fields[FIELDS_MAX])
{
	char *text = rows->text;
	bool more = true;
	int count = 0;
	size_t end;

	rows->line = rows->next_line++;
	while (more) {
		if (count == FIELDS_MAX)
			return wrong(rows, "too many columns");
		fields[count++] = text + rows->at;
		if (take_field(rows, &end) < 0)
			return -1;
		more = rows->at < rows->n && text[rows->at] == rows->separator;
		if (rows->at < rows->n)
			rows->at++;
		text[end] = '\0';
	}
	return count;
}

static bool
is_name(const char *s, size_t max)
{
	bool letter = false;
	size_t n;

	for (n = 0; s[n] != '\0'; n++) {
		const char c = s[n];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
			letter = true;
		else if (!(c >= '0' && c <= '9') && !strchr("-_./*+", c))
			return false;
	}
	return letter && n <= max;
}

/* A port at *s, which is moved behind it; 0: none. */
static int
take_port(const char **s)
{
	int port = 0;

	if (**s == '0')
		return 0;
	for (; **s >= '0' && **s <= '9' && port <= 65535; (*s)++)
		port = 10 * port + (**s - '0');
	return port <= 65535 ? port : 0;
}

/* "443" and "6000-6063"; last, where it is not NULL, holds the second one. */
static bool
take_ports(const char *first, const char *last, struct socki_row *out)
{
	out->first = out->last = take_port(&first);
	if (last == NULL && *first == '-')
		last = ++first;
	else if (*first != '\0')
		return false;
	if (last != NULL)
		out->last = take_port(&last);
	return out->first > 0 && out->last >= out->first &&
	    (last == NULL || *last == '\0');
}

static int
take_row(struct socki_rows *rows, const char *name, const char *first,
    const char *last, const char *transport, struct socki_row *out)
{
	if (!is_name(name, rows->name_max))
		return wrong(rows, "not a service name");
	if (!take_ports(first, last, out))
		return wrong(rows, "not a port or a range of ports");
	out->name = name;
	out->transport = socki_registry_transport(transport, strlen(transport));
	if (out->transport == 0)
		return wrong(rows, "not a transport");
	return 1;
}

/* The columns of a CSV. */
static int
take_header(struct socki_rows *rows)
{
	static const char titles[3][20] = { "Service Name", "Port Number",
		"Transport Protocol" };
	char *fields[FIELDS_MAX];
	const int count = take_fields(rows, fields);

	if (count < 0)
		return -1;
	for (int i = 0; i < 3; i++) {
		int at = 0;

		while (at < count && strcmp(fields[at], titles[i]) != 0)
			at++;
		if (at == count)
			return wrong(rows,
			    "the first row lacks Service Name, "
			    "Port Number or Transport Protocol");
		rows->columns[i] = at;
	}
	return 0;
}

static int
next_csv(struct socki_rows *rows, struct socki_row *out)
{
	char *fields[FIELDS_MAX];
	const int *columns = rows->columns;

	if (columns[0] < 0 && take_header(rows) < 0)
		return -1;
	while (rows->at < rows->n) {
		const int count = take_fields(rows, fields);
		const char *name, *port, *transport;

		if (count < 0)
			return -1;
		if (count == 1 && fields[0][0] == '\0')
			continue;
		if (count <= columns[0] || count <= columns[1] ||
		    count <= columns[2])
			return wrong(rows, "too few columns");
		name = fields[columns[0]];
		port = fields[columns[1]];
		transport = fields[columns[2]];
		if (*name != '\0' && *port != '\0' && *transport != '\0')
			return take_row(rows, name, port, NULL, transport, out);
	}
	return 0;
}

static int
next_tsv(struct socki_rows *rows, struct socki_row *out)
{
	char *fields[FIELDS_MAX];

	while (rows->at < rows->n) {
		const bool comment = rows->text[rows->at] == '#';
		const int count = take_fields(rows, fields);

		if (count < 0)
			return -1;
		if (comment || (count == 1 && fields[0][0] == '\0'))
			continue;
		if (count != 4)
			return wrong(rows, "not four columns");
		return take_row(rows, fields[0], fields[1], fields[2],
		    fields[3], out);
	}
	return 0;
}

int
socki_rows_next(struct socki_rows *rows, struct socki_row *out)
{
	return rows->separator == ',' ? next_csv(rows, out) :
					next_tsv(rows, out);
}

char *
socki_rows_load(const char *path, size_t *n)
{
	FILE *file = fopen(path, "rb");
	char *text = NULL, *more;
	size_t room = 0;

	*n = 0;
	if (file == NULL)
		return NULL;
	do {
		if (room >= FILE_MAX) {
			errno = EFBIG;
			goto free_text;
		}
		room = room == 0 ? 65536 : 2 * room;
		more = realloc(text, room + 1);
		if (more == NULL)
			goto free_text;
		text = more;
		*n += fread(text + *n, 1, room - *n, file);
	} while (*n == room);
	if (ferror(file))
		goto free_text;
	fclose(file);
	return text;

free_text:
	free(text);
	fclose(file);
	return NULL;
}
