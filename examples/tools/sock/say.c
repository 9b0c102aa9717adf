/* SPDX-License-Identifier: MIT */
#include "say.h"

#include <inttypes.h>
#include <sock.h>

#include "options.h"

void
say_part(void)
{
	static bool begun;

	if (begun)
		putchar('\n');
	begun = true;
}

void
put_safely(FILE *to, const char *s)
{
	for (; *s != '\0'; s++)
		if (*s >= 0x20 && *s < 0x7f)
			putc(*s, to);
		else
			fprintf(to, "\\x%02x", (unsigned char)*s);
}

int
complain(int code, const char *subject, const char *stage, const char *reason)
{
	fprintf(stderr, "sock: ");
	put_safely(stderr, *subject != '\0' ? subject : "\"\"");
	fprintf(stderr, ": %s: ", stage);
	put_safely(stderr, reason);
	putc('\n', stderr);
	return code;
}

int
complain_last(const char *subject)
{
	const struct sock_error *e = sock_last_error();

	(void)complain(0, subject, e->op, e->reason);
	switch (e->code) {
	case SOCK_EADDR:
	case SOCK_EUSAGE:
		return EXIT_USAGE;
	case SOCK_ENOSERVICE:
	case SOCK_ENOHOST:
		return EXIT_NOT_FOUND;
	default:
		return EXIT_FAILED;
	}
}

/* Bytes beyond ASCII as U+0080 to U+00FF: any name makes valid JSON. */
static void
put_quoted(FILE *to, const char *s)
{
	putc('"', to);
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			putc('\\', to);
		if (*s >= 0x20 && *s < 0x7f)
			putc(*s, to);
		else
			fprintf(to, "\\u%04x", (unsigned char)*s);
	}
	putc('"', to);
}

static void
put_key(struct json *j, const char *key)
{
	if (j->comma)
		putc(',', j->to);
	j->comma = true;
	if (key != NULL) {
		put_quoted(j->to, key);
		putc(':', j->to);
	}
}

void
json_open(struct json *j, const char *key, char bracket)
{
	put_key(j, key);
	putc(bracket, j->to);
	j->comma = false;
	j->depth++;
}

void
json_close(struct json *j, char bracket)
{
	putc(bracket, j->to);
	j->comma = true;
	if (--j->depth == 0)
		putc('\n', j->to);
}

void
json_string(struct json *j, const char *key, const char *value)
{
	put_key(j, key);
	if (value != NULL)
		put_quoted(j->to, value);
	else
		fputs("null", j->to);
}

void
json_number(struct json *j, const char *key, uint64_t value)
{
	put_key(j, key);
	fprintf(j->to, "%" PRIu64, value);
}

void
json_integer(struct json *j, const char *key, int64_t value)
{
	put_key(j, key);
	fprintf(j->to, "%" PRId64, value);
}

void
json_bool(struct json *j, const char *key, bool value)
{
	put_key(j, key);
	fputs(value ? "true" : "false", j->to);
}
