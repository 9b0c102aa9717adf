/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <sock.h>
#include <stdatomic.h>
#include <sys/signalfd.h>

#include "converse.h"
#include "datagrams.h"
#include "event.h"
#include "options.h"
#include "say.h"
#include "secure.h"

/* For connecting, and for what TLS says before. */
static sock_time
patience(const struct options *o)
{
	return o->timeout_ms > 0 ? sock_in(o->timeout_ms) : SOCK_FOREVER;
}

static int
talk(sock_t stream, struct terminal *terminal, const struct options *o)
{
	struct conversation c = { .options = o,
		.terminal = terminal,
		.stream = stream };
	char text[SOCK_ADDR_TEXT_MAX];
	struct sock_addr peer;
	int code;

	sock_peer(stream, &peer);
	c.peer = sock_addr_text(&peer, text, sizeof text);
	event_connected(stream, o);
	code = sends_messages(&peer) ? exchange(&c, false) : converse(&c);
	event_finished(&c, o);
	return code;
}

int
command_connect(const char *address, const struct options *o)
{
	struct terminal terminal = { .stopped = false };
	struct sock_tls *tls;
	int code;
	sock_t s;

	code = secure_client(&tls, address, o);
	if (code != EXIT_OK)
		return code;
	s = sock_dial(address, .proxy = o->proxy, .tls = tls,
	    .server_name = o->server_name, .deadline = patience(o));
	secure_free(tls);
	if (s < 0)
		return complain_last(address);
	code = terminal_open(&terminal, o);
	return code != EXIT_OK ? code : talk(s, &terminal, o);
}

struct stop {
	sock_t signals;
	sock_t listener;
	atomic_bool listening;
	_Atomic sock_t stream;
	struct terminal terminal;
};

/*
 * A signal ends listening, or else the conversation, and what it has not been
 * able to write.
 */
static void
stop_on_signal(void *arg)
{
	struct stop *stop = arg;
	struct signalfd_siginfo info;

	while (sock_read_full(stop->signals, &info, sizeof info,
		   SOCK_FOREVER) >= 0) {
		if (atomic_exchange(&stop->listening, false)) {
			sock_cancel(stop->listener);
		} else {
			stop->terminal.stopped = true;
			sock_cancel(stop->stream);
			sock_cancel(stop->terminal.input);
			sock_cancel(stop->terminal.output);
		}
	}
}

static sock_t
adopt_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return sock_adopt(signalfd(-1, &set, SFD_CLOEXEC));
}

/* TLS shakes hands here, and not at the first byte, to tell how it went. */
static int
greet(sock_t s, struct stop *stop, const struct options *o)
{
	char text[SOCK_ADDR_TEXT_MAX];
	struct sock_addr peer;

	if (sock_connected(s, patience(o)) == 0)
		return talk(s, &stop->terminal, o);
	sock_peer(s, &peer);
	(void)complain_last(sock_addr_text(&peer, text, sizeof text));
	sock_close(s);
	return EXIT_FAILED;
}

/* What goes wrong with one peer is no reason not to serve the next. */
static int
serve(struct stop *stop, const char *address, const struct options *o)
{
	for (;;) {
		const sock_t s = sock_accept(stop->listener, SOCK_FOREVER);

		if (s == -ECANCELED)
			return EXIT_OK;
		if (s < 0)
			return complain_last(address);
		stop->stream = s;
		if (!o->keep) {
			stop->listening = false;
			sock_close(stop->listener);
			return greet(s, stop, o);
		}
		(void)greet(s, stop, o);
	}
}

/* Messages come to the listener itself, whoever sends them. */
static int
serve_messages(struct stop *stop, const char *address, const struct options *o)
{
	struct conversation c = { .options = o,
		.terminal = &stop->terminal,
		.stream = stop->listener,
		.peer = address };
	const int code = exchange(&c, true);

	event_finished(&c, o);
	return code;
}

/* Those over unixpacket have connections. */
static bool
has_connections(sock_t listener)
{
	struct sock_addr here;

	return sock_local(listener, &here) < 0 || !sends_messages(&here) ||
	    here.scheme == SOCK_SCHEME_UNIXPACKET;
}

int
command_listen(const char *address, const struct options *o)
{
	struct stop stop = { .listening = true };
	struct sock_group *watch;
	struct sock_tls *tls;
	int code = secure_server(&tls, address, o);
	bool streams;

	if (code != EXIT_OK)
		return code;
	stop.listener = sock_listen(address, .tls = tls);
	secure_free(tls);
	if (stop.listener < 0)
		return complain_last(address);
	code = terminal_open(&stop.terminal, o);
	if (code != EXIT_OK)
		return code;
	streams = has_connections(stop.listener);
	/* Messages are one conversation, from the start. */
	if (!streams) {
		stop.listening = false;
		stop.stream = stop.listener;
	}
	watch = sock_group_new();
	stop.signals = adopt_signals();
	if (stop.signals < 0 || sock_go(watch, stop_on_signal, &stop) < 0)
		return complain_last(address);
	event_listening(stop.listener, o);
	code = streams ? serve(&stop, address, o) :
			 serve_messages(&stop, address, o);
	sock_close(stop.listener);
	sock_group_free(watch);
	sock_close(stop.signals);
	return code;
}
