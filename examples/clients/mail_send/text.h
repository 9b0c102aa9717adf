/* SPDX-License-Identifier: MIT */
#ifndef TEXT_H
#define TEXT_H

#include "message.h"

/* A message grows.  Without memory it fails, and does not grow any more. */

void text_put(struct message *m, const char *at, size_t n);
void text_add(struct message *m, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Room for n bytes more, behind its end; NULL: there is no memory. */
char *text_room(struct message *m, size_t n);

/* "Date: Sun, 22 Nov 2026 19:55:02 +0000" (RFC 5322, 3.3), of now. */
void text_date(struct message *m);

/* "Message-ID: <...>" (3.6.4), of the domain of who sends it. */
void text_id(struct message *m, const char *from);

/* "Subject: ...", in UTF-8 and encoded where it must be (RFC 2047). */
void text_subject(struct message *m, const char *subject);

#endif
