/* SPDX-License-Identifier: MIT */
#include "telnet_user.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>

#include "client.h"
#include "telnet_terminal.h"

/* Bytes as typed while the server shows them, or says that it does. */
void
user_mode(struct talk *k)
{
	const bool bytes =
	    telnet_is_on(&k->telnet.options, TELNET_HIM, TELNET_ECHO) &&
	    !k->asked;

	if (!k->terminal)
		return;
	if (bytes)
		terminal_bytes();
	else
		terminal_lines(k->options->escape);
}

static void
set_size(struct talk *k)
{
	uint16_t columns, lines;

	if (k->out.room - k->out.n < TELNET_ANSWER_MAX)
		return; /* the server does not listen anyway */
	terminal_size(&columns, &lines);
	telnet_resize(&k->telnet, columns, lines, &k->out);
}

static void
show_status(const struct talk *k)
{
	static const char *const sides[] = { "we do", "the server does" };
	int side, option;

	fprintf(stderr, "connected to %s\n", k->options->name);
	for (side = 0; side < TELNET_SIDES; side++)
		for (option = 0; option < TELNET_OPTIONS; option++)
			if (telnet_is_on(&k->telnet.options, side,
				(uint8_t)option))
				fprintf(stderr, "%s %s\n", sides[side],
				    telnet_option_name((uint8_t)option));
}

/* Stopped by ourselves: the terminal is the shell's meanwhile. */
static void
suspend(struct talk *k)
{
	terminal_restore();
	raise(SIGSTOP);
	user_mode(k);
	set_size(k);
}

/* A line that was typed behind the escape character. */
static int
obey(struct talk *k, char command)
{
	const char escape = (char)k->options->escape;

	k->asked = false;
	switch (command) {
	case 'q':
		return EXIT_OK;
	case 's':
		show_status(k);
		break;
	case 'a':
		telnet_command(TELNET_ARE_YOU_THERE, &k->out);
		break;
	case 'b':
		telnet_command(TELNET_BREAK, &k->out);
		break;
	case 'i':
		telnet_command(TELNET_INTERRUPT, &k->out);
		break;
	case 'e':
		telnet_put(&k->telnet, &escape, 1, &k->out);
		break;
	case 'z':
		suspend(k);
		break;
	case '\n':
		break;
	default:
		fputs("q: quit, s: status, z: suspend; send a: are you there, "
		      "b: break, i: interrupt,\n"
		      "e: the escape character; an empty line goes on\n",
		    stderr);
	}
	user_mode(k);
	return GO_ON;
}

/* Of a line for telnet its first letter counts, once it has ended. */
static size_t
take_command(struct talk *k, const char *typed, size_t n, int *code)
{
	const char *end = memchr(typed, '\n', n);

	if (k->letter == '\0')
		k->letter = *typed;
	if (end == NULL)
		return n;
	*code = obey(k, k->letter);
	return (size_t)(end - typed) + 1;
}

static size_t
take_text(struct talk *k, const char *typed, size_t n)
{
	const char *escape = NULL;

	if (k->terminal && k->options->escape >= 0)
		escape = memchr(typed, k->options->escape, n);
	telnet_put(&k->telnet, typed,
	    escape != NULL ? (size_t)(escape - typed) : n, &k->out);
	if (escape == NULL)
		return n;
	k->asked = true;
	k->letter = '\0';
	user_mode(k);
	fputs("\ntelnet> ", stderr);
	return (size_t)(escape - typed) + 1;
}

int
user_typed(struct talk *k, const char *typed, size_t n)
{
	int code = GO_ON;
	size_t used;

	for (; n > 0 && code == GO_ON; typed += used, n -= used)
		used = k->asked ? take_command(k, typed, n, &code) :
				  take_text(k, typed, n);
	return code;
}

void
user_signal(struct talk *k)
{
	struct signalfd_siginfo info;

	if (sock_read_full(k->signals, &info, sizeof info, SOCK_FOREVER) < 0)
		return;
	if (info.ssi_signo == SIGWINCH)
		set_size(k);
	else
		suspend(k);
}

/* At once, though a write to a terminal may be what is going on. */
static void
end_by(int number)
{
	terminal_restore();
	raise(number);
}

/* A terminal that is being changed is put right by whatever ends us. */
void
user_begin(struct talk *k)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction ending = { .sa_handler = end_by,
		.sa_flags = (int)SA_RESETHAND | SA_NODEFER };
	struct sigaction was;
	sigset_t set;
	size_t i;

	for (i = 0; i < sizeof ends / sizeof ends[0]; i++)
		if (sigaction(ends[i], NULL, &was) == 0 &&
		    was.sa_handler != SIG_IGN)
			sigaction(ends[i], &ending, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	sigaddset(&set, SIGWINCH);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	k->signals = sock_adopt(signalfd(-1, &set, SFD_CLOEXEC));
	k->telnet.options.agreed[TELNET_US][TELNET_WINDOW_SIZE] = true;
	set_size(k);
	user_mode(k);
	fprintf(stderr, "connected to %s", k->options->name);
	if (k->options->escape >= 0 && k->options->escape < 0x20)
		fprintf(stderr, "; the escape character is ^%c",
		    k->options->escape + 0x40);
	fputc('\n', stderr);
}
