/* SPDX-License-Identifier: MIT */
#include "name/services_file.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/memory.h"
#include "name/registry.h"
#include "sys/sys.h"

#define LINE_MAX_BYTES 1023
#define FILE_MAX_BYTES (1024 * 1024)
#define CHECK_MS 1000 /* how old an answer may be */

static const char *path = "/etc/services";

/* What tells one state of the file from another; zeros: there is none. */
struct identity {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed; /* ctime: utimensat(2) cannot set it back */
};

/*
 * The file, packed: for each line a uint32_t, its port in bits 0-15, its
 * transport in 16-19, how many bytes follow in 20-31; then the name and each
 * alias, a byte with the length before it.  A name that is none has length 0.
 */
struct services {
	struct identity is;
	sock_time checked;
	size_t n;
	char lines[];
};

/*
 * Who asks takes it out and puts it back.  Who finds nothing reads the file
 * for himself, which costs less than a lock that a fork would have to know.
 */
static struct services *_Atomic kept;

struct text {
	const char *at;
	size_t n;
};

/* By name, or, where name.n is 0, by port. */
struct question {
	struct text name;
	uint32_t port;
	unsigned transports;
};

static void
keep(struct services *s)
{
	socki_free(atomic_exchange(&kept, s));
}

void
socki_services_file_path(const char *other)
{
	path = other != NULL ? other : "/etc/services";
	keep(NULL);
}

/* As isspace(3) has it, without a locale: lines may end in CR LF. */
static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The next word of a line, taken off it; its n is 0 at the end. */
static struct text
take_word(struct text *line)
{
	struct text word;

	while (line->n > 0 && is_space(*line->at))
		line->at++, line->n--;
	word = (struct text){ line->at, 0 };
	while (line->n > 0 && !is_space(*line->at) && *line->at != '#')
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

static size_t
pack_word(char *to, struct text word)
{
	if (!is_name(word))
		word.n = 0;
	memmove(to + 1, word.at, word.n);
	*to = (char)word.n;
	return 1 + word.n;
}

/* Takes no more room than the line, and may take its place. */
static size_t
pack_line(char *to, struct text line)
{
	unsigned transport = 0;
	uint32_t head;
	struct text word = take_word(&line);
	const int port = port_of(take_word(&line), &transport);
	size_t n = sizeof head;

	if (port == 0 || transport == 0)
		return 0;
	for (; word.n > 0; word = take_word(&line))
		n += pack_word(to + n, word);
	head = (uint32_t)(n - sizeof head) << 20 | transport << 16 |
	    (uint32_t)port;
	memcpy(to, &head, sizeof head);
	return n;
}

/* Packs n bytes where they lie; of a text that is cut not the last line. */
static size_t
pack(char *text, size_t n, bool cut)
{
	size_t at = 0, to = 0;

	while (at < n) {
		const char *newline = memchr(text + at, '\n', n - at);
		const size_t end =
		    newline != NULL ? (size_t)(newline - text) : n;

		if (newline == NULL && cut)
			break;
		if (end - at <= LINE_MAX_BYTES)
			to += pack_line(text + to,
			    (struct text){ text + at, end - at });
		at = end + 1;
	}
	return to;
}

static struct identity
identity(const struct stat *st)
{
	return (struct identity){ st->st_dev, st->st_ino, st->st_size,
		st->st_ctim };
}

static bool
is_same_file(const struct identity *a, const struct identity *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	    a->changed.tv_sec == b->changed.tv_sec &&
	    a->changed.tv_nsec == b->changed.tv_nsec;
}

/* NULL: out of memory. */
static struct services *
load(void)
{
	struct services *s = socki_alloc(sizeof *s + FILE_MAX_BYTES), *less;
	ssize_t got = 0;
	struct stat st;
	int fd;

	if (s == NULL)
		return NULL;
	*s = (struct services){ .n = 0 };
	fd = socki_sys_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	if (fd >= 0) {
		if (socki_sys_fstat(fd, &st) == 0)
			s->is = identity(&st);
		do {
			got = socki_sys_read(fd, s->lines + s->n,
			    FILE_MAX_BYTES - s->n);
			s->n += got > 0 ? (size_t)got : 0;
		} while (got > 0 && s->n < FILE_MAX_BYTES);
		socki_sys_close(fd);
	}
	if (got < 0) /* half of it, which the next check must not take for it */
		s->is.size = -1;
	s->n = pack(s->lines, s->n, got != 0);
	less = socki_realloc(s, sizeof *s + s->n);
	return less != NULL ? less : s;
}

/* The file as it is, or was a moment ago: give it to keep().  NULL: no memory. */
static struct services *
take(void)
{
	struct services *s = atomic_exchange(&kept, NULL);
	const sock_time now = sock_now();
	struct identity is = { .size = 0 };
	struct stat st;

	if (s != NULL && now < socki_clock_add(s->checked, CHECK_MS))
		return s;
	if (s != NULL && socki_sys_stat(path, &st) == 0)
		is = identity(&st);
	if (s == NULL || !is_same_file(&s->is, &is)) {
		socki_free(s);
		s = load();
	}
	if (s != NULL)
		s->checked = now;
	return s;
}

static bool
has_word(const char *words, size_t n, struct text wanted)
{
	const char *end = words + n;

	for (; words < end; words += 1 + *words)
		if (same((struct text){ words + 1, (size_t)*words }, wanted))
			return true;
	return false;
}

/* The port of the best line, or 0; its name is copied where name is asked. */
static int
ask(const struct question *q, char *name)
{
	struct services *s = take();
	unsigned best = REGISTRY_ANY + 1;
	uint32_t head = 0, result = 0;

	if (s == NULL)
		return 0;
	for (size_t at = 0; at < s->n; at += sizeof head + (head >> 20)) {
		const char *words = s->lines + at + sizeof head;
		unsigned transport;

		memcpy(&head, s->lines + at, sizeof head);
		transport = head >> 16 & REGISTRY_ANY & q->transports;
		if (transport == 0 || transport >= best)
			continue;
		if (q->name.n > 0 ? !has_word(words, head >> 20, q->name) :
				    (head & 0xffff) != q->port || *words == 0)
			continue;
		best = transport;
		result = head & 0xffff;
		if (name != NULL) {
			memcpy(name, words + 1, (size_t)*words);
			name[(size_t)*words] = '\0';
		}
	}
	keep(s);
	return (int)result;
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
	const struct question q = { { NULL, 0 }, (uint32_t)port, transports };

	return ask(&q, name) > 0 ? name : NULL;
}
