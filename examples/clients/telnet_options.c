/* SPDX-License-Identifier: MIT */
#include "telnet_options.h"

/* RFC 1143, 7: WANTNO and WANTYES, with their queue empty or not. */
enum state {
	NO,
	YES,
	WANT_NO,
	WANT_NO_THEN_YES,
	WANT_YES,
	WANT_YES_THEN_NO
};

bool
telnet_is_on(const struct telnet_options *o, enum telnet_side side,
    uint8_t option)
{
	return o->state[side][option] == YES;
}

/* What we say to have it so: he is to do it, or we do. */
static int
verb_for(enum telnet_side side, bool on)
{
	if (side == TELNET_HIM)
		return on ? TELNET_DO : TELNET_DONT;
	return on ? TELNET_WILL : TELNET_WONT;
}

/* WILL of his, or DO. */
static int
hear_yes(uint8_t *state, enum telnet_side side, bool agreed)
{
	switch (*state) {
	case NO:
		if (agreed)
			*state = YES;
		return verb_for(side, agreed);
	case WANT_NO: /* a no answered by a yes: he is mistaken */
		*state = NO;
		return 0;
	case WANT_YES_THEN_NO:
		*state = WANT_NO;
		return verb_for(side, false);
	default: /* WANT_NO_THEN_YES, too: mistaken, and yet as we want it */
		*state = YES;
		return 0;
	}
}

/* WONT of his, or DONT. */
static int
hear_no(uint8_t *state, enum telnet_side side)
{
	const uint8_t before = *state;

	*state = before == WANT_NO_THEN_YES ? WANT_YES : NO;
	if (before == YES)
		return verb_for(side, false);
	return before == WANT_NO_THEN_YES ? verb_for(side, true) : 0;
}

int
telnet_hear(struct telnet_options *o, uint8_t verb, uint8_t option)
{
	const bool him = verb == TELNET_WILL || verb == TELNET_WONT;
	const enum telnet_side side = him ? TELNET_HIM : TELNET_US;
	uint8_t *state = &o->state[side][option];

	if (verb == TELNET_WILL || verb == TELNET_DO)
		return hear_yes(state, side, o->agreed[side][option]);
	return hear_no(state, side);
}

int
telnet_ask(struct telnet_options *o, enum telnet_side side, uint8_t option,
    bool on)
{
	uint8_t *state = &o->state[side][option];

	switch (*state) {
	case NO:
		*state = on ? WANT_YES : NO;
		return on ? verb_for(side, true) : 0;
	case YES:
		*state = on ? YES : WANT_NO;
		return on ? 0 : verb_for(side, false);
	case WANT_NO:
	case WANT_NO_THEN_YES:
		*state = on ? WANT_NO_THEN_YES : WANT_NO;
		return 0;
	default:
		*state = on ? WANT_YES : WANT_YES_THEN_NO;
		return 0;
	}
}

const char *
telnet_option_name(uint8_t option)
{
	static const char *const names[] = { [TELNET_BINARY] = "BINARY",
		[TELNET_ECHO] = "ECHO",
		[TELNET_GO_AHEAD_NOT] = "SUPPRESS-GO-AHEAD",
		[5] = "STATUS",
		[6] = "TIMING-MARK",
		[TELNET_TERMINAL_TYPE] = "TERMINAL-TYPE",
		[TELNET_WINDOW_SIZE] = "WINDOW-SIZE",
		[32] = "TERMINAL-SPEED",
		[33] = "REMOTE-FLOW-CONTROL",
		[34] = "LINEMODE",
		[35] = "X-DISPLAY-LOCATION",
		[36] = "OLD-ENVIRON",
		[37] = "AUTHENTICATION",
		[38] = "ENCRYPT",
		[39] = "NEW-ENVIRON" };

	return option < sizeof names / sizeof names[0] ? names[option] : NULL;
}
