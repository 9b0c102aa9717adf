/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <string.h>

#include "tls/below.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static BIO_METHOD *method;

/* Follows the records: RFC 8446, 5.1. */
static void
follow(struct socki_tls_below *b, const unsigned char *bytes, size_t n)
{
	if (b->whole == 0 && b->first_length < sizeof b->first) {
		const size_t room = sizeof b->first - b->first_length;
		const size_t some = n < room ? n : room;

		memcpy(b->first + b->first_length, bytes, some);
		b->first_length += (unsigned char)some;
	}
	while (n > 0) {
		size_t some;

		if (b->head_length < sizeof b->head) {
			b->head[b->head_length++] = *bytes++;
			n--;
			if (b->head_length < sizeof b->head)
				continue;
			b->body_left = (uint16_t)(b->head[3] << 8 | b->head[4]);
		}
		some = n < b->body_left ? n : b->body_left;
		bytes += some;
		n -= some;
		b->body_left -= (uint16_t)some;
		if (b->body_left == 0) {
			b->head_length = 0;
			b->whole++;
		}
	}
}

static int
take(BIO *bio, char *buf, size_t n, size_t *got)
{
	struct socki_tls_below *b = BIO_get_data(bio);
	ssize_t rc = SOCK_ETOOBIG;

	*got = 0;
	BIO_clear_retry_flags(bio);
	if (b->bound > 0)
		rc = sock_below_read(b->stream, buf,
		    n < b->bound ? n : b->bound);
	if (rc > 0) {
		*got = (size_t)rc;
		if (b->bound != SIZE_MAX)
			b->bound -= *got;
		follow(b, (const unsigned char *)buf, *got);
		return 1;
	}
	if (rc == 0) {
		b->at_end = true;
		return 0;
	}
	b->error = (int)rc;
	if (rc == -EAGAIN)
		BIO_set_retry_read(bio);
	return -1;
}

static int
keep(struct socki_tls_below *b, const char *bytes, size_t n)
{
	const size_t has = b->out_end - b->out_begin;

	if (has > 0 && b->out_begin > 0)
		memmove(b->out, b->out + b->out_begin, has);
	b->out_begin = 0;
	b->out_end = has;
	if (b->out_capacity < has + n) {
		unsigned char *larger =
		    OPENSSL_clear_realloc(b->out, b->out_capacity, has + n);

		if (larger == NULL)
			return -ENOMEM;
		b->out = larger;
		b->out_capacity = has + n;
	}
	memcpy(b->out + has, bytes, n);
	b->out_end = has + n;
	return 0;
}

int
socki_tls_below_flush(struct socki_tls_below *b)
{
	while (b->out_begin < b->out_end) {
		const ssize_t put = sock_below_write(b->stream,
		    b->out + b->out_begin, b->out_end - b->out_begin);

		if (put < 0)
			return (int)put;
		b->out_begin += (size_t)put;
	}
	OPENSSL_free(b->out);
	b->out = NULL;
	b->out_begin = b->out_end = b->out_capacity = 0;
	return 0;
}

static bool
is_of_the_moment(ssize_t rc)
{
	return rc == -EAGAIN || rc == -ENOMEM || rc == -ENOBUFS;
}

static int
give(BIO *bio, const char *bytes, size_t n, size_t *put)
{
	struct socki_tls_below *b = BIO_get_data(bio);
	ssize_t rc = 0;

	*put = 0;
	BIO_clear_retry_flags(bio);
	if (b->out_end - b->out_begin > SOCKI_TLS_OUT_MAX) {
		b->error = -EAGAIN;
		BIO_set_retry_write(bio);
		return -1;
	}
	while (*put < n && !socki_tls_below_waits(b) && rc >= 0) {
		rc = sock_below_write(b->stream, bytes + *put, n - *put);
		if (rc > 0)
			*put += (size_t)rc;
	}
	if (rc >= 0 || is_of_the_moment(rc))
		rc = *put < n ? keep(b, bytes + *put, n - *put) : 0;
	/* Who reads on has nobody to answer: that is the writer's to learn. */
	else if (b->answers)
		rc = 0;
	if (rc < 0) {
		b->error = (int)rc;
		/* What went already is not to go again. */
		return *put > 0 ? 1 : -1;
	}
	*put = n;
	return 1;
}

static long
control(BIO *bio, int what, long number, void *pointer)
{
	const struct socki_tls_below *b = BIO_get_data(bio);

	(void)number;
	(void)pointer;
	switch (what) {
	case BIO_CTRL_FLUSH:
		return 1;
	case BIO_CTRL_EOF:
		return b->at_end;
	default:
		return 0;
	}
}

/* It lives as long as the process. */
static void
make_method(void)
{
	method =
	    BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "libsock");
	if (method != NULL &&
	    (!BIO_meth_set_read_ex(method, take) ||
		!BIO_meth_set_write_ex(method, give) ||
		!BIO_meth_set_ctrl(method, control))) {
		BIO_meth_free(method);
		method = NULL;
	}
}

BIO *
socki_tls_below_new(struct socki_tls_below *below)
{
	BIO *bio;

	(void)pthread_once(&once, make_method);
	bio = method != NULL ? BIO_new(method) : NULL;
	if (bio != NULL) {
		BIO_set_data(bio, below);
		BIO_set_init(bio, 1);
	}
	return bio;
}

void
socki_tls_below_message(int sent, int version, int type, const void *bytes,
    size_t n, SSL *ssl, void *below)
{
	struct socki_tls_below *b = below;

	(void)version;
	(void)bytes;
	(void)n;
	(void)ssl;
	if (!sent && type == SSL3_RT_HEADER)
		b->begun++;
}

bool
socki_tls_below_is_plain(const struct socki_tls_below *below)
{
	return below->first_length > 0 &&
	    ((below->first[0] != SSL3_RT_HANDSHAKE &&
		 below->first[0] != SSL3_RT_ALERT) ||
		(below->first_length > 1 && below->first[1] != 3));
}

void
socki_tls_below_free(struct socki_tls_below *below)
{
	OPENSSL_free(below->out);
}
