/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_TABLE_NETLINK_H
#define SOCKI_TABLE_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * netlink(7), as far as sock_diag(7) needs it: a request, and the messages of
 * its dump, read without trusting a length in them.
 */

struct nlmsghdr;

/* What is left to read: messages, or the attributes behind a body. */
struct socki_pieces {
	const unsigned char *at;
	size_t left;
};

struct socki_message {
	uint16_t type, flags;
	uint32_t sequence;
	const unsigned char *body;
	size_t n;
};

struct socki_attribute {
	uint16_t type;
	const unsigned char *body;
	size_t n;
};

/*
 * The next one.  1; 0: nothing is left; -EBADMSG: it claims more than there
 * is, or less than its own head.
 */
int socki_pieces_message(struct socki_pieces *from, struct socki_message *out);
int
socki_pieces_attribute(struct socki_pieces *from, struct socki_attribute *out);

/* The kernel fills no more than 32 KiB at a time (netlink_recvmsg()). */
#define SOCKI_NETLINK_ROOM 32768

struct socki_netlink {
	int fd; /* -1: none */
	uint32_t sequence;
	bool interrupted; /* NLM_F_DUMP_INTR: the dump is not consistent */
	bool over;
	struct socki_pieces left;
	_Alignas(8) unsigned char room[SOCKI_NETLINK_ROOM];
};

/* 0, or what the kernel says.  Only the kernel's messages reach it. */
int socki_netlink_open(struct socki_netlink *netlink);
void socki_netlink_close(struct socki_netlink *netlink);

/*
 * Sends a request, to which the body is added, and takes the first of the
 * answer.  0; what the kernel refuses it with.
 */
int socki_netlink_ask(struct socki_netlink *netlink, uint16_t type,
    const void *body, size_t n);

/*
 * The next message of the dump, in room until the next call.  1; 0: its end;
 * the error that the kernel ended it with; -EBADMSG.
 */
int
socki_netlink_next(struct socki_netlink *netlink, struct socki_message *out);

#endif
