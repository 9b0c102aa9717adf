/* SPDX-License-Identifier: MIT */
#include "chat_talk.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "chat_hall.h"

#define LINE_MAX_BYTES 400
#define BURST 20        /* lines that one may send at once, */
#define PACE_MS 100     /* and then one each so often */
#define KEEPALIVE_S 60  /* a silent peer may be gone */
#define UNREAD_MS 30000 /* one that reads nothing for so long is */
#define GONE_MS 1000    /* for the last words of one who is gone */
#define SNDBUF 16384    /* what is not read waits in the outbox, and counts */

static const char help[] =
    "* /name NAME   how others shall call you\n"
    "* /join ROOM   go to a room; it is there when you are\n"
    "* /who         who is in your room\n"
    "* /rooms       which rooms there are\n"
    "* /quit        good-bye\n"
    "* anything else is said to your room";

/* false: it was the last one. */
static bool
command_name(struct member *m, const char *argument)
{
	if (!text_is_name(argument))
		hall_tell(m,
		    "a name is a letter and up to 15 letters, digits, - or _");
	else if (hall_name(m, argument) < 0)
		hall_tell(m, "somebody else has this name");
	return true;
}

static bool
command_join(struct member *m, const char *argument)
{
	if (!text_is_name(argument))
		hall_tell(m,
		    "a room is a letter and up to 15 letters, digits, - or _");
	else if (hall_join(m, argument) < 0)
		hall_tell(m, "there is no room for another room");
	return true;
}

static bool
command_who(struct member *m, const char *argument)
{
	(void)argument;
	hall_tell_who(m);
	return true;
}

static bool
command_rooms(struct member *m, const char *argument)
{
	(void)argument;
	hall_tell_rooms(m);
	return true;
}

static bool
command_help(struct member *m, const char *argument)
{
	(void)argument;
	hall_tell(m, help + 2);
	return true;
}

static bool
command_quit(struct member *m, const char *argument)
{
	(void)argument;
	hall_tell(m, "good-bye");
	return false;
}

static const struct command {
	const char *name;
	bool (*run)(struct member *, const char *argument);
} commands[] = {
	{ "/help", command_help },
	{ "/join", command_join },
	{ "/name", command_name },
	{ "/quit", command_quit },
	{ "/rooms", command_rooms },
	{ "/who", command_who },
};

static bool
obey(struct member *m, char *line)
{
	char *argument = line + strcspn(line, " ");
	size_t i;

	if (*argument != '\0')
		*argument++ = '\0';
	for (i = 0; i < sizeof commands / sizeof commands[0]; i++)
		if (strcmp(line, commands[i].name) == 0)
			return commands[i].run(m, argument);
	hall_tell(m, "no such command; /help tells which there are");
	return true;
}

static bool
understand(struct member *m, char *line, size_t length)
{
	char clean[4 * LINE_MAX_BYTES + 1];

	if (line[0] == '/')
		return obey(m, line);
	text_clean(line, length, clean);
	if (clean[0] != '\0')
		hall_say(m, clean);
	return true;
}

/*
 * One who says too much is heard later, which the peer's TCP gets to feel; and
 * after each line those who have to write it have their turn.
 */
static int
keep_pace(sock_time *next)
{
	const sock_time now = sock_now(), gap = (sock_time)PACE_MS * 1000000;

	if (*next < now - BURST * gap)
		*next = now - BURST * gap;
	*next += gap;
	return sock_sleep(*next > now ? *next : SOCK_NOWAIT);
}

/* The rest of a line that is too long. */
static int
skip_line(sock_t s)
{
	const char *end = NULL;
	const void *view;
	ssize_t n;

	while (end == NULL) {
		n = sock_peek(s, &view, 1, SOCK_DEFAULT);
		if (n <= 0)
			return -1;
		end = memchr(view, '\n', (size_t)n);
		if (end != NULL)
			n = end + 1 - (const char *)view;
		sock_skip(s, (size_t)n);
	}
	return 0;
}

static void
read_lines(void *member)
{
	struct member *m = member;
	char line[LINE_MAX_BYTES + 1];
	sock_time next = 0;
	ssize_t n;

	do {
		n = sock_read_line(m->s, line, sizeof line, SOCK_DEFAULT);
		if (n == SOCK_ETOOBIG) {
			hall_tell(m, "a line has 400 bytes at most");
			n = skip_line(m->s);
			line[0] = '\0';
		}
	} while (n >= 0 && keep_pace(&next) == 0 &&
	    understand(m, line, (size_t)n));
	/* What is in it is still written. */
	sock_channel_close(m->outbox);
}

/* Whoever is gone, and hears nothing more, may have said something before. */
static void
write_words(struct member *m)
{
	sock_time until = SOCK_FOREVER;
	struct words *words;
	int rc = 0;

	while (rc == 0 && sock_now() < until &&
	    sock_channel_receive(m->outbox, &words, until) == 0) {
		if (until == SOCK_FOREVER)
			rc = sock_write(m->s, words->text, words->length,
			    SOCK_DEFAULT);
		words_release(words);
		if (rc == -EPIPE || rc == -ECONNRESET) {
			until = sock_in(GONE_MS);
			rc = 0;
		}
	}
}

static void
converse(struct member *m, struct hall *hall)
{
	struct sock_group *reader;
	struct words *words;

	if (hall_enter(hall, m) < 0) {
		sock_printf(m->s, "* nobody can come in now\n");
	} else {
		reader = sock_group_new();
		if (sock_go(reader, read_lines, m) == 0)
			write_words(m);
		sock_group_free(reader); /* which ends it */
		hall_leave(m);
		if (m->dropped)
			fprintf(stderr, "chat: %s did not read\n", m->name);
	}
	while (sock_channel_receive(m->outbox, &words, SOCK_NOWAIT) == 0)
		words_release(words);
}

void
talk(sock_t s, void *talks)
{
	const struct talks *t = talks;
	struct member m = { .s = s };

	sock_set(s, SOCK_OPT_KEEPALIVE_S, KEEPALIVE_S);
	sock_set(s, SOCK_OPT_WRITE_TIMEOUT_MS, UNREAD_MS);
	sock_set(s, SOCK_OPT_SNDBUF, SNDBUF);
	m.outbox = sock_channel_new(sizeof(struct words *), (size_t)t->outbox);
	if (m.outbox != NULL)
		converse(&m, t->hall);
	sock_channel_free(m.outbox);
}
