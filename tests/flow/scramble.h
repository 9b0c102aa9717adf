/* SPDX-License-Identifier: MIT */
#ifndef FLOW_SCRAMBLE_H
#define FLOW_SCRAMBLE_H

#include <sock/layer.h>

/*
 * A layer as awkward as TLS.  It changes every byte, by its position.  Each end
 * says hello before anything else, from whichever call comes first, and must
 * have the peer's before it can write.  Once SCRAMBLE_WINDOW bytes are not
 * acknowledged a write waits to read, and the read that took them writes the
 * acknowledgement.  A stream without its end frame was cut off: SOCK_EEOF.
 */
#define SCRAMBLE_WINDOW 4096

extern const struct sock_layer scramble;

/* Puts one on.  0, -ENOMEM, an error of sock_push_layer(). */
int scramble_push(sock_t s);

/* How many are not closed yet. */
int scramble_alive(void);

/* The first rule of sock/layer.h that the library broke, or NULL. */
const char *scramble_complaint(void);

#endif
