/* SPDX-License-Identifier: MIT */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A message as it is sent (RFC 5322): lines of at most 998 bytes that all end
 * in CR LF, with no other CR or LF and no NUL; so no two servers can differ on
 * where it ends.
 */

#define MESSAGE_MAX ((size_t)128 << 20)

struct message {
	char *text;
	size_t n, room;
	bool eight_bit; /* it holds bytes beyond ASCII */
	bool failed;    /* there was no memory */
};

/* Who sends it to whom, and when it has no header of its own, of what. */
struct envelope {
	const char *from; /* "": nobody, as bounces have it */
	char *const *to;
	int count;
	const char *subject; /* NULL: the message has a header */
};

/* { 0 } begins one.  What it holds is message_free()'d whatever is returned. */

/* All of an open file, as it is.  NULL, or what is wrong. */
const char *message_read(struct message *m, int fd);

/*
 * raw, as somebody wrote it, with a header: without Bcc lines, and with the
 * Date, From and Message-ID that it lacks.  Lines may end in LF, or, in the
 * body, in CR alone.  NULL, or what is wrong, and in which line (0: none).
 */
const char *message_tidy(struct message *m, const struct message *raw,
    const struct envelope *e, size_t *line);

/*
 * raw as the body, below a header that is made for it: as it is where it is
 * ASCII in short lines, else in base64.  NULL, or what is wrong.
 */
const char *message_make(struct message *m, const struct message *raw,
    const struct envelope *e);

void message_free(struct message *m);

#endif
