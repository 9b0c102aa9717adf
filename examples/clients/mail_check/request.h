/* SPDX-License-Identifier: MIT */
#ifndef REQUEST_H
#define REQUEST_H

#include "../client.h"
#include "../mail/account.h"

/* What is to be done by one conversation with a server. */

enum action {
	ACTION_COUNT,
	ACTION_LIST,
	ACTION_FETCH
};

struct request {
	struct account account;
	enum action action;
	uint32_t number;     /* of the message to fetch, from 1 on */
	const char *mailbox; /* IMAP alone has several */
};

/* Each gives an exit code, said why. */
int pop3_check(const struct request *r);
int imap_check(const struct request *r);

#endif
