/* SPDX-License-Identifier: MIT */
#include "secure.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ask.h"

#define EVENTS 256
#define PIECE 16384 /* a record, RFC 8446, 5.1 */
#define PIECES 64   /* in a row */
#define MB 1000000

struct talk {
	struct secure *secure;
	SSL *ssl;
	SSL_SESSION *session; /* of the connection before, good for one */
	unsigned got;         /* bytes of an answer */
	bool stands, asked, given /* a session */;
};

struct secure {
	const struct peer *peer;
	struct secure_plan plan;
	SSL_CTX *ctx;
	int epoll;
	uint64_t visits, done, bytes, resumed;
	struct talk talks[];
};

static void
die_of_tls(const char *what)
{
	ERR_print_errors_fp(stderr);
	fprintf(stderr, "%s\n", what);
	exit(1);
}

static int
keep_session(SSL *ssl, SSL_SESSION *session)
{
	struct talk *t = SSL_get_app_data(ssl);

	SSL_SESSION_free(t->session);
	t->session = session;
	t->given = true;
	return 1;
}

static void
watch(struct talk *t, int op, int fd)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLET,
		.data.ptr = t };

	if (epoll_ctl(t->secure->epoll, op, fd, &e) < 0)
		die("epoll_ctl");
}

static void
begin(struct talk *t)
{
	struct secure *s = t->secure;
	/* Not all from one address, which has ports for so many. */
	const int fd = peer_dial(s->peer, (unsigned)(s->visits++ % 16));

	t->ssl = SSL_new(s->ctx);
	t->stands = t->asked = t->given = false;
	if (t->ssl == NULL || SSL_set_fd(t->ssl, fd) != 1)
		die_of_tls("a connection");
	SSL_set_app_data(t->ssl, t);
	SSL_set_connect_state(t->ssl);
	if (s->plan.work == SECURE_RESUME && t->session != NULL)
		SSL_set_session(t->ssl, t->session);
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	watch(t, EPOLL_CTL_ADD, fd);
}

/* Reset, so that no port waits: nothing is under way that anybody misses. */
static void
end(struct talk *t)
{
	const struct linger now = { 1, 0 };
	const int fd = SSL_get_fd(t->ssl);

	/* Else the session would be spoilt. */
	SSL_set_shutdown(t->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(t->ssl);
	t->ssl = NULL;
	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	close(fd);
}

/* False: it has to wait; an end of the stream counts as one more byte. */
static bool
went(const struct talk *t, int rc, bool *over)
{
	int why;

	*over = false;
	if (rc > 0)
		return true;
	why = SSL_get_error(t->ssl, rc);
	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
		return false;
	ERR_clear_error();
	if (t->secure->plan.request == NULL)
		die_of_tls("the server ended it");
	*over = true;
	return true;
}

static int
read_some(struct talk *t, bool *over)
{
	static unsigned char buf[PIECE];
	const int n = SSL_read(t->ssl, buf, sizeof buf);

	if (!went(t, n, over))
		return 0;
	if (n > 0 && t->secure->plan.work <= SECURE_ONCE &&
	    memcmp(buf, ask_bytes(t->got), (size_t)n) != 0)
		die_of_tls("another echo");
	return n > 0 ? n : 0;
}

/* Another one in its place. */
static void
visited(struct talk *t)
{
	struct secure *s = t->secure;

	s->done++;
	s->resumed += (uint64_t)SSL_session_reused(t->ssl);
	end(t);
	begin(t);
}

/* A resumed one waits for the session of the next one. */
static void
shake(struct talk *t)
{
	bool over;

	if (t->secure->plan.work == SECURE_RESUME && !t->given)
		(void)read_some(t, &over);
	if (t->secure->plan.work == SECURE_SHAKE || t->given)
		visited(t);
}

static void
echo(struct talk *t)
{
	struct secure *s = t->secure;
	bool over;

	do {
		if (!t->asked) {
			if (SSL_write(t->ssl, ask_bytes(0),
				(int)s->plan.bytes) <= 0)
				die_of_tls("a request");
			t->asked = true;
			t->got = 0;
		}
		while (t->got < s->plan.bytes) {
			const int n = read_some(t, &over);

			if (n == 0)
				return;
			t->got += (unsigned)n;
		}
		s->done++;
		t->asked = false;
	} while (s->plan.work == SECURE_ECHO);
	t->asked = true; /* for good */
}

static void
send_bytes(struct talk *t)
{
	bool over;
	int i, n;

	for (i = 0; i < PIECES; i++) {
		n = SSL_write(t->ssl, ask_bytes(0), PIECE);
		if (!went(t, n, &over))
			return;
		t->secure->bytes += (uint64_t)n;
	}
	watch(t, EPOLL_CTL_MOD, SSL_get_fd(t->ssl));
}

static void
get(struct talk *t)
{
	const char *request = t->secure->plan.request;
	bool over = false;
	int i, n = 1;

	if (!t->asked && request != NULL &&
	    SSL_write(t->ssl, request, (int)strlen(request)) <= 0)
		die_of_tls("a request");
	t->asked = true;
	for (i = 0; i < PIECES && (n = read_some(t, &over)) > 0; i++)
		t->secure->bytes += (uint64_t)n;
	if (over) {
		end(t);
		begin(t);
	} else if (n > 0) {
		watch(t, EPOLL_CTL_MOD, SSL_get_fd(t->ssl));
	}
}

static void
step(struct talk *t)
{
	bool over;

	if (!t->stands) {
		if (!went(t, SSL_do_handshake(t->ssl), &over))
			return;
		t->stands = true;
	}
	switch (t->secure->plan.work) {
	case SECURE_SHAKE:
	case SECURE_RESUME:
		shake(t);
		break;
	case SECURE_ECHO:
		echo(t);
		break;
	case SECURE_ONCE:
		if (!t->asked || t->got < t->secure->plan.bytes)
			echo(t);
		break;
	case SECURE_SEND:
		send_bytes(t);
		break;
	case SECURE_GET:
		get(t);
		break;
	}
}

struct secure *
secure_open(const struct peer *peer, const struct secure_plan *plan)
{
	struct secure *s =
	    calloc(1, sizeof *s + plan->connections * sizeof s->talks[0]);
	unsigned i;

	if (s == NULL)
		die("calloc");
	s->peer = peer;
	s->plan = *plan;
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->ctx = SSL_CTX_new(TLS_client_method());
	if (s->epoll < 0 || s->ctx == NULL ||
	    SSL_CTX_set_min_proto_version(s->ctx, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set1_groups_list(s->ctx, "X25519") != 1 ||
	    SSL_CTX_set_ciphersuites(s->ctx, "TLS_AES_128_GCM_SHA256") != 1)
		die_of_tls("a client");
	SSL_CTX_set_mode(s->ctx,
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
		SSL_MODE_ENABLE_PARTIAL_WRITE);
	SSL_CTX_set_session_cache_mode(s->ctx,
	    SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(s->ctx, keep_session);
	for (i = 0; i < plan->connections; i++) {
		s->talks[i].secure = s;
		begin(&s->talks[i]);
	}
	return s;
}

static uint64_t
done(const struct secure *s)
{
	return s->plan.work >= SECURE_SEND ? s->bytes / MB : s->done;
}

unsigned
secure_run(struct secure *s, unsigned count)
{
	const uint64_t before = done(s);
	struct epoll_event events[EVENTS];
	int n, i;

	while (done(s) - before < count) {
		n = epoll_wait(s->epoll, events, EVENTS, 10000);
		if (n <= 0)
			die("a server that goes silent");
		for (i = 0; i < n; i++)
			step(events[i].data.ptr);
	}
	return (unsigned)(done(s) - before);
}

void
secure_close(struct secure *s)
{
	unsigned i;

	/* All but the first of each. */
	if (s->plan.work == SECURE_RESUME && s->done > s->plan.connections &&
	    s->resumed + s->plan.connections < s->done)
		die_of_tls("it did not resume");
	for (i = 0; i < s->plan.connections; i++) {
		end(&s->talks[i]);
		SSL_SESSION_free(s->talks[i].session);
	}
	SSL_CTX_free(s->ctx);
	close(s->epoll);
	free(s);
}
