/* SPDX-License-Identifier: MIT */
#include "ssh_banner_reply.h"

#include <string.h>

#define COOKIE 16
#define LETTERS_MAX 64 /* RFC 4251, 6 */
#define PADDING_MIN 4
#define PACKET_MIN 16

bool
ssh_is_identity(const char *line, size_t n)
{
	return n >= 4 && memcmp(line, "SSH-", 4) == 0;
}

const char *
ssh_check_identity(const char *line, size_t n)
{
	size_t i;

	if (n + 2 > SSH_IDENTITY_MAX)
		return "its identification is over 255 bytes";
	for (i = 0; i < n; i++)
		if (line[i] < 0x20 || line[i] > 0x7e)
			return "its identification is no printable ASCII";
	/* 1.99 is a server that could speak 1.x, too (RFC 4253, 5.1). */
	if (n < 9 ||
	    (memcmp(line, "SSH-2.0-", 8) != 0 &&
		(n < 10 || memcmp(line, "SSH-1.99-", 9) != 0)))
		return "it does not speak version 2 of SSH";
	return NULL;
}

static uint32_t
number(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	    (uint32_t)at[2] << 8 | at[3];
}

int
ssh_packet_length(const uint8_t head[SSH_HEAD])
{
	const uint32_t n = number(head);

	if (n < PACKET_MIN - SSH_HEAD || n > SSH_PACKET_MAX - SSH_HEAD ||
	    (n + SSH_HEAD) % 8 != 0)
		return -1;
	return (int)n;
}

const uint8_t *
ssh_payload(const uint8_t *rest, size_t n, size_t *length)
{
	/* A byte that says how much padding there is, and one of payload. */
	if (n < 2 || rest[0] < PADDING_MIN || rest[0] > n - 2)
		return NULL;
	*length = n - 1 - rest[0];
	return rest + 1;
}

struct bytes {
	const uint8_t *at;
	size_t n;
};

/* A length and as many bytes. */
static bool
take_text(struct bytes *b, struct ssh_text *out)
{
	uint32_t n;

	if (b->n < 4)
		return false;
	n = number(b->at);
	if (n > b->n - 4)
		return false;
	*out = (struct ssh_text){ (const char *)b->at + 4, n };
	b->at += 4 + n;
	b->n -= 4 + n;
	return true;
}

/* Names of 1 to 64 printable bytes, a comma between two (RFC 4251, 5). */
static bool
is_list(struct ssh_text list)
{
	size_t i, length = 0;

	for (i = 0; i < list.n; i++) {
		if (list.at[i] <= 0x20 || list.at[i] > 0x7e)
			return false;
		if (list.at[i] != ',')
			length++;
		else if (length == 0 || i + 1 == list.n)
			return false;
		else
			length = 0;
		if (length > LETTERS_MAX)
			return false;
	}
	return true;
}

const char *
ssh_read_kexinit(struct ssh_offer *o, const uint8_t *payload, size_t n)
{
	struct bytes b = { payload, n };
	int i;

	if (n < 1 + COOKIE || payload[0] != SSH_KEXINIT)
		return "it does not tell its algorithms";
	b.at += 1 + COOKIE;
	b.n -= 1 + COOKIE;
	for (i = 0; i < SSH_LISTS; i++) {
		if (!take_text(&b, &o->lists[i]))
			return "a list of algorithms is longer than its packet";
		if (!is_list(o->lists[i]))
			return "a list of algorithms is no list of names";
	}
	/* Whether a guess follows, and four bytes that nobody uses. */
	return b.n == 5 ? NULL : "the lists of algorithms end wrong";
}

bool
ssh_read_disconnect(struct ssh_text *why, const uint8_t *payload, size_t n)
{
	struct bytes b = { payload, n };

	if (n < 5 || payload[0] != SSH_DISCONNECT)
		return false;
	b.at += 5;
	b.n -= 5;
	return take_text(&b, why);
}

bool
ssh_next_name(struct ssh_text *list, struct ssh_text *name)
{
	const char *comma = memchr(list->at, ',', list->n);
	const size_t n = comma == NULL ? list->n : (size_t)(comma - list->at);

	if (list->n == 0)
		return false;
	*name = (struct ssh_text){ list->at, n };
	list->at += n + (comma != NULL);
	list->n -= n + (comma != NULL);
	return true;
}
