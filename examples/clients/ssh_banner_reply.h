/* SPDX-License-Identifier: MIT */
#ifndef SSH_BANNER_REPLY_H
#define SSH_BANNER_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A reader of what an SSH server says before keys are agreed on (RFC 4253): a
 * line, and packets.  No I/O; every length is checked before it is used.
 */

#define SSH_IDENTITY_MAX 255 /* with CR LF, RFC 4253, 4.2 */
#define SSH_HEAD 4           /* of a packet: its length */
#define SSH_PACKET_MAX 35000 /* with its head, RFC 4253, 6.1 */

enum {
	SSH_DISCONNECT = 1,
	SSH_IGNORE = 2,
	SSH_UNIMPLEMENTED = 3,
	SSH_DEBUG = 4,
	SSH_KEXINIT = 20
};

/* A part of what was given: not terminated. */
struct ssh_text {
	const char *at;
	size_t n;
};

/* The lists of a SSH_KEXINIT, in its order (RFC 4253, 7.1). */
enum ssh_list {
	SSH_KEX,
	SSH_HOST_KEYS,
	SSH_CIPHERS_IN, /* from the client to the server */
	SSH_CIPHERS_OUT,
	SSH_MACS_IN,
	SSH_MACS_OUT,
	SSH_COMPRESSION_IN,
	SSH_COMPRESSION_OUT,
	SSH_LANGUAGES_IN,
	SSH_LANGUAGES_OUT,
	SSH_LISTS
};

struct ssh_offer {
	struct ssh_text lists[SSH_LISTS]; /* "a,b,c" */
};

/* Whether it is the line that others may come before. */
bool ssh_is_identity(const char *line, size_t n);

/*
 * "SSH-2.0-OpenSSH_9.2p1 Debian-2" without its line end: NULL, or what is
 * wrong with it.
 */
const char *ssh_check_identity(const char *line, size_t n);

/* The bytes of a packet behind its head.  -1: no packet is so long. */
int ssh_packet_length(const uint8_t head[SSH_HEAD]);

/* These bytes: what they carry, or NULL: the padding is wrong. */
const uint8_t *ssh_payload(const uint8_t *rest, size_t n, size_t *length);

/* NULL, or what is wrong. */
const char *
ssh_read_kexinit(struct ssh_offer *o, const uint8_t *payload, size_t n);

/* Why the server leaves; false: it is malformed. */
bool
ssh_read_disconnect(struct ssh_text *why, const uint8_t *payload, size_t n);

/* Takes a name from the front of a list.  False: there is none left. */
bool ssh_next_name(struct ssh_text *list, struct ssh_text *name);

#endif
