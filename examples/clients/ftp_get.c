/* SPDX-License-Identifier: MIT */
#include "ftp_get.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "ftp_get_get.h"
#include "ftp_get_url.h"

/*
 * Gets a file or the list of a folder from an FTP server (RFC 959): what is
 * said goes over one connection, the data over another, for each transfer.
 *
 *	ftp_get ftp://ftp.example.org/pub/
 *	ftp_get --tls -c -o big.iso ftp://anna@127.0.0.1:2121/big.iso
 */

#define TIMEOUT_MS 30000

const char program[] = "ftp_get";

static const char help[] =
    "usage: ftp_get [OPTION]... URL\n"
    "\n"
    "  -o, --output FILE      to FILE, not to standard output\n"
    "  -c, --continue         FILE is the beginning: get the rest of it\n"
    "  -u, --user USER        log in as USER, not as anonymous\n"
    "      --password-file FILE  the password is its first line\n"
    "  -n, --names            list a folder by its names alone (NLST)\n"
    "      --facts            list it as programs read it (MLSD, RFC 3659)\n"
    "  -a, --active           the server connects to this machine for the\n"
    "                         data, not the other way round\n"
    "      --tls              with TLS (RFC 4217), or not at all\n"
    "      --cacert FILE      trust the certificates in FILE, instead of the\n"
    "                         system's\n"
    "      --crl FILE         refuse what the lists (CRL) in FILE revoke, and\n"
    "                         whose issuer has none there\n"
    "  -E, --cert FILE        the client's own certificate\n"
    "      --key FILE         its key, if it is not in the same file\n"
    "  -k, --insecure         believe whoever answers, and so whoever can\n"
    "                         change what is on the wire\n"
    "  -t, --timeout SECONDS  give up when connecting, a reply or the next\n"
    "                         bytes take longer (30)\n"
    "  -m, --max-time SECONDS give up when all of it takes longer\n"
    "  -q, --quiet            no progress on the terminal\n"
    "  -v, --verbose          the dialogue on standard error\n"
    "  -h, --help, -V, --version\n"
    "\n"
    "URL is ftp://[USER@]HOST[:PORT]/PATH, where PORT is a number or the name\n"
    "of a service and PATH begins in the folder of the login: /%2Fetc/motd is\n"
    "/etc/motd.  With a slash at its end it is a folder, which is listed.\n"
    "ftps:// is TLS from the first byte on, on port 990.\n"
    "\n"
    "Without --password-file the password is $FTP_PASSWORD, or asked for on\n"
    "the terminal.  Without TLS it travels as it is, and so does all else.\n"
    "\n"
    "--continue begins anew if the server has another version of the file\n"
    "(an extended attribute of FILE keeps its time), or cannot continue.\n"
    "\n"
    "Exit status: 0 all of it is there; 1 the network or the system refused;\n"
    "2 wrong arguments, or a URL that is not understood; 3 the server\n"
    "refused; 4 the file was cut: what came is in FILE, --continue gets the\n"
    "rest; 5 what the server says is not FTP.\n";

enum {
	OPTION_FACTS = 256,
	OPTION_TLS,
	OPTION_PASSWORD_FILE,
	OPTION_CACERT,
	OPTION_CRL,
	OPTION_KEY
};

static const struct option long_options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "continue", no_argument, NULL, 'c' },
	{ "user", required_argument, NULL, 'u' },
	{ "password-file", required_argument, NULL, OPTION_PASSWORD_FILE },
	{ "names", no_argument, NULL, 'n' },
	{ "facts", no_argument, NULL, OPTION_FACTS },
	{ "active", no_argument, NULL, 'a' },
	{ "tls", no_argument, NULL, OPTION_TLS },
	{ "cacert", required_argument, NULL, OPTION_CACERT },
	{ "crl", required_argument, NULL, OPTION_CRL },
	{ "cert", required_argument, NULL, 'E' },
	{ "key", required_argument, NULL, OPTION_KEY },
	{ "insecure", no_argument, NULL, 'k' },
	{ "timeout", required_argument, NULL, 't' },
	{ "max-time", required_argument, NULL, 'm' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
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

static int
read_time(struct options *o, int c)
{
	const int64_t ms = milliseconds(optarg);

	if (ms < 0)
		return EXIT_USAGE;
	if (c == 't')
		o->timeout_ms = ms;
	else
		o->deadline = sock_in(ms);
	return -1;
}

/* Options that take something; -1: go on; else the exit code. */
static int
read_value(struct options *o, int c)
{
	switch (c) {
	case 'o':
		o->output = strcmp(optarg, "-") == 0 ? NULL : optarg;
		return -1;
	case 'u':
		o->user = optarg;
		return -1;
	case OPTION_PASSWORD_FILE:
		o->password_file = optarg;
		return -1;
	case OPTION_CACERT:
		o->with.cacert = optarg;
		return -1;
	case OPTION_CRL:
		o->with.crl = optarg;
		return -1;
	case 'E':
		o->with.cert = optarg;
		return -1;
	case OPTION_KEY:
		o->with.key = optarg;
		return -1;
	case 't':
	case 'm':
		return read_time(o, c);
	default:
		fputs("see ftp_get --help\n", stderr);
		return EXIT_USAGE;
	}
}

static int
read_option(struct options *o, int c)
{
	switch (c) {
	case 'c':
		o->resume = true;
		return -1;
	case 'n':
		o->listing = "NLST";
		return -1;
	case OPTION_FACTS:
		o->listing = "MLSD";
		return -1;
	case 'a':
		o->active = true;
		return -1;
	case OPTION_TLS:
		o->tls = true;
		return -1;
	case 'k':
		o->with.insecure = true;
		return -1;
	case 'q':
		o->quiet = true;
		return -1;
	case 'v':
		o->verbose = true;
		return -1;
	case 'h':
		fputs(help, stdout);
		return EXIT_OK;
	case 'V':
		printf("ftp_get %s\n", sock_version());
		return EXIT_OK;
	default:
		return read_value(o, c);
	}
}

static int
run(struct options *o, int argc, char **argv)
{
	struct ftp_url url;
	const char *wrong;

	if (argc != 1)
		return usage(argc < 1 ? "no URL" : "one URL at a time");
	if (o->resume && o->output == NULL)
		return usage("--continue needs --output FILE");
	wrong = ftp_url_parse(&url, argv[0]);
	if (wrong != NULL)
		return complain(EXIT_USAGE, argv[0], wrong);
	if (o->resume && url.folder)
		return usage("a list cannot be continued");
	o->tls = o->tls || url.tls;
	if (!o->tls &&
	    (o->with.cacert != NULL || o->with.crl != NULL ||
		o->with.cert != NULL || o->with.insecure))
		return usage("--cacert, --crl, --cert and --insecure are for "
			     "TLS");
	wrong = client_tls_wrong(&o->with);
	if (wrong != NULL)
		return usage(wrong);
	if (o->user == NULL)
		o->user = url.user[0] != '\0' ? url.user : "anonymous";
	return ftp_get(argv[0], &url, o);
}

int
main(int argc, char **argv)
{
	/* Servers know a data connection's client by the session of the
	 * control connection, which nobody else can resume. */
	struct options o = { .listing = "LIST",
		.with.resume = true,
		.timeout_ms = TIMEOUT_MS,
		.deadline = SOCK_FOREVER };
	int c, code = -1;

	while (code < 0 &&
	    (c = getopt_long(argc, argv, "o:cu:nat:m:E:kqvhV", long_options,
		 NULL)) != -1)
		code = read_option(&o, c);
	if (code < 0)
		code = run(&o, argc - optind, argv + optind);
	return printed(code);
}
