/* SPDX-License-Identifier: MIT */
#ifndef SOCK_TEST_LISTING_H
#define SOCK_TEST_LISTING_H

#include <sock.h>
#include <sys/stat.h>

#include "child.h"
#include "where.h"

/* The table of sockets, in a namespace where there are no others. */

static inline uint64_t
inode_of(int fd)
{
	struct stat st;

	CHECK(fstat(fd, &st) == 0);
	return st.st_ino;
}

/* How many there are; the last one goes to *out. */
static inline int
count(struct sock_table_options o, struct sock_row *out)
{
	const int before = where_descriptors();
	const struct sock_row *row;
	struct sock_table *t;
	int n = 0;

	o.size = sizeof o;
	t = sock_table_open_with(&o);
	if (t == NULL)
		child_fail(__FILE__, __LINE__, "%s", sock_errmsg());
	while ((row = sock_table_next(t)) != NULL) {
		*out = *row;
		n++;
	}
	CHECK(sock_table_next(t) == NULL);
	CHECK_INT(sock_table_close(t), 0);
	CHECK_INT(where_descriptors(), before);
	return n;
}

#define COUNT_ROWS(out, ...) \
	count((struct sock_table_options){ .size = 0, __VA_ARGS__ }, out)

#define CHECK_ADDR(addr, want) \
	do { \
		char text_[SOCK_ADDR_TEXT_MAX]; \
		CHECK_TEXT(sock_addr_text(addr, text_, sizeof text_), want); \
	} while (0)

static inline const struct sock_row *
row_of(struct sock_table *t, uint64_t inode)
{
	const struct sock_row *row;

	while ((row = sock_table_next(t)) != NULL && row->inode != inode)
		continue;
	CHECK(row != NULL);
	return row;
}

#endif
