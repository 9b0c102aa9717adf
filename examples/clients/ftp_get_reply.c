/* SPDX-License-Identifier: MIT */
#include "ftp_get_reply.h"

#include <string.h>

#define DIGITS_MAX 18 /* fewer than an int64_t can hold */
#define PORT_MAX 65535

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

void
ftp_reply_begin(struct ftp_reply *r)
{
	r->code = 0;
	r->whole = r->begun = false;
	r->wrong = NULL;
	r->text[0] = '\0';
	r->spent = 0;
}

/* "226 Done": 226, or 0. */
static int
code_of(const char *line, size_t n)
{
	if (n < 3 || line[0] < '1' || line[0] > '5' || !is_digit(line[1]) ||
	    !is_digit(line[2]))
		return 0;
	if (n > 3 && line[3] != ' ' && line[3] != '-')
		return 0;
	return 100 * (line[0] - '0') + 10 * (line[1] - '0') + line[2] - '0';
}

static void
end(struct ftp_reply *r, const char *line, size_t n)
{
	const size_t skip = n > 3 ? 4 : n;

	memcpy(r->text, line + skip, n - skip);
	r->text[n - skip] = '\0';
	r->whole = true;
}

void
ftp_reply_take(struct ftp_reply *r, const char *line, size_t n)
{
	const int code = code_of(line, n);
	const bool more = n > 3 && line[3] == '-';

	r->spent += n + 1;
	if (n >= sizeof r->text)
		r->wrong = "a line of a reply is over 4 KiB";
	else if (r->spent > FTP_REPLY_MAX)
		r->wrong = "a reply is over 256 KiB";
	else if (!r->begun && code == 0)
		r->wrong = "what the server says is not FTP";
	else if (!r->begun && more)
		r->code = code;
	else if (!r->begun || (code == r->code && !more)) {
		r->code = code;
		end(r, line, n);
	}
	/* Between the first line and the last all else is text. */
	r->begun = true;
}

/* Takes a plain number from the front: -1, none up to max. */
static int
number(const char **at, int max)
{
	int value = 0;

	if (!is_digit(**at))
		return -1;
	for (; is_digit(**at); ++*at) {
		value = 10 * value + (**at - '0');
		if (value > max)
			return -1;
	}
	return value;
}

int
ftp_epsv_port(const char *text)
{
	const char *at = strchr(text, '(');
	char mark;
	int port;

	if (at == NULL || at[1] < 33 || at[1] > 126 || is_digit(at[1]))
		return -1;
	mark = at[1];
	if (at[2] != mark || at[3] != mark)
		return -1;
	at += 4;
	port = number(&at, PORT_MAX);
	return port > 0 && at[0] == mark && at[1] == ')' ? port : -1;
}

/* The parentheses are a habit, not a rule (RFC 1123, 4.1.2.6). */
int
ftp_pasv_port(const char *text)
{
	int part[6], i;

	while (*text != '\0' && !is_digit(*text))
		text++;
	for (i = 0; i < 6; i++) {
		part[i] = number(&text, 255);
		if (part[i] < 0 || (i < 5 && *text++ != ','))
			return -1;
	}
	part[5] += 256 * part[4];
	return part[5] > 0 ? part[5] : -1;
}

int64_t
ftp_number(const char *text)
{
	int64_t value = 0;
	int i;

	for (i = 0; i < DIGITS_MAX && is_digit(text[i]); i++)
		value = 10 * value + (text[i] - '0');
	while (i > 0 && text[i] == ' ')
		i++;
	return i > 0 && text[i] == '\0' ? value : -1;
}
