/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <sock.h>
#include <stdio.h>
#include <string.h>

#include "client.h"
#include "ssh_banner_reply.h"
#include "ssh_banner_show.h"

/*
 * Says how an SSH server introduces itself, and which algorithms it offers:
 * all that RFC 4253 has in plain text.
 *
 *	ssh_banner example.org
 *	ssh_banner --json 127.0.0.1:2222
 */

#define TIMEOUT_MS 10000
#define LINE_MAX_ 8192 /* of those before the identification */
#define LINES_MAX 1024 /* as OpenSSH has both */
#define PACKETS_MAX 16 /* before the algorithms */

const char program[] = "ssh_banner";

static const char help[] =
    "usage: ssh_banner [OPTION]... HOST[:PORT]\n"
    "\n"
    "  -b, --banner           the identification alone\n"
    "  -j, --json             the same as JSON\n"
    "  -w, --weak             exit with 3 if something weak is offered\n"
    "  -t, --timeout SECONDS  for all of it (10)\n"
    "  -h, --help, -V, --version\n"
    "\n"
    "PORT is a number or the name of a service (ssh).  What the server says\n"
    "before its identification goes to standard error.  It does not log in, and\n"
    "does not prove that the server is who it says it is.\n"
    "\n"
    "Exit status: 0 the server told; 1 the network or the system refused; 2\n"
    "wrong arguments; 3 the server refused, or see --weak; 5 it does not speak\n"
    "version 2 of SSH.\n";

struct options {
	bool banner, json, weak;
	int64_t timeout_ms;
};

static const struct option long_options[] = {
	{ "banner", no_argument, NULL, 'b' },
	{ "json", no_argument, NULL, 'j' },
	{ "weak", no_argument, NULL, 'w' },
	{ "timeout", required_argument, NULL, 't' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

struct visit {
	const char *name; /* of the server, for errors */
	sock_t stream;
	sock_time deadline;
	char identity[SSH_IDENTITY_MAX + 1];
	uint8_t packet[SSH_PACKET_MAX];
};

static int
failed(struct visit *v, ssize_t error)
{
	if (error == SOCK_EEOF)
		return complain(EXIT_FAILED, v->name,
		    "the server ended the connection");
	if (error == SOCK_EADDR || error == SOCK_ENOSERVICE)
		return complain(EXIT_USAGE, v->name, sock_errmsg());
	return complain(EXIT_FAILED, v->name, sock_errmsg());
}

static int
malformed(struct visit *v, const char *what)
{
	return complain(EXIT_MALFORMED, v->name, what);
}

static int
read_identity(struct visit *v)
{
	char line[LINE_MAX_];
	const char *wrong;
	ssize_t n;
	int lines;

	for (lines = 0; lines < LINES_MAX; lines++) {
		n = sock_read_line(v->stream, line, sizeof line, v->deadline);
		if (n == SOCK_ETOOBIG)
			return malformed(v, "a line is over 8 KiB");
		if (n < 0)
			return failed(v, n);
		if (!ssh_is_identity(line, (size_t)n)) {
			(void)complain(0, v->name, line);
			continue;
		}
		wrong = ssh_check_identity(line, (size_t)n);
		if (wrong != NULL)
			return malformed(v, wrong);
		memcpy(v->identity, line, (size_t)n + 1);
		return EXIT_OK;
	}
	return malformed(v, "1,024 lines, and none identifies it");
}

/* The payload of the next packet, at out; EXIT_OK or an exit code. */
static int
read_packet(struct visit *v, const uint8_t **out, size_t *n)
{
	uint8_t head[SSH_HEAD];
	ssize_t got;
	int length;

	got = sock_read_full(v->stream, head, sizeof head, v->deadline);
	if (got < 0)
		return failed(v, got);
	length = ssh_packet_length(head);
	if (length < 0)
		return malformed(v, "no packet has such a length");
	got = sock_read_full(v->stream, v->packet, (size_t)length, v->deadline);
	if (got < 0)
		return failed(v, got);
	*out = ssh_payload(v->packet, (size_t)length, n);
	return *out != NULL ? EXIT_OK : malformed(v, "the padding is wrong");
}

static int
disconnected(struct visit *v, const uint8_t *payload, size_t n)
{
	struct ssh_text why;
	char text[512];

	if (!ssh_read_disconnect(&why, payload, n))
		return malformed(v, "it disconnects, and does not say why");
	snprintf(text, sizeof text, "the server disconnects: %.*s",
	    (int)(why.n < 400 ? why.n : 400), why.at);
	return complain(EXIT_ANSWER, v->name, text);
}

static int
read_offer(struct visit *v, struct ssh_offer *offer)
{
	const char *wrong;
	const uint8_t *payload = NULL;
	size_t n = 0;
	int i, code;

	for (i = 0; i < PACKETS_MAX; i++) {
		code = read_packet(v, &payload, &n);
		if (code != EXIT_OK)
			return code;
		if (payload[0] == SSH_DISCONNECT)
			return disconnected(v, payload, n);
		if (payload[0] == SSH_IGNORE || payload[0] == SSH_DEBUG)
			continue;
		wrong = ssh_read_kexinit(offer, payload, n);
		return wrong == NULL ? EXIT_OK : malformed(v, wrong);
	}
	return malformed(v, "16 packets, and none tells its algorithms");
}

static int
introduce(struct visit *v)
{
	char line[64];
	int n, rc;

	n = snprintf(line, sizeof line, "SSH-2.0-libsock_%s\r\n",
	    sock_version());
	rc = sock_write(v->stream, line, (size_t)n, v->deadline);
	return rc < 0 && !is_deaf(rc) ? failed(v, rc) : EXIT_OK;
}

static int
visit(struct visit *v, const struct options *o)
{
	char text[SOCK_ADDR_TEXT_MAX];
	struct server server = { .identity = v->identity, .address = text };
	struct sock_addr peer;
	int code = read_identity(v);

	if (code == EXIT_OK && o->banner) {
		puts(v->identity);
		return EXIT_OK;
	}
	if (code == EXIT_OK)
		code = introduce(v);
	if (code == EXIT_OK)
		code = read_offer(v, &server.offer);
	if (code != EXIT_OK)
		return code;
	(void)sock_peer(v->stream, &peer);
	sock_addr_text(&peer, text, sizeof text);
	if (o->json)
		show_json(&server);
	else
		show_text(&server);
	return o->weak && show_weak(&server) > 0 ? EXIT_ANSWER : EXIT_OK;
}

static int
run(const struct options *o, int argc, char **argv)
{
	static struct visit v; /* 35 KB */
	char address[512];
	int code;

	if (argc != 1)
		return usage(argc < 1 ? "no host" : "one host at a time");
	v.name = argv[0];
	v.deadline = sock_in(o->timeout_ms);
	if (client_address(address, sizeof address, argv[0], "ssh") == NULL)
		return usage("no host's name is so long");
	v.stream = sock_dial(address, .deadline = v.deadline);
	code = v.stream < 0 ? failed(&v, v.stream) : visit(&v, o);
	sock_close(v.stream);
	return code;
}

/* -1: go on; else the exit code. */
static int
read_options(struct options *o, int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "bjwt:hV", long_options, NULL)) !=
	    -1)
		switch (c) {
		case 'b':
			o->banner = true;
			break;
		case 'j':
			o->json = true;
			break;
		case 'w':
			o->weak = true;
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
			printf("ssh_banner %s\n", sock_version());
			return EXIT_OK;
		default:
			fputs("see ssh_banner --help\n", stderr);
			return EXIT_USAGE;
		}
	if (o->banner && (o->json || o->weak))
		return usage("--banner excludes --json and --weak");
	return -1;
}

int
main(int argc, char **argv)
{
	struct options o = { .timeout_ms = TIMEOUT_MS };
	int code = read_options(&o, argc, argv);

	if (code < 0)
		code = run(&o, argc - optind, argv + optind);
	return printed(code);
}
