/* SPDX-License-Identifier: MIT */
#include "account.h"

#include <stdio.h>
#include <string.h>

#include "../client.h"

static int
read_time(struct account *a, int c)
{
	const int64_t ms = milliseconds(optarg);

	if (ms < 0)
		return EXIT_USAGE;
	if (c == 't')
		a->timeout_ms = ms;
	else
		a->deadline = sock_in(ms);
	return -1;
}

/* What else needs more than to be noted. */
static int
read_other(struct account *a, int c, const char *help)
{
	switch (c) {
	case 't':
	case 'm':
		return read_time(a, c);
	case 'h':
		fputs(help, stdout);
		return EXIT_OK;
	case 'V':
		printf("%s %s\n", program, sock_version());
		return EXIT_OK;
	default:
		fprintf(stderr, "see %s --help\n", program);
		return EXIT_USAGE;
	}
}

int
account_option(struct account *a, int c, const char *help)
{
	switch (c) {
	case 'u':
		a->user = optarg;
		if (strlen(optarg) >= PASSWORD_MAX)
			return usage("a user's name has 255 bytes at most");
		break;
	case ACCOUNT_PASSWORD:
		a->password_file = optarg;
		break;
	case ACCOUNT_SERVICE:
		a->service = optarg;
		break;
	case ACCOUNT_TLS:
		a->tls = true;
		break;
	case ACCOUNT_PLAIN:
		a->plain = true;
		break;
	case ACCOUNT_CACERT:
		a->trust.cacert = optarg;
		break;
	case ACCOUNT_CRL:
		a->trust.crl = optarg;
		break;
	case 'E':
		a->trust.cert = optarg;
		break;
	case ACCOUNT_KEY:
		a->trust.key = optarg;
		break;
	case 'k':
		a->trust.insecure = true;
		break;
	case 'v':
		a->verbose = true;
		break;
	default:
		return read_other(a, c, help);
	}
	return -1;
}

/* Negative: neither a plain number nor a service. */
static int
port_of(const char *text)
{
	const size_t digits = strspn(text, "0123456789");
	int port = 0;

	if (text[digits] != '\0')
		return sock_service_port(text, "tcp");
	if (digits > 5 || text[0] == '0')
		return -1;
	for (; *text != '\0'; text++)
		port = 10 * port + (*text - '0');
	return port > 0 && port <= 65535 ? port : -1;
}

/* HOST into the account, and what stands behind its colon, or "". */
static const char *
split(struct account *a, const char *server, const char **port)
{
	size_t n = strcspn(server, ":");

	if (server[0] == '[') {
		n = strcspn(server, "]");
		n += server[n] == ']';
	} else if (strchr(server + n, ':') != strrchr(server, ':')) {
		return "an IPv6 address stands in brackets";
	}
	if (n == 0 || (server[n] != '\0' && server[n] != ':'))
		return "a server is HOST or HOST:PORT";
	if (n >= sizeof a->host)
		return "no host has so long a name";
	memcpy(a->host, server, n);
	a->host[n] = '\0';
	*port = server[n] == ':' ? server + n + 1 : "";
	if (server[n] == ':' && **port == '\0')
		return "a colon and no port";
	return NULL;
}

/* By its name, else by its port; NULL: none of them. */
static const struct service *
service_of(const char *name, int port, const struct service *s, int count)
{
	for (; count > 0; s++, count--)
		if (name != NULL ? strcmp(name, s->name) == 0 :
				   sock_service_port(s->name, "tcp") == port)
			return s;
	return NULL;
}

static int
set_security(struct account *a, const struct service *s)
{
	a->protocol = s->protocol;
	a->security = s->security;
	if (a->tls && a->plain)
		return usage("--tls and --plain exclude each other");
	if (a->plain && s->security == SECURITY_FIRST)
		return usage("this service is TLS from its first byte on: "
			     "no --plain");
	if (a->tls && s->security == SECURITY_NONE)
		a->security = SECURITY_START;
	if (a->plain)
		a->security = SECURITY_NONE;
	if (client_tls_wrong(&a->trust) != NULL)
		return usage(client_tls_wrong(&a->trust));
	if (a->security != SECURITY_NONE && client_tls_missing() != NULL)
		return usage(client_tls_missing());
	return EXIT_OK;
}

int
account_server(struct account *a, const char *server,
    const struct service *services, int count)
{
	const struct service *s = services;
	const char *port, *wrong = split(a, server, &port);

	if (wrong != NULL)
		return complain(EXIT_USAGE, server, wrong);
	a->port = port_of(port);
	if (*port != '\0' && a->port < 0)
		return complain(EXIT_USAGE, server,
		    "its port is no number from 1 to 65535, and no service");
	if (*port != '\0' || a->service != NULL)
		s = service_of(a->service, a->port, services, count);
	if (s == NULL && a->service != NULL)
		return complain(EXIT_USAGE, a->service,
		    "this service is not spoken here");
	if (s == NULL)
		return complain(EXIT_USAGE, server,
		    "what is spoken at this port? --service tells");
	if (*port == '\0')
		a->port = sock_service_port(s->name, "tcp");
	return set_security(a, s);
}

int
account_password(const struct account *a, char out[PASSWORD_MAX])
{
	char prompt[HOST_MAX + PASSWORD_MAX + 32];
	struct password_from from = { .file = a->password_file,
		.environment = "MAIL_PASSWORD",
		.prompt = prompt };
	const char *wrong;

	snprintf(prompt, sizeof prompt, "Password of %s at %s: ", a->user,
	    a->host);
	wrong = password_get(&from, out);
	return wrong == NULL ? EXIT_OK : complain(EXIT_USAGE, a->user, wrong);
}

sock_time
account_patience(const struct account *a)
{
	const sock_time next = sock_in(a->timeout_ms);

	return next < a->deadline ? next : a->deadline;
}
