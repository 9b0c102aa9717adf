/* SPDX-License-Identifier: MIT */
#ifndef FLOW_FRAMES_H
#define FLOW_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scramble.h"

/* What goes over the wire between two ends of the layer, and where each is. */

#define FRAME_HEAD 3 /* kind, number */
/* Odd, so that frames and the caller's blocks never end together. */
#define FRAME_BODY 997

enum {
	FRAME_HELLO = 'H',
	FRAME_DATA = 'D', /* number bytes follow */
	FRAME_ACK = 'A',  /* number bytes were read */
	FRAME_END = 'E'
};

struct scramble {
	_Atomic bool inside;
	bool hello_said, hello_heard, end_said, end_heard, was_shut, cut;
	int broken; /* the error of a read below, for either direction */

	unsigned char out[FRAME_BODY + 5 * FRAME_HEAD];
	size_t out_begin, out_end;
	uint64_t out_at;
	size_t flight; /* bytes of a write that are in out */
	unsigned flight_sum;
	size_t unacked; /* written, and not acknowledged by the peer */

	unsigned char in[512];
	size_t in_begin, in_end;
	uint64_t in_at;
	unsigned char head[FRAME_HEAD];
	size_t head_have, body_left;
	unsigned char plain[SCRAMBLE_WINDOW];
	size_t plain_begin, plain_end;
	size_t taken;   /* by the caller, and no acknowledgement put in out */
	size_t in_acks; /* of acknowledgements that are in out */
	size_t owed;    /* what the peer has not been told yet */
};

/* Into out, made unlike itself. */
void frames_put(struct scramble *s, const void *bytes, size_t n);
void frames_put_head(struct scramble *s, unsigned char kind, size_t number);

/* 0: out is empty. */
int frames_flush(struct scramble *s, struct sock_below *below);

/* From in to plain, as far as there is room. */
int frames_take(struct scramble *s);

/* 1: something came; 0: nothing ever will; -EAGAIN; an error. */
int frames_fill(struct scramble *s, struct sock_below *below);

#endif
