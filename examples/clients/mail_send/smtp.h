/* SPDX-License-Identifier: MIT */
#ifndef SMTP_H
#define SMTP_H

#include "../client.h"
#include "../mail/account.h"
#include "message.h"

/* What is to be done by one conversation with a server. */
struct delivery {
	struct account account;
	struct envelope envelope;
	struct message message;
	const char *name; /* for EHLO; NULL: this host's */
	bool all;         /* to all of them, or to nobody */
};

/* Beside those of client.h: it may be there, or not. */
#define EXIT_UNKNOWN (EXIT_MALFORMED + 1)

/* An exit code, said why. */
int smtp_deliver(const struct delivery *d);

#endif
