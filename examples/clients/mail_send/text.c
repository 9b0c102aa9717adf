/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "../mail/plain.h"
#include "../mail/utf8.h"

#define SUBJECT_LINE 66 /* with its name it fits into a line of 76 */
#define WORD_BYTES 45   /* of an encoded word: 60 digits, 75 with its frame */

char *
text_room(struct message *m, size_t n)
{
	size_t room = m->room == 0 ? 65536 : m->room;
	char *grown;

	while (room - m->n < n)
		room *= 2;
	if (room != m->room) {
		grown = realloc(m->text, room);
		m->failed = m->failed || grown == NULL;
		if (grown == NULL)
			return NULL;
		m->text = grown;
		m->room = room;
	}
	return m->failed ? NULL : m->text + m->n;
}

void
text_put(struct message *m, const char *at, size_t n)
{
	char *end = text_room(m, n);

	/* Of no bytes there may be no place, either. */
	if (end == NULL || n == 0)
		return;
	memcpy(end, at, n);
	m->n += n;
}

void
text_add(struct message *m, const char *format, ...)
{
	char line[1024];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof line)
		m->failed = true;
	else
		text_put(m, line, (size_t)n);
}

void
text_date(struct message *m)
{
	const time_t now = time(NULL);
	char date[64];
	struct tm tm;

	/* The program has not asked for a locale: the days are English. */
	if (localtime_r(&now, &tm) == NULL ||
	    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S %z", &tm) == 0)
		m->failed = true;
	else
		text_add(m, "Date: %s\r\n", date);
}

void
text_id(struct message *m, const char *from)
{
	const char *at = strrchr(from, '@');
	uint64_t number[2];

	if (getrandom(number, sizeof number, 0) != sizeof number)
		m->failed = true;
	else
		text_add(m, "Message-ID: <%016" PRIx64 "%016" PRIx64 "@%s>\r\n",
		    number[0], number[1], at == NULL ? "localhost" : at + 1);
}

/* As many bytes as a word holds, with no character cut. */
static size_t
word_bytes(const char *at)
{
	uint32_t c;
	size_t n = 0, used;

	while (at[n] != '\0' &&
	    (used = utf8_take(at + n, strlen(at + n), &c)) > 0 &&
	    n + used <= WORD_BYTES)
		n += used;
	return n;
}

void
text_subject(struct message *m, const char *subject)
{
	char word[BASE64_ROOM(WORD_BYTES)];
	const char *c = subject;
	size_t n;

	while (*c >= 0x20 && *c < 0x7f)
		c++;
	if (*c == '\0' && strlen(subject) <= SUBJECT_LINE &&
	    strstr(subject, "=?") == NULL) {
		text_add(m, "Subject: %s\r\n", subject);
		return;
	}
	text_put(m, "Subject:", strlen("Subject:"));
	while ((n = word_bytes(subject)) > 0) {
		(void)base64(word, subject, n);
		subject += n;
		text_add(m, " =?utf-8?B?%s?=\r\n", word);
	}
}
