/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "request.h"

/*
 * What mail there is: how many messages, their list, one of them.  Nothing is
 * changed on the server.
 *
 *	mail_check -u anna mail.example.org list
 *	mail_check -u anna mail.example.org:pop3s fetch 3 >message
 */

const char program[] = "mail_check";

#define TIMEOUT_MS 60000

enum {
	IMAP,
	POP3
};

static const struct service services[] = {
	{ "imaps", IMAP, SECURITY_FIRST },
	{ "imap", IMAP, SECURITY_START },
	{ "pop3s", POP3, SECURITY_FIRST },
	{ "pop3", POP3, SECURITY_START },
};

static const char help[] =
    "usage: mail_check -u NAME [OPTION]... SERVER [count]\n"
    "       mail_check -u NAME [OPTION]... SERVER list\n"
    "       mail_check -u NAME [OPTION]... SERVER fetch NUMBER\n"
    "\n"
    "  -b, --mailbox NAME     this one, not INBOX (IMAP)\n" ACCOUNT_HELP "\n"
    "SERVER is HOST or HOST:PORT, a number or the name of a service: imaps\n"
    "(993, if there is none) and pop3s (995), TLS from the first byte on;\n"
    "imap (143) and pop3 (110), with STARTTLS unless --plain is there.\n"
    "\n"
    "count prints how many messages there are; list for each its number,\n"
    "size, date, sender and subject; fetch the message as the server has it,\n"
    "with lines that end in CR LF.  Nothing is changed there: what was unread\n"
    "stays so.  Numbers may be others after a message was deleted.\n"
    "\n"
    "Exit status: 0 done; 1 the network or the system refused; 2 wrong\n"
    "arguments; 3 the server refused; 4 a part of the message was printed;\n"
    "5 what it answers is not understood.\n";

static const struct option long_options[] = {
	ACCOUNT_LONG,
	{ "mailbox", required_argument, NULL, 'b' },
	{ NULL, 0, NULL, 0 },
};

/* 0: no plain number from 1 to 2^32 - 1. */
static uint32_t
number(const char *text)
{
	uint64_t n = 0;

	for (; *text >= '0' && *text <= '9' && n <= UINT32_MAX; text++)
		n = 10 * n + (uint64_t)(*text - '0');
	return *text == '\0' && n <= UINT32_MAX ? (uint32_t)n : 0;
}

static int
read_action(struct request *r, int argc, char **argv)
{
	const char *action = argc > 0 ? argv[0] : "count";
	const bool fetch = strcmp(action, "fetch") == 0;

	if (fetch)
		r->action = ACTION_FETCH;
	else if (strcmp(action, "list") == 0)
		r->action = ACTION_LIST;
	else if (strcmp(action, "count") == 0)
		r->action = ACTION_COUNT;
	else
		return complain(EXIT_USAGE, action,
		    "it is neither count, list nor fetch");
	if (argc > 1 + fetch)
		return usage("too many arguments");
	if (fetch && argc < 2)
		return usage("fetch wants the number of a message");
	r->number = fetch ? number(argv[1]) : 0;
	if (fetch && r->number == 0)
		return complain(EXIT_USAGE, argv[1],
		    "no message has this number");
	return EXIT_OK;
}

static int
run(struct request *r, int argc, char **argv)
{
	int code;

	if (argc < 1)
		return usage("no server");
	if (r->account.user == NULL)
		return usage("no user; --user tells");
	code = account_server(&r->account, argv[0], services,
	    sizeof services / sizeof services[0]);
	if (code == EXIT_OK)
		code = read_action(r, argc - 1, argv + 1);
	if (code != EXIT_OK)
		return code;
	return r->account.protocol == IMAP ? imap_check(r) : pop3_check(r);
}

int
main(int argc, char **argv)
{
	struct request r = { .account.timeout_ms = TIMEOUT_MS,
		.account.deadline = SOCK_FOREVER,
		.mailbox = "INBOX" };
	int c, code = -1;

	while (code < 0 &&
	    (c = getopt_long(argc, argv, ACCOUNT_SHORT "b:", long_options,
		 NULL)) != -1)
		if (c == 'b')
			r.mailbox = optarg;
		else
			code = account_option(&r.account, c, help);
	if (code < 0)
		code = run(&r, argc - optind, argv + optind);
	return printed(code);
}
