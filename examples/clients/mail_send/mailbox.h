/* SPDX-License-Identifier: MIT */
#ifndef MAILBOX_H
#define MAILBOX_H

/*
 * Whether a text is a mailbox as it stands in a command (RFC 5321, 4.1.2):
 * LOCAL@DOMAIN, ASCII, LOCAL perhaps in quotes, DOMAIN perhaps an address in
 * brackets.  NULL, or what is wrong.
 */
const char *mailbox_check(const char *text);

#endif
