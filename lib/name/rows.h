/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_NAME_ROWS_H
#define SOCKI_NAME_ROWS_H

#include <stddef.h>

/*
 * Assignments of ports, read from text: registry.tsv and its like, or IANA's
 * service-names-port-numbers.csv.  For tools of the build and of maintainers;
 * nothing of it is in the library.  Plain C11 without POSIX.
 *
 * TSV: name, first port, last port, transport; a line that begins with '#' and
 * an empty one are left out.  CSV (RFC 4180): the first row names the columns,
 * of which Service Name, Port Number and Transport Protocol are read, a port
 * being a number or a range ("6000-6063"); a row that lacks one of the three
 * is left out.
 *
 * A name has letters, digits, hyphens and any of "_.+*" and a slash, one letter
 * at least, and no more bytes than name_max; a port is 1-65535 without sign, space or leading zero; a
 * transport is tcp, udp, sctp or dccp.  Anything else is an error, as is a NUL.
 */

#define ROWS_IANA_NAME_MAX 15 /* RFC 6335, section 5.1 */

struct socki_rows {
	char *text; /* changed while it is read: names end with a NUL there */
	size_t n, at;
	char separator;
	size_t name_max; /* ROWS_IANA_NAME_MAX, which a caller may change */
	unsigned line; /* of the row read last, from 1; a quoted one's first */
	const char *why; /* what is wrong with it: static */
	unsigned next_line;
	int columns[3]; /* name, port and transport */
};

struct socki_row {
	const char *name; /* lies in the text */
	int first, last;
	unsigned transport; /* one of REGISTRY_TCP ... */
};

/*
 * Text is n bytes and one more that may be written.  It is a TSV if it begins
 * with '#' or its first line has a tab, else a CSV.
 */
void socki_rows_start(struct socki_rows *rows, char *text, size_t n);

/* 1: *out is the next row.  0: the end.  -1: line and why say what is wrong. */
int socki_rows_next(struct socki_rows *rows, struct socki_row *out);

/*
 * Reads a whole file of at most 64 MiB for socki_rows_start(); free() it.
 * NULL: errno says why.
 */
char *socki_rows_load(const char *path, size_t *n);

#endif
