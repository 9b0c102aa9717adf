/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_SOCKET_BUFFER_H
#define SOCKI_SOCKET_BUFFER_H

#include <stddef.h>

/*
 * Bytes read ahead.  A buffer of the usual size comes from a few that are
 * kept for all, so that a conversation has one only while bytes are in it.  A
 * read that fills it proves nothing of what is behind and costs another, so
 * it is larger than what peers usually send at once.
 */
#define SOCKI_BUFFER_USUAL ((size_t)64 << 10)
/* The longest line, and its CR LF. */
#define SOCKI_BUFFER_MOST (((size_t)64 << 10) + 2)

/* Marks of this length are remembered, a longer one is searched for anew. */
#define SOCKI_BUFFER_MARK 8

struct socki_buffer {
	size_t capacity, begin, end;
	/* So many bytes from begin on have been searched for this mark. */
	size_t searched;
	unsigned char mark[SOCKI_BUFFER_MARK], mark_length;
	unsigned char data[];
};

struct socki_buffer *socki_buffer_new(void); /* NULL: no memory */
void socki_buffer_free(struct socki_buffer *b);

/*
 * Makes room for at least one byte more, and for min bytes in all: moves what
 * is there, or grows (*b changes).  -ENOMEM: it is as it was.
 */
int socki_buffer_room(struct socki_buffer **b, size_t min);

#endif
