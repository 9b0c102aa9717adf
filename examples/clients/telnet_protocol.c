/* SPDX-License-Identifier: MIT */
#include "telnet_protocol.h"

#include <string.h>

#define IS 0 /* of TERMINAL-TYPE */
#define SEND 1

enum state {
	TEXT,
	COMMAND,
	VERB,
	PARAMETERS,
	PARAMETERS_COMMAND
};

void
telnet_begin(struct telnet *t, const char *name)
{
	size_t n = 0;

	*t = (struct telnet){ .state = TEXT };
	for (; *name != '\0' && n < TELNET_NAME_MAX; name++)
		if (*name > 0x20 && *name < 0x7f)
			t->name[n++] = *name;
	t->name[n] = '\0';
}

static void
add(struct telnet_bytes *b, uint8_t byte)
{
	b->at[b->n++] = byte;
}

static void
add_verb(struct telnet *t, uint8_t verb, uint8_t option,
    struct telnet_bytes *out)
{
	add(out, TELNET_COMMAND);
	add(out, verb);
	add(out, option);
	if (t->told != NULL)
		t->told(t->arg, true, verb, option);
}

void
telnet_request(struct telnet *t, enum telnet_side side, uint8_t option, bool on,
    struct telnet_bytes *out)
{
	const int verb = telnet_ask(&t->options, side, option, on);

	if (verb != 0)
		add_verb(t, (uint8_t)verb, option, out);
}

void
telnet_command(uint8_t command, struct telnet_bytes *out)
{
	add(out, TELNET_COMMAND);
	add(out, command);
}

/* A size of 255 looks like a command, and is doubled. */
static void
add_number(uint16_t value, struct telnet_bytes *out)
{
	const uint8_t bytes[] = { (uint8_t)(value >> 8), (uint8_t)value };
	int i;

	for (i = 0; i < 2; i++) {
		add(out, bytes[i]);
		if (bytes[i] == TELNET_COMMAND)
			add(out, TELNET_COMMAND);
	}
}

void
telnet_resize(struct telnet *t, uint16_t columns, uint16_t lines,
    struct telnet_bytes *out)
{
	t->columns = columns;
	t->lines = lines;
	if (!telnet_is_on(&t->options, TELNET_US, TELNET_WINDOW_SIZE))
		return;
	add_verb(t, TELNET_BEGIN, TELNET_WINDOW_SIZE, out);
	add_number(columns, out);
	add_number(lines, out);
	telnet_command(TELNET_END, out);
}

static void
end_verb(struct telnet *t, uint8_t option, struct telnet_bytes *answers)
{
	const bool had =
	    telnet_is_on(&t->options, TELNET_US, TELNET_WINDOW_SIZE);
	int answer;

	if (t->told != NULL)
		t->told(t->arg, false, t->verb, option);
	answer = telnet_hear(&t->options, t->verb, option);
	if (answer != 0)
		add_verb(t, (uint8_t)answer, option, answers);
	if (!had)
		telnet_resize(t, t->columns, t->lines, answers);
}

static void
end_parameters(struct telnet *t, struct telnet_bytes *answers)
{
	const uint8_t *p = t->parameters;
	const char *c;

	if (t->length > 0 && t->told != NULL)
		t->told(t->arg, false, TELNET_BEGIN, p[0]);
	if (t->length != 2 || p[0] != TELNET_TERMINAL_TYPE || p[1] != SEND ||
	    !telnet_is_on(&t->options, TELNET_US, TELNET_TERMINAL_TYPE))
		return;
	add_verb(t, TELNET_BEGIN, TELNET_TERMINAL_TYPE, answers);
	add(answers, IS);
	for (c = t->name; *c != '\0'; c++)
		add(answers, (uint8_t)*c);
	telnet_command(TELNET_END, answers);
}

static void
take_text(struct telnet *t, uint8_t byte, struct telnet_bytes *text)
{
	const bool binary =
	    telnet_is_on(&t->options, TELNET_HIM, TELNET_BINARY);

	if (t->cr) {
		t->cr = false;
		if (byte == '\n') {
			add(text, '\n');
			return;
		}
		add(text, '\r');
		if (byte == '\0')
			return;
	}
	if (byte == '\r' && !binary)
		t->cr = true;
	else
		add(text, byte);
}

static void
take_command(struct telnet *t, uint8_t byte, struct telnet_bytes *text)
{
	t->state = TEXT;
	if (byte == TELNET_COMMAND) {
		take_text(t, byte, text);
	} else if (byte >= TELNET_WILL && byte <= TELNET_DONT) {
		t->verb = byte;
		t->state = VERB;
	} else if (byte == TELNET_BEGIN) {
		t->length = 0;
		t->state = PARAMETERS;
	}
	/* Others, such as NOP and DM, have nothing to say to a client. */
}

static void
take_parameter(struct telnet *t, uint8_t byte)
{
	if (t->length < sizeof t->parameters)
		t->parameters[t->length++] = byte;
}

static void
take_byte(struct telnet *t, uint8_t byte, struct telnet_bytes *text,
    struct telnet_bytes *answers)
{
	switch (t->state) {
	case TEXT:
		if (byte == TELNET_COMMAND)
			t->state = COMMAND;
		else
			take_text(t, byte, text);
		break;
	case COMMAND:
		take_command(t, byte, text);
		break;
	case VERB:
		end_verb(t, byte, answers);
		t->state = TEXT;
		break;
	case PARAMETERS:
		if (byte == TELNET_COMMAND)
			t->state = PARAMETERS_COMMAND;
		else
			take_parameter(t, byte);
		break;
	default:
		t->state = PARAMETERS;
		if (byte == TELNET_COMMAND) {
			take_parameter(t, byte);
		} else if (byte == TELNET_END) {
			end_parameters(t, answers);
			t->state = TEXT;
		} else {
			/* Their end got lost. */
			take_command(t, byte, text);
		}
	}
}

size_t
telnet_take(struct telnet *t, const uint8_t *in, size_t n,
    struct telnet_bytes *text, struct telnet_bytes *answers)
{
	size_t used = 0;

	while (used < n && text->room - text->n >= 2 &&
	    answers->room - answers->n >= TELNET_ANSWER_MAX)
		take_byte(t, in[used++], text, answers);
	return used;
}

size_t
telnet_put(const struct telnet *t, const char *in, size_t n,
    struct telnet_bytes *out)
{
	const bool binary = telnet_is_on(&t->options, TELNET_US, TELNET_BINARY);
	size_t used;

	for (used = 0; used < n && out->room - out->n >= 2; used++) {
		const uint8_t byte = (uint8_t)in[used];

		if (byte == TELNET_COMMAND)
			add(out, TELNET_COMMAND);
		if (byte == '\n' && !binary)
			add(out, '\r');
		add(out, byte);
		if (byte == '\r' && !binary)
			add(out, '\0');
	}
	return used;
}
