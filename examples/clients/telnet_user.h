/* SPDX-License-Identifier: MIT */
#ifndef TELNET_USER_H
#define TELNET_USER_H

#include "telnet_talk.h"

/* The person on the terminal, and what is between them and telnet alone. */

void user_begin(struct talk *k);

/* The terminal as the server's options have it. */
void user_mode(struct talk *k);

/* What was typed; GO_ON, or an exit code. */
int user_typed(struct talk *k, const char *typed, size_t n);

/* One has come. */
void user_signal(struct talk *k);

#endif
