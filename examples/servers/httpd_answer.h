/* SPDX-License-Identifier: MIT */
#ifndef HTTPD_ANSWER_H
#define HTTPD_ANSWER_H

#include <time.h>

#include "httpd.h"
#include "httpd_chunks.h"
#include "httpd_match.h"
#include "httpd_path.h"

#define CONTENT_MAX 32768 /* of a file that leaves with its head */
#define BEGIN_MAX 4096    /* of a larger one; the rest is not copied */
#define HEAD_ROOM 1024    /* for a head of ours without Location */
#define OUT_ROOM (CONTENT_MAX + 16 * HEAD_ROOM)
#define INDEX "index.html"
#define LOG_ROOM 4096 /* PIPE_BUF: a line is written as one */
#define PEER_ROOM 64

/*
 * What a request needs, and a conversation between two has not; nor does its
 * stack, which stays as large as it ever was.
 */
struct work {
	struct request request;
	struct timespec now;
	struct out out; /* answers on their way */
	struct chunks chunks;
	char path[PATH_ROOM + sizeof INDEX];
	char room[OUT_ROOM];
	char line[LOG_ROOM]; /* of the log */
};

struct conversation {
	sock_t sock;
	const struct site *site;
	struct work *work;
	bool over; /* no other answer follows */
	bool gone; /* there is nobody to answer */
	char peer[PEER_ROOM];
};

/* Sends what waits to be sent.  False, over and gone: it cannot be. */
bool flush(struct conversation *c);

/* So that n bytes more fit, of OUT_ROOM; flushes if need be. */
bool make_room(struct conversation *c, size_t n);

/* Answers with a line of text: what is wrong, or nothing for 204. */
void answer_status(struct conversation *c, int status);

/* Answers with what the path in work is, or what is wrong with it. */
void answer_path(struct conversation *c);

/* The line in the log about an answer, and so many bytes of its body. */
void log_answer(struct conversation *c, int status, int64_t bytes);

#endif
