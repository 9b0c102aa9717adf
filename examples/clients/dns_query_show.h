/* SPDX-License-Identifier: MIT */
#ifndef DNS_QUERY_SHOW_H
#define DNS_QUERY_SHOW_H

#include "dns_query_reply.h"

/*
 * Prints an answer, as dig does, or brief: the data alone.  data is room of
 * DNS_DATA_TEXT_MAX.  How many records of this type the answer section has;
 * -1: the message is malformed, and nothing is printed.
 */
int show(struct dns_message *m, unsigned type, bool brief, char *data);

/* "NOERROR", "NXDOMAIN", ... */
const char *show_rcode(unsigned flags);

#endif
