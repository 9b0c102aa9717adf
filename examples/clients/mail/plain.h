/* SPDX-License-Identifier: MIT */
#ifndef PLAIN_H
#define PLAIN_H

#include <stdbool.h>
#include <stddef.h>

/* Base64 (RFC 4648), and the PLAIN mechanism of SASL (RFC 4616). */

#define BASE64_ROOM(n) (((n) + 2) / 3 * 4 + 1)

#define PLAIN_NAME_MAX 255 /* bytes of a user's name, or a password */
#define PLAIN_ROOM BASE64_ROOM(2 * PLAIN_NAME_MAX + 2)

/* n bytes, as text of BASE64_ROOM(n) with its terminator.  Its length. */
size_t base64(char *out, const char *in, size_t n);

/* What logs a user in.  Both have PLAIN_NAME_MAX bytes at most. */
void plain_text(char out[PLAIN_ROOM], const char *user, const char *password);

#endif
