/* SPDX-License-Identifier: MIT */
#ifndef IMAP_H
#define IMAP_H

#include "../mail/line.h"
#include "../transfer_save.h"
#include "imap_reply.h"
#include "request.h"
#include "row.h"

/*
 * A conversation over IMAP (RFC 3501, RFC 9051), read only.  Results are exit
 * codes, said why.
 */

#define IMAP_BATCH 100 /* messages of a list that are asked for at once */

struct imap {
	const struct request *request;
	struct line line;
	struct imap_reader reader;
	int commands; /* that were given, for their tags */
	char tag[16];
	bool starttls, login_disabled, auth_plain, initial_response;
	bool preauth;
	uint32_t exists;
	struct row rows[IMAP_BATCH]; /* the list's, from first on */
	uint32_t first, last;        /* that are asked for; 0: none */
	struct header header;        /* of the message whose literal goes by */
	struct save save;
	bool saved; /* some of the message is out */
};

/* For the next command, whose step begins. */
const char *imap_tag(struct imap *m);

/* The next response, with what it says of messages. */
int imap_hear(struct imap *m, struct imap_response *r);

/* Until the command has ended, or "+" asks for more of it. */
int imap_await(struct imap *m, bool more, const char *what);

/* What the server can do, as it says last. */
void imap_capabilities(struct imap *m, const char *words);

/* From the greeting on, until the user is logged in. */
int imap_begin_session(struct imap *m);

#endif
