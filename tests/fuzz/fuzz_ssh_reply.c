/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../examples/clients/ssh_banner_reply.h"

/* What an SSH server may say: a line, and packets. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check(int good)
{
	if (!good)
		abort();
}

static void
check_offer(const struct ssh_offer *o)
{
	struct ssh_text list, name;
	size_t i, names;
	int l;

	for (l = 0; l < SSH_LISTS; l++) {
		list = o->lists[l];
		names = 0;
		while (ssh_next_name(&list, &name)) {
			check(name.n >= 1 && name.n <= 64);
			for (i = 0; i < name.n; i++)
				check(name.at[i] > 0x20 && name.at[i] < 0x7f &&
				    name.at[i] != ',');
			names++;
		}
		check((names == 0) == (o->lists[l].n == 0));
	}
}

/* A packet behind its head. */
static void
read_packet(const uint8_t *rest, size_t n)
{
	const uint8_t *payload;
	struct ssh_offer offer;
	struct ssh_text why;
	size_t length;

	payload = ssh_payload(rest, n, &length);
	if (payload == NULL)
		return;
	check(length > 0 && payload > rest && payload + length < rest + n);
	if (ssh_read_kexinit(&offer, payload, length) == NULL)
		check_offer(&offer);
	if (ssh_read_disconnect(&why, payload, length))
		check(why.n < length);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const uint8_t *lf = n > 0 ? memchr(data, '\n', n) : NULL;
	uint8_t *exact;
	int length;

	if (lf == NULL)
		return 0;
	if (ssh_check_identity((const char *)data, (size_t)(lf - data)) == NULL)
		check(ssh_is_identity((const char *)data, n));
	n -= (size_t)(lf + 1 - data);
	data = lf + 1;
	while (n >= SSH_HEAD) {
		length = ssh_packet_length(data);
		if (length < 0 || (size_t)length > n - SSH_HEAD)
			break;
		check(length >= 12 && length <= SSH_PACKET_MAX - SSH_HEAD);
		exact = malloc((size_t)length);
		check(exact != NULL);
		memcpy(exact, data + SSH_HEAD, (size_t)length);
		read_packet(exact, (size_t)length);
		free(exact);
		data += SSH_HEAD + length;
		n -= SSH_HEAD + (size_t)length;
	}
	return 0;
}
