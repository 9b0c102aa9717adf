/* SPDX-License-Identifier: MIT */
#include "dns_query_ask.h"

#include <stdio.h>
#include <string.h>

#include "dns_query_question.h"
#include "dns_query_server.h"

static sock_t
dial(const char *scheme, const struct exchange *e)
{
	char address[SERVER_MAX + 8];

	snprintf(address, sizeof address, "%s:%s", scheme, e->server);
	return sock_dial(address, .deadline = e->deadline);
}

/* A dialed socket hears nobody but its peer; the rest is dns_is_reply()'s. */
static ssize_t
ask_udp(const struct exchange *e, uint8_t *answer)
{
	const sock_t s = dial("udp", e);
	const ssize_t n = sock_exchange(s, e->question, e->length, answer,
	    DNS_MESSAGE_MAX, dns_is_reply, e->deadline);

	sock_close(s);
	return n;
}

/* RFC 1035, 4.2.2: a length of two bytes before each message. */
static ssize_t
ask_tcp(const struct exchange *e, uint8_t *answer)
{
	uint8_t framed[2 + DNS_QUESTION_MAX], length[2];
	const sock_t s = dial("tcp", e);
	ssize_t n;

	framed[0] = (uint8_t)(e->length >> 8);
	framed[1] = (uint8_t)e->length;
	memcpy(framed + 2, e->question, e->length);
	n = sock_write(s, framed, 2 + e->length, e->deadline);
	if (n == 0)
		n = sock_read_full(s, length, sizeof length, e->deadline);
	if (n > 0)
		n = sock_read_full(s, answer,
		    (size_t)length[0] << 8 | length[1], e->deadline);
	sock_close(s);
	return n;
}

ssize_t
ask(struct exchange *e, uint8_t answer[DNS_MESSAGE_MAX])
{
	struct dns_message m;
	ssize_t n;

	if (!e->tcp) {
		n = ask_udp(e, answer);
		if (n < 0 ||
		    (dns_open(&m, answer, (size_t)n) &&
			!(m.flags & DNS_FLAG_TRUNCATED)))
			return n;
		e->tcp = true;
	}
	return ask_tcp(e, answer);
}
