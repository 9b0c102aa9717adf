/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_TABLE_REQUEST_H
#define SOCKI_TABLE_REQUEST_H

#include <stddef.h>
#include <stdint.h>

/* The requests of sock_diag(7), with what the kernel is to leave out. */

struct sock_table_options;

enum socki_request_kind {
	/*
	 * Both families in one walk of the kernel's table, which is a quarter
	 * cheaper than two: an old form, for TCP alone.
	 */
	SOCKI_REQUEST_TCP,
	SOCKI_REQUEST_TCP4,
	SOCKI_REQUEST_TCP6,
	SOCKI_REQUEST_UDP4,
	SOCKI_REQUEST_UDP6,
	SOCKI_REQUEST_UNIX,
	SOCKI_REQUEST_COUNT
};

/* The body of a request; the most is 60 bytes and a filter of 72. */
struct socki_request {
	uint16_t type;
	size_t n;
	_Alignas(4) unsigned char body[160];
};

void socki_request_fill(struct socki_request *request,
    enum socki_request_kind kind, const struct sock_table_options *options);

#endif
