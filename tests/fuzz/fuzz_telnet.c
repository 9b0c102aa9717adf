/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../examples/clients/telnet_protocol.h"

/*
 * What a server of Telnet may say.  The first byte says how the rest is cut
 * into pieces, and what is agreed to; whole, and in these pieces, it must be
 * understood alike.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define INPUT_MAX 4096
#define ROOM (16 * INPUT_MAX + TELNET_ANSWER_MAX)

struct outcome {
	struct telnet telnet;
	struct telnet_bytes text, answers;
	uint8_t text_room[ROOM], answers_room[ROOM];
};

static void
check(int good)
{
	if (!good)
		abort();
}

static void
begin(struct outcome *o, bool agreed)
{
	o->text = (struct telnet_bytes){ o->text_room, 0, ROOM };
	o->answers = (struct telnet_bytes){ o->answers_room, 0, ROOM };
	telnet_begin(&o->telnet, "xterm");
	memset(o->telnet.options.agreed, agreed,
	    sizeof o->telnet.options.agreed);
	telnet_request(&o->telnet, TELNET_HIM, TELNET_BINARY, agreed,
	    &o->answers);
	telnet_resize(&o->telnet, 255, 0xffff, &o->answers);
}

static void
take_all(struct outcome *o, const uint8_t *in, size_t n, size_t step)
{
	size_t at = 0;

	while (at < n) {
		const size_t piece = n - at < step ? n - at : step;
		const size_t used = telnet_take(&o->telnet, in + at, piece,
		    &o->text, &o->answers);

		check(used == piece);
		check(o->text.n <= ROOM && o->answers.n <= ROOM);
		at += used;
	}
}

/* What we say is what such a client as ours would hear. */
static void
check_return(struct outcome *o, const uint8_t *in, size_t n)
{
	static uint8_t room[2 * INPUT_MAX];
	struct telnet_bytes wire = { room, 0, sizeof room };

	begin(o, false);
	check(telnet_put(&o->telnet, (const char *)in, n, &wire) == n);
	take_all(o, wire.at, wire.n, wire.n);
	check(o->text.n == n && memcmp(o->text.at, in, n) == 0);
	check(o->answers.n == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct outcome whole, sliced;
	const uint8_t *in = data + 1;

	if (n < 2 || n > INPUT_MAX)
		return 0;
	n--;
	begin(&whole, data[0] & 1);
	begin(&sliced, data[0] & 1);
	take_all(&whole, in, n, n);
	take_all(&sliced, in, n, 1 + data[0] / 2 % 16);
	check(whole.text.n <= n + 1);
	check(whole.text.n == sliced.text.n &&
	    memcmp(whole.text.at, sliced.text.at, whole.text.n) == 0);
	check(whole.answers.n == sliced.answers.n &&
	    memcmp(whole.answers.at, sliced.answers.at, whole.answers.n) == 0);
	check_return(&whole, in, n);
	return 0;
}
