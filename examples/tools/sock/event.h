/* SPDX-License-Identifier: MIT */
#ifndef EVENT_H
#define EVENT_H

#include <sock.h>

struct options;
struct conversation;

/* What happens to a connection, on standard error. */

void event_listening(sock_t listener, const struct options *);
void event_connected(sock_t stream, const struct options *);
void event_finished(const struct conversation *, const struct options *);

#endif
