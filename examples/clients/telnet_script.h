/* SPDX-License-Identifier: MIT */
#ifndef TELNET_SCRIPT_H
#define TELNET_SCRIPT_H

#include <stddef.h>

#include "telnet.h"

/* What is waited for, and said then, without a person; no I/O. */

#define SCRIPT_SEEN_MAX 4096 /* so far back is looked */

struct script {
	const struct step *steps;
	int left;

	/* its own: what came since the last match */
	size_t n;
	char seen[SCRIPT_SEEN_MAX];
};

/* What came. */
void script_hear(struct script *s, const uint8_t *text, size_t n);

/* Whether what the next step waits for has come; then that is behind it. */
bool script_heard(struct script *s);

/* What the next step says, which is behind it then; NULL: it waits. */
const char *script_say(struct script *s);

#endif
