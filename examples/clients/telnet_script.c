/* SPDX-License-Identifier: MIT */
#include "telnet_script.h"

#include <string.h>

static void
forget(struct script *s, size_t n)
{
	s->n -= n;
	memmove(s->seen, s->seen + n, s->n);
}

void
script_hear(struct script *s, const uint8_t *text, size_t n)
{
	if (n > sizeof s->seen) {
		text += n - sizeof s->seen;
		n = sizeof s->seen;
	}
	if (s->n + n > sizeof s->seen)
		forget(s, s->n + n - sizeof s->seen);
	memcpy(s->seen + s->n, text, n);
	s->n += n;
}

bool
script_heard(struct script *s)
{
	const char *wanted;
	size_t length, at;

	if (s->left == 0 || !s->steps->expect)
		return false;
	wanted = s->steps->text;
	length = strlen(wanted);
	for (at = 0; at + length <= s->n; at++)
		if (memcmp(s->seen + at, wanted, length) == 0) {
			forget(s, at + length);
			s->steps++;
			s->left--;
			return true;
		}
	return false;
}

const char *
script_say(struct script *s)
{
	if (s->left == 0 || s->steps->expect)
		return NULL;
	s->left--;
	return s->steps++->text;
}
