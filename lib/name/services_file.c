/* SPDX-License-Identifier: MIT */
#include "name/services_file.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#include "name/registry.h"
#include "sys/sys.h"

#define LINE_MAX_BYTES 1024 /* with its newline */
#define FILE_MAX_BYTES (1024 * 1024)

static const char *path = "/etc/services";

struct reader {
	int fd;
	size_t at, have; /* what of buf is not yet looked at */
	size_t left;     /* how many bytes of the file may still be read */
	char buf[LINE_MAX_BYTES];
};

struct text {
	const char *at;
	size_t n;
};

/* By name, or, where name.n is 0, by port. */
struct question {
	struct text name;
	int port;
	unsigned transports;
};

void
socki_services_file_path(const char *other)
{
	path = other != NULL ? other : "/etc/services";
}

/* False: nothing more to read, or no room. */
static bool
fill(struct reader *r)
{
	size_t room;
	ssize_t got;

	memmove(r->buf, r->buf + r->at, r->have - r->at);
	r->have -= r->at;
	r->at = 0;
	room = sizeof r->buf - r->have;
	if (room > r->left)
		room = r->left;
	if (room == 0)
		return false;
	got = socki_sys_read(r->fd, r->buf + r->have, room);
	if (got < 0)
		r->left = 0; /* what is there of the line may be half of it */
	if (got <= 0)
		return false;
	r->have += (size_t)got;
	r->left -= (size_t)got;
	return true;
}

/* The next line, without its newline; one that is too long is not given. */
static bool
next_line(struct reader *r, struct text *line)
{
	bool too_long = false;

	for (;;) {
		const char *from = r->buf + r->at;
		const size_t n = r->have - r->at;
		const char *newline = memchr(from, '\n', n);

		if (newline != NULL) {
			*line = (struct text){ from, (size_t)(newline - from) };
			r->at += line->n + 1;
			if (!too_long)
				return true;
			too_long = false;
		} else if (n == sizeof r->buf) {
			r->at = r->have;
			too_long = true;
		} else if (!fill(r)) {
			*line =
			    (struct text){ r->buf + r->at, r->have - r->at };
			r->at = r->have;
			return line->n > 0 && r->left > 0 && !too_long;
		}
	}
}

/* The next word of a line, taken off it; its n is 0 at the end. */
static struct text
take_word(struct text *line)
{
	struct text word;

	while (line->n > 0 && (*line->at == ' ' || *line->at == '\t'))
		line->at++, line->n--;
	word = (struct text){ line->at, 0 };
	while (line->n > 0 && *line->at != ' ' && *line->at != '\t' &&
	    *line->at != '#')
		line->at++, line->n--, word.n++;
	return word;
}

/* "443/tcp": the port, or 0, and the transport. */
static int
port_of(struct text word, unsigned *transport)
{
	int port = 0;

	for (;
	     word.n > 0 && *word.at >= '0' && *word.at <= '9' && port <= 65535;
	     word.at++, word.n--)
		port = 10 * port + (*word.at - '0');
	if (word.n == 0 || *word.at != '/' || port > 65535)
		return 0;
	*transport = socki_registry_transport(word.at + 1, word.n - 1);
	return port;
}

static bool
is_name(struct text word)
{
	bool digits = true;

	for (size_t i = 0; i < word.n; i++) {
		if (word.at[i] <= ' ' || word.at[i] > '~')
			return false;
		digits = digits && word.at[i] >= '0' && word.at[i] <= '9';
	}
	return word.n > 0 && word.n <= SERVICES_FILE_NAME_MAX && !digits;
}

/* No locale is asked. */
static char
small(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
same(struct text a, struct text b)
{
	size_t i = 0;

	if (a.n != b.n)
		return false;
	while (i < a.n && small(a.at[i]) == small(b.at[i]))
		i++;
	return i == a.n;
}

/* The transport for which the line answers, and its port and name; or 0. */
static unsigned
answer(const struct question *q, struct text line, int *port, struct text *name)
{
	unsigned transport = 0;
	struct text word;

	*name = take_word(&line);
	*port = port_of(take_word(&line), &transport);
	if (*port == 0 || (transport & q->transports) == 0)
		return 0;
	if (q->name.n == 0)
		return *port == q->port && is_name(*name) ? transport : 0;
	for (word = *name; word.n > 0; word = take_word(&line))
		if (same(word, q->name))
			return transport;
	return 0;
}

/* The port of the best line, or 0; its name is copied where name is asked. */
static int
ask(const struct question *q, char *name)
{
	struct reader r = { .left = FILE_MAX_BYTES };
	unsigned best = REGISTRY_ANY + 1, transport;
	struct text line, found;
	int result = 0, port;

	r.fd = socki_sys_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	if (r.fd < 0)
		return 0;
	while (best > REGISTRY_TCP && next_line(&r, &line)) {
		transport = answer(q, line, &port, &found);
		if (transport == 0 || transport >= best)
			continue;
		best = transport;
		result = port;
		if (name != NULL) {
			memcpy(name, found.at, found.n);
			name[found.n] = '\0';
		}
	}
	socki_sys_close(r.fd);
	return result;
}

int
socki_services_file_port(const char *name, size_t n, unsigned transports)
{
	const struct question q = { { name, n }, 0, transports };

	return is_name(q.name) ? ask(&q, NULL) : 0;
}

const char *
socki_services_file_name(int port, unsigned transports)
{
	static _Thread_local char name[SERVICES_FILE_NAME_MAX + 1];
	const struct question q = { { NULL, 0 }, port, transports };

	return ask(&q, name) > 0 ? name : NULL;
}
