/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <sock.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "client.h"
#include "dns_query_ask.h"
#include "dns_query_question.h"
#include "dns_query_server.h"
#include "dns_query_show.h"

/*
 * Asks a name server what it knows of a name: over UDP, and over TCP when the
 * answer does not fit.
 *
 *	dns_query example.org MX
 *	dns_query @[::1]:5353 -x 192.0.2.7
 */

#define TIMEOUT_MS 5000

const char program[] = "dns_query";

static const char help[] =
    "usage: dns_query [OPTION]... [@SERVER] NAME [TYPE]\n"
    "       dns_query [OPTION]... [@SERVER] -x ADDRESS\n"
    "\n"
    "  -x, --reverse          the names that an IP address has (PTR)\n"
    "  -s, --short            the data of the answer alone\n"
    "      --tcp              over TCP at once\n"
    "  -t, --timeout SECONDS  for each server (5)\n"
    "  -h, --help, -V, --version\n"
    "\n"
    "TYPE is A, AAAA, CNAME, MX, NS, PTR, SOA, SRV, TXT or TYPE and a number;\n"
    "A if there is none.  NAME is absolute: no search list is tried.\n"
    "\n"
    "SERVER is HOST or HOST:PORT, an IPv6 address before a port in brackets.\n"
    "Without one those of /etc/resolv.conf have their turns.\n"
    "\n"
    "Exit status: 0 there are records; 1 no server answered; 2 wrong\n"
    "arguments; 3 there is no such name, or it has no such records; 4 the\n"
    "server refused, or failed; 5 its answer is malformed.\n";

enum {
	EXIT_NOTHING = 3,
	EXIT_REFUSED = 4
};

#define RCODE_NXDOMAIN 3

struct options {
	bool reverse, brief, tcp;
	int64_t timeout_ms;
	struct servers servers;
};

enum {
	OPTION_TCP = 256
};

static const struct option long_options[] = {
	{ "reverse", no_argument, NULL, 'x' },
	{ "short", no_argument, NULL, 's' },
	{ "tcp", no_argument, NULL, OPTION_TCP },
	{ "timeout", required_argument, NULL, 't' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

/* -1: go on; else the exit code. */
static int
read_options(struct options *o, int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "xst:hV", long_options, NULL)) !=
	    -1)
		switch (c) {
		case 'x':
			o->reverse = true;
			break;
		case 's':
			o->brief = true;
			break;
		case OPTION_TCP:
			o->tcp = true;
			break;
		case 't':
			o->timeout_ms = milliseconds(optarg);
			if (o->timeout_ms < 0)
				return EXIT_USAGE;
			break;
		case 'h':
			fputs(help, stdout);
			return EXIT_OK;
		case 'V':
			printf("dns_query %s\n", sock_version());
			return EXIT_OK;
		default:
			fputs("see dns_query --help\n", stderr);
			return EXIT_USAGE;
		}
	return -1;
}

static int
judge(const struct dns_message *m, const char *name, int answers)
{
	const unsigned rcode = m->flags & DNS_RCODE;

	if (answers < 0)
		return complain(EXIT_MALFORMED, name,
		    "the answer is malformed");
	if (rcode == RCODE_NXDOMAIN)
		return complain(EXIT_NOTHING, name, "there is no such name");
	if (rcode != 0)
		return complain(EXIT_REFUSED, name, show_rcode(m->flags));
	if (answers == 0)
		return complain(EXIT_NOTHING, name,
		    "it has no records of this type");
	return EXIT_OK;
}

/* -1: no answer. */
static int
ask_one(const struct options *o, struct exchange *e, const char *name,
    unsigned type)
{
	static uint8_t answer[DNS_MESSAGE_MAX];
	static char data[DNS_DATA_TEXT_MAX];
	const sock_time began = sock_now();
	const ssize_t n = ask(e, answer);
	struct dns_message m;
	int answers;

	if (n == SOCK_EADDR || n == SOCK_ENOSERVICE)
		return complain(EXIT_USAGE, name, sock_errmsg());
	if (n < 0) {
		(void)complain(0, name, sock_errmsg());
		return -1;
	}
	if (!dns_is_reply(e->question, e->length, answer, (size_t)n) ||
	    !dns_open(&m, answer, (size_t)n))
		return complain(EXIT_MALFORMED, name,
		    "the answer is to another question");
	answers = show(&m, type, o->brief, data);
	if (!o->brief && answers >= 0)
		printf("\n;; Query time: %d msec\n;; SERVER: %s (%s)\n"
		       ";; MSG SIZE  rcvd: %zd\n",
		    (int)((sock_now() - began) / 1000000), e->server,
		    e->tcp ? "TCP" : "UDP", n);
	return judge(&m, name, answers);
}

static int
ask_all(const struct options *o, const char *name, unsigned type)
{
	uint8_t question[DNS_QUESTION_MAX];
	struct exchange e = { .question = question };
	const char *wrong;
	uint16_t id;
	int i, code = -1;

	/* Whoever cannot read the question must guess it (RFC 5452, 9). */
	if (getrandom(&id, sizeof id, 0) != sizeof id)
		return complain(EXIT_FAILED, name, "no random numbers");
	wrong = dns_question(name, type, id, question, &e.length);
	if (wrong != NULL)
		return complain(EXIT_USAGE, name, wrong);
	for (i = 0; i < o->servers.count && code < 0; i++) {
		e.server = o->servers.host[i];
		e.tcp = o->tcp;
		e.deadline = sock_in(o->timeout_ms);
		code = ask_one(o, &e, name, type);
	}
	return code < 0 ? EXIT_FAILED : code;
}

/* What is left of the command line: [@SERVER] NAME [TYPE], in any order. */
static int
run(struct options *o, char **argv)
{
	const char *name = NULL, *type_name = NULL;
	char reverse[DNS_NAME_TEXT_MAX];
	int type;

	for (; *argv != NULL; argv++)
		if (**argv == '@') {
			if (!server_add(&o->servers, *argv + 1))
				return complain(EXIT_USAGE, *argv,
				    "a server's name is not so long");
		} else if (name == NULL) {
			name = *argv;
		} else if (type_name == NULL) {
			type_name = *argv;
		} else {
			return usage("one name and one type at a time");
		}
	if (name == NULL)
		return usage("no name");
	if (o->reverse && type_name != NULL)
		return usage("--reverse asks for PTR");
	if (o->reverse && !dns_reverse_name(name, reverse))
		return complain(EXIT_USAGE, name, "it is no IP address");
	type = o->reverse     ? DNS_PTR :
	    type_name == NULL ? DNS_A :
				dns_type_named(type_name);
	if (type < 0)
		return complain(EXIT_USAGE, type_name, "no such type");
	if (o->servers.count == 0)
		servers_configured(&o->servers, "/etc/resolv.conf");
	return ask_all(o, o->reverse ? reverse : name, (unsigned)type);
}

int
main(int argc, char **argv)
{
	struct options o = { .timeout_ms = TIMEOUT_MS };
	int code = read_options(&o, argc, argv);

	if (code < 0)
		code = run(&o, argv + optind);
	return printed(code);
}
