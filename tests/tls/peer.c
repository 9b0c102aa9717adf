/* SPDX-License-Identifier: MIT */
#include "peer.h"

#include <openssl/err.h>
#include <signal.h>
#include <sock/open.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "pki.h"

#define CALL_SECONDS 30

static void
must(int fine, const char *what)
{
	if (fine == 1)
		return;
	fprintf(stderr, "peer: %s\n", what);
	ERR_print_errors_fp(stderr);
	abort();
}

static void
make_context(struct peer *p)
{
	p->ctx =
	    SSL_CTX_new(p->server ? TLS_server_method() : TLS_client_method());
	must(p->ctx != NULL, "a context");
	SSL_CTX_set_security_level(p->ctx, 0);
	if (p->cert != NULL) {
		must(SSL_CTX_use_certificate_chain_file(p->ctx,
			 pki_path(p->cert, ".pem")),
		    p->cert);
		must(SSL_CTX_use_PrivateKey_file(p->ctx,
			 pki_path(p->cert, ".key"), SSL_FILETYPE_PEM),
		    p->cert);
	}
	if (p->trust != NULL) {
		must(SSL_CTX_load_verify_file(p->ctx,
			 pki_path(p->trust, ".pem")),
		    p->trust);
		SSL_CTX_set_verify(p->ctx,
		    SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	}
	if (p->prepare != NULL)
		p->prepare(p);
}

void
peer_goodbye(struct peer *p)
{
	char block[4096];

	(void)SSL_shutdown(p->ssl);
	while (SSL_read(p->ssl, block, sizeof block) > 0)
		continue;
	ERR_clear_error();
}

/* OpenSSL writes as write(2) does. */
static void
keep_sigpipe_out(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	(void)pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void *
run(void *arg)
{
	struct peer *p = arg;

	keep_sigpipe_out();
	if (p->server)
		SSL_set_accept_state(p->ssl);
	else
		SSL_set_connect_state(p->ssl);
	if (p->first != NULL)
		p->first(p);
	p->shook = SSL_do_handshake(p->ssl);
	p->error = SSL_get_error(p->ssl, p->shook);
	if (p->shook == 1)
		(p->talk != NULL ? p->talk : peer_goodbye)(p);
	SSL_free(p->ssl);
	(void)close(p->fd);
	ERR_clear_error();
	return NULL;
}

void
peer_begin_on(struct peer *p, int fd)
{
	const struct timeval bound = { CALL_SECONDS, 0 };

	make_context(p);
	p->fd = fd;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof bound);
	p->ssl = SSL_new(p->ctx);
	must(p->ssl != NULL && SSL_set_fd(p->ssl, fd), "a connection");
	must(pthread_create(&p->thread, NULL, run, p) == 0, "a thread");
}

sock_t
peer_begin(struct peer *p)
{
	int fd[2];
	sock_t s;

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == 0,
	    "a pair");
	peer_begin_on(p, fd[1]);
	s = sock_adopt(fd[0]);
	must(s > 0, "a handle");
	return s;
}

void
peer_end(struct peer *p)
{
	(void)pthread_join(p->thread, NULL);
	SSL_CTX_free(p->ctx);
}
