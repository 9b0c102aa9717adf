/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_TLS_BELOW_H
#define SOCKI_TLS_BELOW_H

#include <openssl/bio.h>
#include <sock/layer.h>

/*
 * What OpenSSL reads from and writes to: the stream below the layer.  What the
 * stream does not take at once waits here, so that to OpenSSL every record is
 * sent whole: with a record half sent it could not answer a KeyUpdate (RFC
 * 8446, 4.6.3).
 */
struct socki_tls_below {
	struct sock_below *stream; /* while a call of the layer's lasts */
	int error;                 /* what it said in this call; -EAGAIN too */
	bool at_end;
	bool answers; /* what is written was not asked for by a writer */
	size_t bound; /* bytes that are still read: then SOCK_ETOOBIG */

	/*
	 * OpenSSL reads ahead.  Records are counted as they pass, to tell one
	 * that is there from a part: heads when they are complete, and bodies.
	 */
	unsigned char head[5];
	unsigned char head_length;
	uint16_t body_left;
	uint64_t whole; /* records that OpenSSL has been given */
	uint64_t begun; /* of which it has looked at the head */

	/* The first bytes that came, for who does not speak TLS. */
	unsigned char first[24];
	unsigned char first_length;

	unsigned char *out;
	size_t out_begin, out_end, out_capacity;
};

/* NULL: no memory. */
BIO *socki_tls_below_new(struct socki_tls_below *below);
/* For SSL_set_msg_callback(), with the struct as its argument. */
void socki_tls_below_message(int sent, int version, int type, const void *bytes,
    size_t n, SSL *ssl, void *below);

/* Sends what waits.  0; -EAGAIN; an error. */
int socki_tls_below_flush(struct socki_tls_below *below);
static inline bool
socki_tls_below_waits(const struct socki_tls_below *below)
{
	return below->out_begin < below->out_end;
}

/* Whether a whole record is there that OpenSSL has not looked at. */
static inline bool
socki_tls_below_has_record(const struct socki_tls_below *below)
{
	return below->whole > below->begun;
}

/* Whether the first bytes cannot be TLS: a handshake, an alert, version 3.x. */
bool socki_tls_below_is_plain(const struct socki_tls_below *below);

/* Once more than these wait, nothing is read that would be answered. */
#define SOCKI_TLS_OUT_MAX ((size_t)64 << 10)

void socki_tls_below_free(struct socki_tls_below *below);

#endif
