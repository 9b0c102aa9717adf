/* SPDX-License-Identifier: MIT */
#include "imap_reply.h"

#include <string.h>
#include <strings.h>

#define DEPTH_MAX 32 /* of parentheses */

void
imap_begin(struct imap_reader *r, uint32_t literal_max)
{
	r->whole = false;
	r->wrong = NULL;
	r->left = 0;
	r->literal_max = literal_max;
	r->n = 0;
}

static bool
starts(const char *text, const char *with)
{
	return strncasecmp(text, with, strlen(with)) == 0;
}

/* A word and what may stand behind one. */
static bool
is_word(const char *text, const char *word)
{
	const char end = starts(text, word) ? text[strlen(word)] : 'x';

	return end == '\0' || end == ' ';
}

static int
status_of(const char *text)
{
	static const char *const words[] = { "OK", "NO", "BAD", "BYE",
		"PREAUTH" };
	int i;

	for (i = 0; i < (int)(sizeof words / sizeof words[0]); i++)
		if (is_word(text, words[i]))
			return i;
	return -1;
}

/* 0: no number of 32 bits, or 0 itself.  *at goes behind it. */
static uint64_t
number(const char **at)
{
	uint64_t n = 0;

	while (**at >= '0' && **at <= '9' && n <= UINT32_MAX)
		n = 10 * n + (uint64_t)(*(*at)++ - '0');
	return n <= UINT32_MAX ? n : 0;
}

/*
 * Only data has literals: a person's words may end in "{5}", too.  False: the
 * line ends here.
 */
static bool
literal_begins(struct imap_reader *r)
{
	const char *brace = strrchr(r->text, '{'), *at;
	uint64_t n;

	if (!starts(r->text, "* ") || status_of(r->text + 2) >= 0 ||
	    brace == NULL || brace[1] < '0' || brace[1] > '9')
		return false;
	at = brace + 1;
	n = number(&at);
	if (strcmp(at, "}") != 0)
		return false;
	if (n > r->literal_max || (n == 0 && brace[1] != '0'))
		r->wrong = "it sends more at once than was to be expected";
	r->left = (uint32_t)n;
	return true;
}

static void
take_byte(struct imap_reader *r, char c)
{
	if (c == '\0') {
		r->wrong = "a line of its answer holds a NUL";
	} else if (r->n == sizeof r->text - 1) {
		r->wrong = "a line of its answer has no end";
	} else if (c != '\n') {
		r->text[r->n++] = c;
	} else {
		r->n -= r->n > 0 && r->text[r->n - 1] == '\r';
		r->text[r->n] = '\0';
		r->whole = !literal_begins(r);
	}
}

size_t
imap_take(struct imap_reader *r, const char *in, size_t n,
    struct imap_piece *literal)
{
	size_t used = 0;

	*literal = (struct imap_piece){ in, 0 };
	if (r->left > 0) {
		literal->n = n < r->left ? n : r->left;
		r->left -= (uint32_t)literal->n;
		return literal->n;
	}
	while (used < n && !r->whole && r->wrong == NULL && r->left == 0)
		take_byte(r, in[used++]);
	return used;
}

static const char *
parse_untagged(struct imap_response *r, const char *text)
{
	const int status = status_of(text);

	r->kind = IMAP_OTHER;
	r->words = text;
	if (status >= 0) {
		r->kind = IMAP_STATUS;
		r->status = (enum imap_status)status;
		r->words = text + strcspn(text, " ");
		r->words += *r->words == ' ';
	} else if (is_word(text, "CAPABILITY")) {
		r->kind = IMAP_CAPABLE;
		r->words = text + strlen("CAPABILITY");
	} else if (*text >= '0' && *text <= '9') {
		r->number = (uint32_t)number(&text);
		if (*text != ' ')
			return "its number is none";
		r->words = text + 1;
		if (is_word(r->words, "EXISTS"))
			r->kind = IMAP_EXISTS;
		else if (is_word(r->words, "FETCH") && r->words[5] == ' ')
			r->kind = IMAP_FETCH, r->words += strlen("FETCH ");
	}
	return NULL;
}

const char *
imap_parse(struct imap_response *r, const char *text, const char *tag)
{
	const size_t n = strlen(tag);
	int status;

	*r = (struct imap_response){ .words = text };
	if (starts(text, "* "))
		return parse_untagged(r, text + 2);
	if (text[0] == '+' && (text[1] == ' ' || text[1] == '\0')) {
		r->kind = IMAP_GO_ON;
		return NULL;
	}
	if (strncmp(text, tag, n) != 0 || text[n] != ' ')
		return "a line of its answer belongs to no command";
	status = status_of(text + n + 1);
	if (status < 0 || status > IMAP_BAD)
		return "a command of ours is neither OK, NO nor BAD";
	r->kind = IMAP_TAGGED;
	r->status = (enum imap_status)status;
	r->words = text + n + 1 + strcspn(text + n + 1, " ");
	r->words += *r->words == ' ';
	return NULL;
}

bool
imap_capable(const char *words, const char *name)
{
	while (*words != '\0') {
		words += strspn(words, " ");
		if (is_word(words, name))
			return true;
		words += strcspn(words, " ");
	}
	return false;
}

/* Behind the closing quote; NULL: there is none. */
static const char *
skip_quoted(const char *c)
{
	for (c++; *c != '"'; c++) {
		if (*c == '\\' && c[1] != '\0')
			c++;
		if (*c == '\0')
			return NULL;
	}
	return c + 1;
}

/* Behind a value: a string, an atom, a literal's "{N}", a list of them. */
static const char *
skip_value(const char *c)
{
	int depth = 0;

	do {
		if (*c == '"') {
			c = skip_quoted(c);
			if (c == NULL)
				return NULL;
		} else if (*c == '(') {
			if (++depth > DEPTH_MAX)
				return NULL;
			c++;
		} else if (*c == ')') {
			depth--;
			c++;
		} else if (*c == '{') {
			c += strcspn(c, "}");
			c += *c == '}';
		} else {
			c += *c == ' ' ? 1 : strcspn(c, " ()\"");
		}
	} while (depth > 0 && *c != '\0');
	return *c == ' ' || *c == ')' || c[-1] == '}' ? c : NULL;
}

/* Behind an item's name: BODY[HEADER.FIELDS ("A" B)]<0> is one. */
static const char *
skip_name(const char *c)
{
	c += strcspn(c, " [");
	if (*c == '[')
		while (*c != ']' && *c != '\0') {
			c = *c == '"' ? skip_quoted(c) : c + 1;
			if (c == NULL)
				return NULL;
		}
	c += strcspn(c, " ");
	return *c == ' ' ? c : NULL;
}

const char *
imap_data(struct imap_data *d, const char *words)
{
	static const char wrong[] = "what it tells of a message is no list";
	const char *c = words + 1, *name, *value;

	*d = (struct imap_data){ .size = -1 };
	if (*words != '(')
		return wrong;
	while (*c != ')' && *c != '\0') {
		name = c + strspn(c, " ");
		value = skip_name(name);
		if (value == NULL)
			return wrong;
		c = skip_value(++value);
		if (c == NULL || c == value)
			return wrong;
		if (starts(name, "BODY["))
			d->text = *value == '"' ? value : NULL;
		d->literal =
		    starts(name, "BODY[") && *value == '{' && *c == '\0';
		if (starts(name, "RFC822.SIZE "))
			d->size = (int64_t)number(&value);
	}
	return *c == ')' || c[-1] == '}' ? NULL : wrong;
}

const char *
imap_quote(char *out, size_t room, const char *in)
{
	char *at = out;

	*at++ = '"';
	for (; *in != '\0'; in++) {
		if (*in < 0x20 || *in >= 0x7f || at + 4 > out + room)
			return NULL;
		if (*in == '"' || *in == '\\')
			*at++ = '\\';
		*at++ = *in;
	}
	*at++ = '"';
	*at = '\0';
	return out;
}

int
imap_unquote(const char **at)
{
	const char *c = *at;

	if (*c == '"' || *c == '\0')
		return -1;
	c += *c == '\\' && c[1] != '\0';
	*at = c + 1;
	return (unsigned char)*c;
}
