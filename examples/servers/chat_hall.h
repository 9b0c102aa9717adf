/* SPDX-License-Identifier: MIT */
#ifndef CHAT_HALL_H
#define CHAT_HALL_H

#include <sock.h>
#include <stdatomic.h>

#include "chat_text.h"

/*
 * Who is here, under which name and in which room.  This is the state of the
 * server: it lives in this process, and is lost with it.  A member belongs to
 * its conversation; the hall knows it from hall_enter() to hall_leave().  Any
 * thread or fiber may call; nobody here waits for a member: what is said goes
 * into the outbox of each, and one whose outbox is full is dropped.
 */

struct hall;
struct room;

/* Text that lies in many outboxes. */
struct words {
	size_t length;
	atomic_int holders;
	char text[];
};

struct member {
	sock_t s;
	struct sock_channel *outbox; /* of struct words * */
	struct hall *hall;           /* from here on the hall's own */
	char name[NAME_LENGTH + 1];
	struct room *room;
	struct member *next, **link; /* of the room */
	bool dropped;
};

/* NULL: out of memory. */
struct hall *hall_new(void);
void hall_free(struct hall *hall);

/*
 * A guest with a number for a name, in the lobby.  0, or an error; -ECANCELED:
 * the hall is closed.
 */
int hall_enter(struct hall *hall, struct member *m);
void hall_leave(struct member *m);

/* -EEXIST: somebody else has the name. */
int hall_name(struct member *m, const char *name);
int hall_join(struct member *m, const char *room);

/* To all others in the room. */
void hall_say(struct member *m, const char *text);

/* To this one alone. */
void hall_tell(struct member *m, const char *text);
void hall_tell_who(struct member *m);
void hall_tell_rooms(struct member *m);

/* A last word for everybody, and an end of each outbox; nobody can enter. */
void hall_close(struct hall *hall, const char *text);

void words_release(struct words *words);

#endif
