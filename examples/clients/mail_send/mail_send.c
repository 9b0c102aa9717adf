/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../mail/account.h"
#include "../client.h"
#include "../mail/utf8.h"
#include "mailbox.h"
#include "smtp.h"

/*
 * Sends a message, as RFC 5321 has it, by a server that takes it.
 *
 *	mail_send --via mail.example.org --user anna --from anna@example.org \
 *	    --subject 'Tea?' ben@example.net <letter
 */

const char program[] = "mail_send";

#define TIMEOUT_MS 60000
#define SUBJECT_MAX 10000

enum {
	SMTP
};

static const struct service services[] = {
	{ "submission", SMTP, SECURITY_START },
	{ "submissions", SMTP, SECURITY_FIRST },
	{ "smtp", SMTP, SECURITY_NONE },
};

static const char help[] =
    "usage: mail_send --via SERVER --from MAILBOX [OPTION]... MAILBOX...\n"
    "\n"
    "  -S, --via SERVER       HOST or HOST:PORT, a number or the name of a\n"
    "                         service: submission (587, if there is none),\n"
    "                         with STARTTLS; submissions (465), TLS from the\n"
    "                         first byte on; smtp (25), without TLS unless\n"
    "                         --tls is there.  No MX is looked up\n"
    "  -f, --from MAILBOX     who sends it; '' is nobody, as bounces have it\n"
    "  -s, --subject TEXT     the input is a body: make a header for it\n"
    "  -i, --input FILE       the message is there, not in standard input\n"
    "      --all              nobody gets it unless all can\n"
    "      --helo NAME        what this host calls itself\n" ACCOUNT_HELP "\n"
    "The message has a header of its own, unless there is a --subject; Date,\n"
    "From and Message-ID are added if it lacks them, and Bcc is left out.\n"
    "Lines may end in LF, CR LF or, behind the header, CR; they travel with\n"
    "CR LF.  A line of more than 998 bytes is refused below a header of its\n"
    "own, and so is a NUL.  Passwords are sent over TLS alone, unless --plain\n"
    "is there.\n"
    "\n"
    "Whoever the server refuses is named on standard error, with what it\n"
    "says, and the others get the message; with --all nobody does.\n"
    "\n"
    "Exit status: 0 the server has it for all; 1 the network or the system\n"
    "refused; 2 wrong arguments, or a message that cannot be sent; 3 the\n"
    "server refused all of it; 4 it has it for some; 5 what it answers is not\n"
    "understood; 6 the connection ended when all had been sent, and nobody\n"
    "knows whether it has it.\n";

enum {
	OPTION_ALL = ACCOUNT_END,
	OPTION_HELO
};

static const struct option long_options[] = {
	ACCOUNT_LONG,
	{ "via", required_argument, NULL, 'S' },
	{ "from", required_argument, NULL, 'f' },
	{ "subject", required_argument, NULL, 's' },
	{ "input", required_argument, NULL, 'i' },
	{ "all", no_argument, NULL, OPTION_ALL },
	{ "helo", required_argument, NULL, OPTION_HELO },
	{ NULL, 0, NULL, 0 },
};

struct options {
	struct delivery delivery;
	const char *via, *input;
};

/* -1: go on; else the exit code. */
static int
read_option(struct options *o, int c)
{
	switch (c) {
	case 'S':
		o->via = optarg;
		break;
	case 'f':
		o->delivery.envelope.from = optarg;
		break;
	case 's':
		o->delivery.envelope.subject = optarg;
		break;
	case 'i':
		o->input = strcmp(optarg, "-") == 0 ? NULL : optarg;
		break;
	case OPTION_ALL:
		o->delivery.all = true;
		break;
	case OPTION_HELO:
		o->delivery.name = optarg;
		break;
	default:
		return account_option(&o->delivery.account, c, help);
	}
	return -1;
}

static int
check_name(const char *name)
{
	const char *c = name;

	if (name == NULL)
		return EXIT_OK;
	while (*c > 0x20 && *c < 0x7f)
		c++;
	return *c == '\0' && c != name && c - name < HOST_MAX ?
	    EXIT_OK :
	    usage("--helo wants the name of a host");
}

static int
check_subject(const char *subject)
{
	const char *c;

	if (subject == NULL)
		return EXIT_OK;
	for (c = subject; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return usage("a subject holds no control characters");
	if (!utf8_all(subject, strlen(subject)) ||
	    strlen(subject) > SUBJECT_MAX)
		return usage("a subject is UTF-8, of 10,000 bytes at most");
	return EXIT_OK;
}

static int
check_envelope(const struct envelope *e)
{
	const char *wrong;
	int i;

	if (e->from == NULL)
		return usage("no --from");
	if (e->count < 1)
		return usage("nobody to send it to");
	wrong = e->from[0] == '\0' ? NULL : mailbox_check(e->from);
	if (wrong != NULL)
		return complain(EXIT_USAGE, e->from, wrong);
	if (e->from[0] == '\0' && e->subject != NULL)
		return usage("a header needs --from somebody");
	for (i = 0; i < e->count; i++) {
		wrong = mailbox_check(e->to[i]);
		if (wrong != NULL)
			return complain(EXIT_USAGE, e->to[i], wrong);
	}
	return check_subject(e->subject);
}

static int
take_message(struct options *o, const struct message *raw)
{
	struct delivery *d = &o->delivery;
	const char *name = o->input != NULL ? o->input : "standard input";
	char subject[512];
	size_t line = 0;
	const char *wrong = d->envelope.subject != NULL ?
	    message_make(&d->message, raw, &d->envelope) :
	    message_tidy(&d->message, raw, &d->envelope, &line);

	if (wrong == NULL)
		return EXIT_OK;
	if (line > 0)
		snprintf(subject, sizeof subject, "%.400s: line %zu", name,
		    line);
	else
		snprintf(subject, sizeof subject, "%.400s", name);
	return complain(EXIT_USAGE, subject, wrong);
}

static int
read_message(struct options *o)
{
	struct message raw = { .text = NULL };
	int fd = STDIN_FILENO, code;
	const char *wrong;

	if (o->input != NULL)
		fd = open(o->input, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return complain(EXIT_FAILED, o->input, strerror(errno));
	wrong = message_read(&raw, fd);
	if (o->input != NULL)
		close(fd);
	if (wrong != NULL)
		code = complain(EXIT_FAILED,
		    o->input != NULL ? o->input : "standard input", wrong);
	else
		code = take_message(o, &raw);
	message_free(&raw);
	return code;
}

static int
run(struct options *o, int argc, char **argv)
{
	struct delivery *d = &o->delivery;
	int code;

	d->envelope.to = argv;
	d->envelope.count = argc;
	if (o->via == NULL)
		return usage("no server; --via tells");
	code = account_server(&d->account, o->via, services,
	    sizeof services / sizeof services[0]);
	if (code == EXIT_OK)
		code = check_name(d->name);
	if (code == EXIT_OK)
		code = check_envelope(&d->envelope);
	if (code == EXIT_OK)
		code = read_message(o);
	if (code == EXIT_OK)
		code = smtp_deliver(d);
	message_free(&d->message);
	return code;
}

int
main(int argc, char **argv)
{
	struct options o = { .delivery.account.timeout_ms = TIMEOUT_MS,
		.delivery.account.deadline = SOCK_FOREVER };
	int c, code = -1;

	while (code < 0 &&
	    (c = getopt_long(argc, argv, ACCOUNT_SHORT "S:f:s:i:", long_options,
		 NULL)) != -1)
		code = read_option(&o, c);
	if (code < 0)
		code = run(&o, argc - optind, argv + optind);
	return printed(code);
}
