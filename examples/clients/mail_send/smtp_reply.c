/* SPDX-License-Identifier: MIT */
#include "smtp_reply.h"

#include <string.h>
#include <strings.h>

#define SIZE_DIGITS 18 /* fewer than a uint64_t can hold */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Takes the next word, up to a blank: its length, 0 at the end. */
static size_t
next_word(const char **at, const char *end, const char **word)
{
	while (*at < end && **at == ' ')
		++*at;
	*word = *at;
	while (*at < end && **at != ' ')
		++*at;
	return (size_t)(*at - *word);
}

static bool
is(const char *word, size_t n, const char *name)
{
	return n == strlen(name) && strncasecmp(word, name, n) == 0;
}

static void
add_mechanisms(struct smtp_offers *o, const char *at, const char *end)
{
	const char *word;
	size_t n;

	o->auth = true;
	while ((n = next_word(&at, end, &word)) > 0)
		if (is(word, n, "PLAIN"))
			o->auth_plain = true;
}

static void
add_size(struct smtp_offers *o, const char *at, const char *end)
{
	const char *word;
	const size_t n = next_word(&at, end, &word);
	uint64_t size = 0;
	size_t i;

	o->size = true;
	for (i = 0; i < n && i < SIZE_DIGITS && is_digit(word[i]); i++)
		size = 10 * size + (uint64_t)(word[i] - '0');
	o->size_max = i == n ? size : 0;
}

static void
add_offer(struct smtp_offers *o, const char *at, const char *end)
{
	const char *word;
	const size_t n = next_word(&at, end, &word);

	if (is(word, n, "STARTTLS"))
		o->starttls = true;
	else if (is(word, n, "8BITMIME"))
		o->eight_bit = true;
	else if (is(word, n, "PIPELINING"))
		o->pipelining = true;
	else if (is(word, n, "AUTH"))
		add_mechanisms(o, at, end);
	else if (is(word, n, "SIZE"))
		add_size(o, at, end);
}

static void
add_words(struct smtp_reply *r, const char *at, size_t n)
{
	size_t used = strlen(r->words);

	if (used > 0 && used + 1 < sizeof r->words)
		r->words[used++] = ' ';
	if (n >= sizeof r->words - used)
		n = sizeof r->words - used - 1;
	for (; n > 0; at++, n--)
		r->words[used++] = *at == '\0' ? '?' : *at;
	r->words[used] = '\0';
}

const char *
smtp_reply_add(struct smtp_reply *r, const char *line, size_t n,
    struct smtp_offers *offers)
{
	int code;

	if (n < 3 || line[0] < '2' || line[0] > '5' || line[1] < '0' ||
	    line[1] > '5' || !is_digit(line[2]))
		return "a line of its answer has no code from 200 to 559";
	code = 100 * (line[0] - '0') + 10 * (line[1] - '0') + line[2] - '0';
	if (n > 3 && line[3] != ' ' && line[3] != '-')
		return "a line of its answer has more than a code in front";
	if (r->lines > 0 && code != r->code)
		return "two lines of its answer have two codes";
	if (++r->lines > SMTP_LINES_MAX)
		return "its answer has more than 128 lines";
	r->code = code;
	r->whole = n == 3 || line[3] == ' ';
	if (n <= 4)
		return NULL;
	add_words(r, line + 4, n - 4);
	/* The first line is a greeting, and may hold any word. */
	if (offers != NULL && r->lines > 1)
		add_offer(offers, line + 4, line + n);
	return NULL;
}
