/* SPDX-License-Identifier: MIT */

/*
 * The limit of TLS: one thread, edge-triggered epoll, OpenSSL on the sockets.
 * tls_epoll PORT CERT KEY echo|discard|source
 */
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "passive.h"

#define EVENTS 256
#define PIECE 16384

struct connection {
	SSL *ssl;
	int fd;
	bool stands;
};

static unsigned char buf[PIECE];
static char work;

static void
drop(struct connection *c)
{
	SSL_set_shutdown(c->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(c->ssl);
	close(c->fd);
	free(c);
}

/* True: it goes on. */
static bool
went(struct connection *c, int rc)
{
	int why;

	if (rc > 0)
		return true;
	why = SSL_get_error(c->ssl, rc);
	if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
		ERR_clear_error();
		drop(c);
	}
	return false;
}

static void
step(struct connection *c)
{
	int n;

	if (!c->stands) {
		if (!went(c, SSL_do_handshake(c->ssl)))
			return;
		c->stands = true;
	}
	do {
		if (work == 's') {
			n = SSL_write(c->ssl, buf, PIECE);
		} else {
			n = SSL_read(c->ssl, buf, PIECE);
			/* A client that asks takes its answers. */
			if (n > 0 && work == 'e')
				n = SSL_write(c->ssl, buf, n);
		}
	} while (went(c, n));
}

static void
watch(int ep, int fd, struct connection *c)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLRDHUP | EPOLLET,
		.data.ptr = c };

	if (c != NULL)
		e.events |= EPOLLOUT;
	if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e) < 0)
		exit(1);
}

static void
welcome(int ep, int listener, SSL_CTX *ctx)
{
	int fd;

	while ((fd = accept4(listener, NULL, NULL,
		    SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct connection *c = calloc(1, sizeof *c);

		if (c == NULL || (c->ssl = SSL_new(ctx)) == NULL ||
		    SSL_set_fd(c->ssl, fd) != 1)
			exit(1);
		c->fd = fd;
		no_delay(fd);
		SSL_set_accept_state(c->ssl);
		watch(ep, fd, c);
	}
}

static SSL_CTX *
context(const char *cert, const char *key)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (ctx == NULL || SSL_CTX_use_certificate_chain_file(ctx, cert) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1) {
		ERR_print_errors_fp(stderr);
		exit(1);
	}
	(void)SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"b",
	    1);
	SSL_CTX_set_mode(ctx,
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
		SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_RELEASE_BUFFERS);
	return ctx;
}

int
main(int argc, char **argv)
{
	struct epoll_event events[EVENTS];
	SSL_CTX *ctx;
	int listener, ep, n, i;

	if (argc < 5)
		return 2;
	(void)signal(SIGPIPE, SIG_IGN);
	work = argv[4][0];
	ctx = context(argv[2], argv[3]);
	listener = passive(argv[1]);
	(void)fcntl(listener, F_SETFL, O_NONBLOCK);
	ep = epoll_create1(EPOLL_CLOEXEC);
	watch(ep, listener, NULL);
	for (;;) {
		n = epoll_wait(ep, events, EVENTS, -1);
		for (i = 0; i < n; i++)
			if (events[i].data.ptr == NULL)
				welcome(ep, listener, ctx);
			else
				step(events[i].data.ptr);
	}
}
