/* SPDX-License-Identifier: MIT */
#include "fetch.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetch_ask.h"
#include "fetch_get.h"
#include "fetch_url.h"

/*
 * Fetches what is at an http or https URL, to standard output or a file, and
 * goes on where an earlier one was cut.
 *
 *	fetch http://www.example.org/
 *	fetch -c -o big.iso http://127.0.0.1:8000/big.iso
 */

#define TIMEOUT_MS 30000
#define REDIRECTS 10
#define HEADERS_ROOM 16384

const char program[] = "fetch";

static const char help[] =
    "usage: fetch [OPTION]... URL\n"
    "\n"
    "  -o, --output FILE      to FILE, not to standard output\n"
    "  -c, --continue         FILE is the beginning: fetch the rest of it\n"
    "  -r, --range RANGE      a part: FIRST-LAST (bytes from 0), FIRST-, or\n"
    "                         -COUNT for the last ones\n"
    "  -I, --head             the heads of the answers, and no body\n"
    "  -H, --header LINE      adds \"NAME: VALUE\" to the request; other\n"
    "                         servers, after a redirect, do not get it\n"
    "      --redirects COUNT  follow at most so many (10)\n"
    "  -t, --timeout SECONDS  give up when connecting, the head of an answer\n"
    "                         or the next bytes take longer (30)\n"
    "  -m, --max-time SECONDS give up when all of it takes longer\n"
    "  -p, --proxy PROXY      through socks5:[USER:PASSWORD@]HOST:PORT, or by\n"
    "                         HTTP's CONNECT connect:[USER:PASSWORD@]HOST:PORT;\n"
    "                         the proxy looks up the names\n"
    "      --cacert FILE      https: trust the certificates in FILE, instead of\n"
    "                         the system's\n"
    "      --crl FILE         https: refuse what the lists (CRL) in FILE revoke,\n"
    "                         and whose issuer has none there\n"
    "  -E, --cert FILE        https: the client's certificate, for the server\n"
    "                         of the URL alone\n"
    "      --key FILE         its key, if it is not in the same file\n"
    "  -k, --insecure         https: believe whoever answers, and so whoever\n"
    "                         can change what is on the wire\n"
    "      --downgrade        follow redirects from https to http, too\n"
    "  -q, --quiet            no progress on the terminal\n"
    "  -h, --help, -V, --version\n"
    "\n"
    "URL is http[s]://HOST[:PORT]/PATH; PORT is a number or the name of a\n"
    "service.  A server of https proves that it is HOST, to the system's roots\n"
    "(OpenSSL's, or those that SSL_CERT_FILE names).\n"
    "\n"
    "--continue asks for the part that is missing, of the same version of\n"
    "the file where that is known (an extended attribute of FILE keeps its\n"
    "name), and begins anew if the server has another, or has no parts.\n"
    "\n"
    "Exit status: 0 all of it is there; 1 the network or the system refused;\n"
    "2 wrong arguments, or a URL that is not understood; 3 the server\n"
    "refused, or redirects too often, or to where fetch does not go; 4 the\n"
    "body was cut, or is only the beginning of what was asked for: what came\n"
    "is in FILE, and --continue fetches the rest, unless --range asked for a\n"
    "part; 5 the answer is not HTTP, or not what was asked for.\n";

enum {
	OPTION_REDIRECTS = 256,
	OPTION_CACERT,
	OPTION_CRL,
	OPTION_KEY,
	OPTION_DOWNGRADE
};

static const struct option long_options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "continue", no_argument, NULL, 'c' },
	{ "range", required_argument, NULL, 'r' },
	{ "head", no_argument, NULL, 'I' },
	{ "header", required_argument, NULL, 'H' },
	{ "redirects", required_argument, NULL, OPTION_REDIRECTS },
	{ "timeout", required_argument, NULL, 't' },
	{ "max-time", required_argument, NULL, 'm' },
	{ "proxy", required_argument, NULL, 'p' },
	{ "cacert", required_argument, NULL, OPTION_CACERT },
	{ "crl", required_argument, NULL, OPTION_CRL },
	{ "cert", required_argument, NULL, 'E' },
	{ "key", required_argument, NULL, OPTION_KEY },
	{ "insecure", no_argument, NULL, 'k' },
	{ "downgrade", no_argument, NULL, OPTION_DOWNGRADE },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

sock_time
patience(const struct options *o)
{
	const sock_time next = sock_in(o->timeout_ms);

	return next < o->deadline ? next : o->deadline;
}

/* -1: no plain number below 10^18. */
static int64_t
number(const char *text, size_t n)
{
	int64_t value = 0;
	size_t i;

	for (i = 0; i < n && text[i] >= '0' && text[i] <= '9'; i++)
		value = 10 * value + (text[i] - '0');
	return n > 0 && i == n ? value : -1;
}

static bool
is_range(const char *text)
{
	const size_t first = strspn(text, "0123456789");
	const size_t last = strlen(text) - first - 1;

	if (text[first] != '-' || first > 18 || last > 18)
		return false;
	if (first == 0 || last == 0)
		return first > 0 || number(text + 1, last) > 0;
	return number(text + first + 1, last) >= number(text, first);
}

static int
add_header(struct options *o, const char *line)
{
	const char *wrong = ask_check_header(line);
	size_t room = HEADERS_ROOM;
	int i;

	for (i = 0; i < o->header_count; i++)
		room -= strlen(o->headers[i]) + 2;
	if (wrong != NULL)
		return complain(EXIT_USAGE, line, wrong);
	if (o->header_count == HEADERS_MAX || strlen(line) + 2 > room)
		return usage("too many --header, 32 or 16 KiB");
	o->headers[o->header_count++] = line;
	return -1;
}

static bool
read_tls_option(struct options *o, int c)
{
	switch (c) {
	case OPTION_CACERT:
		o->tls.cacert = optarg;
		return true;
	case OPTION_CRL:
		o->tls.crl = optarg;
		return true;
	case 'E':
		o->tls.cert = optarg;
		return true;
	case OPTION_KEY:
		o->tls.key = optarg;
		return true;
	case 'k':
		o->tls.insecure = true;
		return true;
	case OPTION_DOWNGRADE:
		o->downgrade = true;
		return true;
	default:
		return false;
	}
}

/* -1: go on; else the exit code. */
static int
read_option(struct options *o, int c)
{
	int64_t ms;

	if (read_tls_option(o, c))
		return -1;
	switch (c) {
	case 'o':
		o->output = strcmp(optarg, "-") == 0 ? NULL : optarg;
		return -1;
	case 'c':
		o->resume = true;
		return -1;
	case 'r':
		o->range = optarg;
		return is_range(optarg) ?
		    -1 :
		    usage("--range wants FIRST-LAST, FIRST- or -COUNT");
	case 'I':
		o->head = true;
		return -1;
	case 'H':
		return add_header(o, optarg);
	case OPTION_REDIRECTS:
		o->redirects = strlen(optarg) > 3 ?
		    -1 :
		    (int)number(optarg, strlen(optarg));
		return o->redirects >= 0 ?
		    -1 :
		    usage("--redirects wants a number from 0 to 999");
	case 't':
	case 'm':
		ms = milliseconds(optarg);
		if (ms < 0)
			return EXIT_USAGE;
		if (c == 't')
			o->timeout_ms = ms;
		else
			o->deadline = sock_in(ms);
		return -1;
	case 'p':
		o->proxy = optarg;
		return -1;
	case 'q':
		o->quiet = true;
		return -1;
	case 'h':
		fputs(help, stdout);
		return EXIT_OK;
	case 'V':
		printf("fetch %s\n", sock_version());
		return EXIT_OK;
	default:
		fputs("see fetch --help\n", stderr);
		return EXIT_USAGE;
	}
}

static int
run(const struct options *o, int argc, char **argv)
{
	struct url url;
	const char *wrong;

	if (argc != 1)
		return usage(argc < 1 ? "no URL" : "one URL at a time");
	if (o->resume && o->output == NULL)
		return usage("--continue needs --output FILE");
	if (o->resume && o->range != NULL)
		return usage("--continue and --range exclude each other");
	if (o->head && o->output != NULL)
		return usage("--head and --output exclude each other");
	wrong = client_tls_wrong(&o->tls);
	if (wrong != NULL)
		return usage(wrong);
	wrong = url_parse(&url, argv[0]);
	if (wrong == NULL && url.https)
		wrong = client_tls_missing();
	if (wrong != NULL)
		return complain(EXIT_USAGE, argv[0], wrong);
	return get(&url, o);
}

int
main(int argc, char **argv)
{
	struct options o = { .redirects = REDIRECTS,
		.timeout_ms = TIMEOUT_MS,
		.tls.alpn = "http/1.1",
		.deadline = SOCK_FOREVER };
	int c, code = -1;

	while (code < 0 &&
	    (c = getopt_long(argc, argv, "o:cr:IH:t:m:p:E:kqhV", long_options,
		 NULL)) != -1)
		code = read_option(&o, c);
	if (code < 0)
		code = run(&o, argc - optind, argv + optind);
	return printed(code);
}
