/* SPDX-License-Identifier: MIT */
#include "pop3_reply.h"

#include <string.h>
#include <strings.h>

#define DIGITS_MAX 18

const char *
pop3_status(const char *line, size_t n, bool *good, const char **words)
{
	size_t status;

	if (memchr(line, '\0', n) != NULL)
		return "a line of its answer holds a NUL";
	*good = strncmp(line, "+OK", 3) == 0;
	status = *good ? 3 : 4;
	if ((!*good && strncmp(line, "-ERR", 4) != 0) ||
	    (line[status] != '\0' && line[status] != ' '))
		return "its answer is neither +OK nor -ERR";
	*words = line + status + (line[status] == ' ');
	return NULL;
}

static bool
number(const char **at, uint64_t *n)
{
	const char *c = *at;

	for (*n = 0; *c >= '0' && *c <= '9' && c - *at < DIGITS_MAX; c++)
		*n = 10 * *n + (uint64_t)(*c - '0');
	if (c == *at || (*c != ' ' && *c != '\0'))
		return false;
	*at = c + strspn(c, " ");
	return true;
}

bool
pop3_numbers(const char *words, uint64_t *first, uint64_t *second)
{
	return number(&words, first) && number(&words, second);
}

static bool
is_word(const char *at, const char *word)
{
	const size_t n = strlen(word);

	return strncasecmp(at, word, n) == 0 && (at[n] == '\0' || at[n] == ' ');
}

static void
read_capability(struct pop3_capabilities *c, const char *line)
{
	if (is_word(line, "STLS"))
		c->stls = true;
	if (is_word(line, "PIPELINING"))
		c->pipelining = true;
	if (!is_word(line, "SASL"))
		return;
	while (*(line += strcspn(line, " ")) != '\0') {
		line += strspn(line, " ");
		c->auth_plain = c->auth_plain || is_word(line, "PLAIN");
	}
}

void
pop3_capability(struct pop3_capabilities *c, struct pop3_line *line,
    const char *in, size_t n)
{
	for (; n > 0; in++, n--) {
		if (*in == '\n') {
			line->at[line->n] = '\0';
			read_capability(c, line->at);
			line->n = 0;
		} else if (*in != '\r' && line->n + 1 < sizeof line->at) {
			line->at[line->n++] = *in;
		}
	}
}
