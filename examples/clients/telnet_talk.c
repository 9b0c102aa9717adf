/* SPDX-License-Identifier: MIT */
#include "telnet_talk.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "telnet_terminal.h"
#include "telnet_user.h"

#define PIECE 1024    /* of what is typed */
#define QUIET_MS 1000 /* then the server is told that input has ended */
#define END_OF_FILE 4 /* ^D, as it is typed */

static void
wait_anew(struct talk *k)
{
	if (k->ending && k->out.n == 0)
		k->until = sock_in(QUIET_MS);
	else if ((k->terminal || k->input > 0) && !k->ending)
		k->until = SOCK_FOREVER;
	else
		k->until = sock_in(k->options->timeout_ms);
}

static void
show_option(void *arg, bool sent, uint8_t verb, uint8_t option)
{
	static const char *const verbs[] = { "PARAMETERS", "WILL", "WONT", "DO",
		"DONT" };
	const char *name = telnet_option_name(option);

	(void)arg;
	fprintf(stderr, "%c %s ", sent ? '>' : '<', verbs[verb - TELNET_BEGIN]);
	if (name != NULL)
		fprintf(stderr, "%s\n", name);
	else
		fprintf(stderr, "%d\n", option);
}

/* What standard output takes by the deadline, which may be stopped by ^S. */
static int
show(struct talk *k, sock_time deadline)
{
	ssize_t n = 0;

	while (k->text.n > 0 && n >= 0) {
		n = sock_write_some(k->output, k->text.at, k->text.n, deadline);
		if (n > 0) {
			k->text.n -= (size_t)n;
			memmove(k->text.at, k->text.at + n, k->text.n);
		}
	}
	if (n < 0 && n != -EAGAIN && n != -ETIMEDOUT)
		return complain(EXIT_FAILED, "standard output", sock_errmsg());
	/* What is expected must come in its time, whatever else does. */
	if (k->text.n == 0 && k->script.left == 0)
		wait_anew(k);
	return GO_ON;
}

/* The script goes on as far as it can.  GO_ON, or an exit code. */
static int
follow_script(struct talk *k)
{
	const char *text;

	while (k->script.left > 0) {
		if (script_heard(&k->script)) {
			if (k->script.left == 0)
				return EXIT_OK;
			wait_anew(k);
			continue;
		}
		/* Its lines are short: they fit where nothing else waits. */
		text = k->out.n == 0 ? script_say(&k->script) : NULL;
		if (text == NULL)
			return GO_ON;
		telnet_put(&k->telnet, text, strlen(text), &k->out);
		telnet_put(&k->telnet, "\n", 1, &k->out);
	}
	return GO_ON;
}

static int
ended(struct talk *k)
{
	if (k->script.left > 0)
		return complain(EXIT_ANSWER, k->options->name,
		    "the server ended before the script did");
	if (k->terminal)
		fputs("the server ended the connection\n", stderr);
	return EXIT_OK;
}

static int
receive(struct talk *k)
{
	const bool bytes =
	    telnet_is_on(&k->telnet.options, TELNET_HIM, TELNET_ECHO);
	const void *view;
	const ssize_t n = sock_peek(k->stream, &view, 1, SOCK_NOWAIT);

	if (n == -EAGAIN)
		return GO_ON;
	k->ended = n == 0;
	if (n < 0)
		return complain(EXIT_FAILED, k->options->name, sock_errmsg());
	sock_skip(k->stream,
	    telnet_take(&k->telnet, view, (size_t)n, &k->text, &k->out));
	if (bytes != telnet_is_on(&k->telnet.options, TELNET_HIM, TELNET_ECHO))
		user_mode(k);
	script_hear(&k->script, k->text.at, k->text.n);
	return show(k, SOCK_NOWAIT);
}

static void
send_out(struct talk *k)
{
	const ssize_t n =
	    sock_write_some(k->stream, k->out.at, k->out.n, SOCK_NOWAIT);

	if (n == -EAGAIN)
		return;
	/* Whoever hears nothing more may have said something before. */
	if (n < 0) {
		k->shut = true;
		return;
	}
	k->out.n -= (size_t)n;
	memmove(k->out.at, k->out.at + n, k->out.n);
	if (k->script.left == 0)
		wait_anew(k);
}

static void
end_input(struct talk *k)
{
	sock_close(k->input);
	k->input = 0;
	k->ending = true;
	wait_anew(k);
}

static int
read_input(struct talk *k)
{
	char typed[PIECE];
	const ssize_t n = sock_read(k->input, typed, sizeof typed, SOCK_NOWAIT);

	if (n == -EAGAIN)
		return GO_ON;
	if (n < 0)
		return complain(EXIT_FAILED, "standard input", sock_errmsg());
	if (n > 0)
		return user_typed(k, typed, (size_t)n);
	end_input(k);
	return GO_ON;
}

/*
 * Where the server shows what is typed, a person would type ^D, and the end of
 * the stream might cut off its last words; others are told by that end.
 */
static int
tell_end(struct talk *k)
{
	const char eof = END_OF_FILE;

	k->ending = false;
	wait_anew(k);
	if (telnet_is_on(&k->telnet.options, TELNET_HIM, TELNET_ECHO)) {
		telnet_put(&k->telnet, &eof, 1, &k->out);
	} else {
		sock_shut(k->stream, k->until);
		k->shut = true;
	}
	return GO_ON;
}

static int
timed_out(struct talk *k)
{
	char text[EXPECT_MAX + 64];

	if (k->ending && k->out.n == 0 && sock_now() < k->options->deadline)
		return tell_end(k);
	if (k->script.left == 0 || !k->script.steps->expect)
		return complain(EXIT_FAILED, k->options->name, "timed out");
	snprintf(text, sizeof text, "\"%s\" is expected, and did not come",
	    k->script.steps->text);
	return complain(EXIT_ANSWER, k->options->name, text);
}

/* One wait, and what has come by then. */
static int
turn(struct talk *k)
{
	const size_t room = k->out.room - k->out.n;
	const bool shows = k->text.n > 0;
	const bool hears = !k->ended && !shows && room >= 2 * TELNET_ANSWER_MAX;
	const bool reads = room >= OUT_MAX / 2;
	const unsigned want =
	    (hears ? SOCK_READABLE : 0u) | (k->out.n > 0 ? SOCK_WRITABLE : 0u);
	struct sock_event events[] = {
		{ .sock = want != 0 ? k->stream : 0, .want = want },
		{ .sock = reads ? k->input : 0, .want = SOCK_READABLE },
		{ .sock = k->signals, .want = SOCK_READABLE },
		{ .sock = shows ? k->output : 0, .want = SOCK_WRITABLE },
	};
	/* Whoever does not take what came keeps nobody's time. */
	const bool whenever = shows && k->script.left == 0;
	const sock_time deadline =
	    k->until < k->options->deadline && !whenever ? k->until :
							   k->options->deadline;
	const int rc = sock_wait(events, 4, deadline);
	int code = GO_ON;

	/* Where there is always something it never waits. */
	if (rc == -ETIMEDOUT || (rc >= 0 && sock_now() >= deadline))
		return timed_out(k);
	if (rc < 0)
		return complain(EXIT_FAILED, k->options->name, sock_errmsg());
	if (k->out.n > 0 && events[0].got != 0)
		send_out(k);
	if (events[3].got != 0)
		code = show(k, SOCK_NOWAIT);
	if (hears && events[0].got != 0)
		code = receive(k);
	if (code == GO_ON && events[1].got != 0)
		code = read_input(k);
	if (code == GO_ON && events[2].got != 0)
		user_signal(k);
	return code;
}

static void
begin(struct talk *k)
{
	const struct options *o = k->options;
	struct telnet_options *options = &k->telnet.options;
	const int on = 1;

	/* The mark of a SYNCH is urgent: else it would be missing behind its
	 * IAC (RFC 854). */
	(void)setsockopt(sock_fd(k->stream), SOL_SOCKET, SO_OOBINLINE, &on,
	    sizeof on);
	telnet_begin(&k->telnet, o->type);
	if (o->verbose)
		k->telnet.told = show_option;
	options->agreed[TELNET_HIM][TELNET_ECHO] = true;
	options->agreed[TELNET_HIM][TELNET_GO_AHEAD_NOT] = true;
	options->agreed[TELNET_US][TELNET_GO_AHEAD_NOT] = true;
	options->agreed[TELNET_US][TELNET_TERMINAL_TYPE] = true;
	options->agreed[TELNET_HIM][TELNET_BINARY] = true;
	options->agreed[TELNET_US][TELNET_BINARY] = true;
	k->terminal = o->step_count == 0 && terminal_open();
	if (o->step_count == 0)
		k->input = sock_adopt(dup(STDIN_FILENO));
	if (k->input < 0)
		end_input(k);
	k->output = sock_adopt(dup(STDOUT_FILENO));
	if (k->terminal)
		user_begin(k);
	if (!o->binary)
		return;
	telnet_request(&k->telnet, TELNET_HIM, TELNET_BINARY, true, &k->out);
	telnet_request(&k->telnet, TELNET_US, TELNET_BINARY, true, &k->out);
}

/* How long standard output may take what is left. */
static sock_time
last_words(const struct talk *k, int code)
{
	const sock_time until = sock_in(k->options->timeout_ms);

	if (k->terminal)
		return SOCK_NOWAIT;
	/* A script that failed is told of, though nobody takes the rest. */
	return code == EXIT_ANSWER && until < k->options->deadline ?
	    until :
	    k->options->deadline;
}

int
talk(sock_t stream, const struct options *o)
{
	struct talk k = { .options = o, .stream = stream };
	int code = GO_ON;

	k.script = (struct script){ .steps = o->steps, .left = o->step_count };
	k.out = (struct telnet_bytes){ k.out_room, 0, sizeof k.out_room };
	k.text = (struct telnet_bytes){ k.text_room, 0, sizeof k.text_room };
	begin(&k);
	wait_anew(&k);
	while (code == GO_ON && (code = follow_script(&k)) == GO_ON) {
		if (k.shut)
			k.out.n = 0; /* nobody hears it */
		code = k.ended && k.out.n == 0 && k.text.n == 0 ? ended(&k) :
								  turn(&k);
	}
	if (k.text.n > 0 && code != EXIT_FAILED &&
	    show(&k, last_words(&k, code)) != GO_ON)
		code = EXIT_FAILED;
	/* What was typed before "quit", if the server listens. */
	if (code == EXIT_OK && k.out.n > 0)
		send_out(&k);
	terminal_restore();
	sock_close(k.input);
	sock_close(k.output);
	sock_close(k.signals);
	sock_close(stream);
	return code;
}
