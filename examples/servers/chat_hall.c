/* SPDX-License-Identifier: MIT */
#include "chat_hall.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOBBY "lobby"
#define SHOWN 40 /* names in a list: it is one line */

struct room {
	char name[NAME_LENGTH + 1];
	int count;
	struct member *members;
	struct room *next;
};

struct hall {
	struct sock_mutex *mutex;
	struct room *rooms; /* none is empty */
	unsigned guests;
	bool closed;
};

struct hall *
hall_new(void)
{
	struct hall *hall = calloc(1, sizeof *hall);

	if (hall != NULL && (hall->mutex = sock_mutex_new()) == NULL) {
		free(hall);
		hall = NULL;
	}
	return hall;
}

void
hall_free(struct hall *hall)
{
	sock_mutex_free(hall->mutex);
	free(hall);
}

/*
 * Whoever is cancelled has still to leave; and a thread for which there is no
 * descriptor left to wait with (-EMFILE) tries again.
 */
static void
lock(struct hall *hall)
{
	sock_shield(true);
	while (sock_mutex_lock(hall->mutex, SOCK_FOREVER) < 0)
		sched_yield();
}

static void
unlock(struct hall *hall)
{
	sock_mutex_unlock(hall->mutex);
	sock_shield(false);
}

void
words_release(struct words *words)
{
	if (words != NULL && atomic_fetch_sub(&words->holders, 1) == 1)
		free(words);
}

static struct words *__attribute__((format(printf, 1, 0)))
words_new(const char *format, va_list arguments)
{
	struct words *words = NULL;
	va_list again;
	int n;

	va_copy(again, arguments);
	n = vsnprintf(NULL, 0, format, arguments);
	if (n >= 0)
		words = malloc(sizeof *words + (size_t)n + 1);
	if (words != NULL) {
		words->length = (size_t)n;
		atomic_init(&words->holders, 1);
		vsnprintf(words->text, (size_t)n + 1, format, again);
	}
	va_end(again);
	return words;
}

/* Nobody waits for a reader: one who is so far behind is cut. */
static void
put(struct member *m, struct words *words)
{
	int rc;

	if (words == NULL || m->dropped)
		return;
	atomic_fetch_add(&words->holders, 1);
	rc = sock_channel_send(m->outbox, &words, SOCK_NOWAIT);
	if (rc < 0)
		words_release(words);
	if (rc == -EAGAIN) {
		m->dropped = true;
		sock_abort(m->s);
	}
}

static void __attribute__((format(printf, 2, 3)))
tell(struct member *m, const char *format, ...)
{
	struct words *words;
	va_list arguments;

	va_start(arguments, format);
	words = words_new(format, arguments);
	va_end(arguments);
	put(m, words);
	words_release(words);
}

/* All others of the room of m. */
static void __attribute__((format(printf, 2, 3)))
tell_others(struct member *m, const char *format, ...)
{
	struct words *words;
	struct member *other;
	va_list arguments;

	va_start(arguments, format);
	words = words_new(format, arguments);
	va_end(arguments);
	for (other = m->room->members; other != NULL; other = other->next)
		if (other != m)
			put(other, words);
	words_release(words);
}

static struct room *
find_room(struct hall *hall, const char *name)
{
	struct room *room = hall->rooms;

	while (room != NULL && !text_same_name(room->name, name))
		room = room->next;
	return room;
}

static struct room *
find_or_make_room(struct hall *hall, const char *name)
{
	struct room *room = find_room(hall, name);

	if (room == NULL && (room = calloc(1, sizeof *room)) != NULL) {
		snprintf(room->name, sizeof room->name, "%s", name);
		room->next = hall->rooms;
		hall->rooms = room;
	}
	return room;
}

static void
go_in(struct member *m, struct room *room)
{
	m->room = room;
	m->link = &room->members;
	m->next = room->members;
	if (m->next != NULL)
		m->next->link = &m->next;
	room->members = m;
	room->count++;
	tell_others(m, "* %s is here\n", m->name);
}

static void
go_out(struct member *m, const char *how)
{
	struct room *room = m->room, **link = &m->hall->rooms;

	tell_others(m, "* %s %s\n", m->name, how);
	*m->link = m->next;
	if (m->next != NULL)
		m->next->link = m->link;
	if (--room->count > 0)
		return;
	while (*link != room)
		link = &(*link)->next;
	*link = room->next;
	free(room);
}

int
hall_enter(struct hall *hall, struct member *m)
{
	struct room *room;
	int rc = 0;

	m->hall = hall;
	lock(hall);
	if (hall->closed)
		rc = -ECANCELED;
	else if ((room = find_or_make_room(hall, LOBBY)) == NULL)
		rc = -ENOMEM;
	else {
		snprintf(m->name, sizeof m->name, "guest%u", ++hall->guests);
		tell(m, "* you are %s, in %s; /help tells more\n", m->name,
		    room->name);
		go_in(m, room);
	}
	unlock(hall);
	return rc;
}

void
hall_leave(struct member *m)
{
	lock(m->hall);
	go_out(m, m->dropped ? "did not read, and was dropped" : "has left");
	unlock(m->hall);
}

/* Numbers of guests never come again, so their names are nobody's to take. */
static bool
is_taken(struct member *m, const char *name)
{
	char beginning[sizeof "guest"];
	struct member *other;
	struct room *room;

	snprintf(beginning, sizeof beginning, "%.5s", name);
	if (text_same_name(beginning, "guest"))
		return true;
	for (room = m->hall->rooms; room != NULL; room = room->next)
		for (other = room->members; other != NULL; other = other->next)
			if (other != m && text_same_name(other->name, name))
				return true;
	return false;
}

int
hall_name(struct member *m, const char *name)
{
	int rc = 0;

	lock(m->hall);
	if (is_taken(m, name)) {
		rc = -EEXIST;
	} else {
		tell_others(m, "* %s is now %s\n", m->name, name);
		snprintf(m->name, sizeof m->name, "%s", name);
		tell(m, "* you are %s\n", name);
	}
	unlock(m->hall);
	return rc;
}

int
hall_join(struct member *m, const char *name)
{
	struct room *room;
	int rc = 0;

	lock(m->hall);
	room = find_or_make_room(m->hall, name);
	if (room == NULL) {
		rc = -ENOMEM;
	} else if (room != m->room) {
		go_out(m, "has left");
		go_in(m, room);
	}
	if (room != NULL)
		tell(m, "* you are in %s\n", room->name);
	unlock(m->hall);
	return rc;
}

void
hall_say(struct member *m, const char *text)
{
	lock(m->hall);
	tell_others(m, "%s: %s\n", m->name, text);
	unlock(m->hall);
}

/* "anna, ben", or "lobby (2), cats (1)"; a long one is cut. */
struct list {
	char text[SHOWN * (NAME_LENGTH + sizeof ", (2147483647)")];
	size_t length;
	int count;
};

static void
add(struct list *list, const char *name, int count)
{
	char *end = list->text + list->length;
	const size_t room = sizeof list->text - list->length;
	const char *comma = list->count > 0 ? ", " : "";
	int n;

	if (list->count++ >= SHOWN)
		return;
	if (count > 0)
		n = snprintf(end, room, "%s%s (%d)", comma, name, count);
	else
		n = snprintf(end, room, "%s%s", comma, name);
	list->length += (size_t)n;
}

static void
tell_list(struct member *m, const char *what, const struct list *list)
{
	if (list->count > SHOWN)
		tell(m, "* %s: %s, and %d more\n", what, list->text,
		    list->count - SHOWN);
	else
		tell(m, "* %s: %s\n", what, list->text);
}

void
hall_tell_who(struct member *m)
{
	struct list list = { .count = 0 };
	struct member *other;

	lock(m->hall);
	for (other = m->room->members; other != NULL; other = other->next)
		add(&list, other->name, 0);
	tell_list(m, m->room->name, &list);
	unlock(m->hall);
}

void
hall_tell_rooms(struct member *m)
{
	struct list list = { .count = 0 };
	struct room *room;

	lock(m->hall);
	for (room = m->hall->rooms; room != NULL; room = room->next)
		add(&list, room->name, room->count);
	tell_list(m, "rooms", &list);
	unlock(m->hall);
}

void
hall_tell(struct member *m, const char *text)
{
	lock(m->hall);
	tell(m, "* %s\n", text);
	unlock(m->hall);
}

void
hall_close(struct hall *hall, const char *text)
{
	struct member *m;
	struct room *room;

	lock(hall);
	hall->closed = true;
	for (room = hall->rooms; room != NULL; room = room->next)
		for (m = room->members; m != NULL; m = m->next) {
			tell(m, "* %s\n", text);
			sock_channel_close(m->outbox);
		}
	unlock(hall);
}
