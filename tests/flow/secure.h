/* SPDX-License-Identifier: MIT */
#ifndef FLOW_SECURE_H
#define FLOW_SECURE_H

#include <sock/base.h>

/*
 * TLS on two connected streams: ends[0] is the client.  Its handshake is done
 * by the first calls that read and write, or here, by both in turn.  0, or an
 * error.
 */
int secure_push(const sock_t ends[2]);
int secure_shake(const sock_t ends[2]);

#endif
