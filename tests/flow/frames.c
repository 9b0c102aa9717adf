/* SPDX-License-Identifier: MIT */
#include "frames.h"

#include <errno.h>
#include <string.h>

/* Never 0: no byte stays as it is. */
static unsigned char
key(uint64_t at)
{
	return (unsigned char)((at * UINT64_C(0x9e3779b97f4a7c15) >> 56) | 1);
}

void
frames_put(struct scramble *s, const void *bytes, size_t n)
{
	const unsigned char *from = bytes;

	while (n-- > 0)
		s->out[s->out_end++] = *from++ ^ key(s->out_at++);
}

void
frames_put_head(struct scramble *s, unsigned char kind, size_t number)
{
	const unsigned char head[FRAME_HEAD] = { kind,
		(unsigned char)(number >> 8), (unsigned char)number };

	frames_put(s, head, sizeof head);
}

int
frames_flush(struct scramble *s, struct sock_below *below)
{
	while (s->out_begin < s->out_end) {
		const ssize_t n = sock_below_write(below, s->out + s->out_begin,
		    s->out_end - s->out_begin);

		if (n < 0)
			return (int)n;
		s->out_begin += (size_t)n;
	}
	s->out_begin = s->out_end = 0;
	s->owed -= s->in_acks;
	s->in_acks = 0;
	return 0;
}

static int
frame(struct scramble *s)
{
	const size_t number = (size_t)s->head[1] << 8 | s->head[2];

	switch (s->head[0]) {
	case FRAME_HELLO:
		if (s->hello_heard)
			return -EPROTO;
		s->hello_heard = true;
		return 0;
	case FRAME_DATA:
		s->body_left = number;
		s->owed += number;
		return !s->hello_heard || s->end_heard || number > FRAME_BODY ?
		    -EPROTO :
		    0;
	case FRAME_ACK:
		if (number > s->unacked)
			return -EPROTO;
		s->unacked -= number;
		return 0;
	case FRAME_END:
		s->end_heard = true;
		return 0;
	default:
		return -EPROTO;
	}
}

int
frames_take(struct scramble *s)
{
	int rc = 0;

	if (s->plain_begin > 0) {
		s->plain_end -= s->plain_begin;
		memmove(s->plain, s->plain + s->plain_begin, s->plain_end);
		s->plain_begin = 0;
	}
	while (s->in_begin < s->in_end && rc == 0) {
		unsigned char byte;

		if (s->body_left > 0 && s->plain_end == sizeof s->plain)
			break;
		byte = s->in[s->in_begin++] ^ key(s->in_at++);
		if (s->body_left > 0) {
			s->plain[s->plain_end++] = byte;
			s->body_left--;
			continue;
		}
		s->head[s->head_have++] = byte;
		if (s->head_have == FRAME_HEAD) {
			s->head_have = 0;
			rc = frame(s);
		}
	}
	return rc;
}

int
frames_fill(struct scramble *s, struct sock_below *below)
{
	ssize_t n;

	if (s->broken < 0 || s->cut)
		return s->broken;
	if (s->in_begin < s->in_end)
		return s->broken = -EPROTO; /* more than the window */
	n = sock_below_read(below, s->in, sizeof s->in);
	if (n == -EAGAIN)
		return -EAGAIN;
	if (n <= 0) {
		s->cut = n == 0;
		return s->broken = (int)n;
	}
	s->in_begin = 0;
	s->in_end = (size_t)n;
	s->broken = frames_take(s);
	return s->broken < 0 ? s->broken : 1;
}
