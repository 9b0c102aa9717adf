/* SPDX-License-Identifier: MIT */
#include "dns_query_question.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define CLASS_IN 1
#define LABEL_MAX 63

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A byte of a label, moved behind; -1: none. */
static int
read_byte(const char **at)
{
	const char *c = *at;
	int byte;

	if (*c <= 0x20 || *c >= 0x7f)
		return -1;
	*at += 1;
	if (*c != '\\')
		return *c;
	if (!is_digit(c[1])) {
		*at += c[1] != '\0';
		return c[1] > 0x20 && c[1] < 0x7f ? c[1] : -1;
	}
	if (!is_digit(c[2]) || !is_digit(c[3]))
		return -1;
	byte = 100 * (c[1] - '0') + 10 * (c[2] - '0') + c[3] - '0';
	*at += 3;
	return byte <= 255 ? byte : -1;
}

static const char *
write_name(const char *name, uint8_t *out, size_t *n)
{
	size_t label = 0, at = 1;
	int byte;

	if (strcmp(name, ".") == 0)
		name = "";
	while (*name != '\0') {
		if (*name != '.') {
			byte = read_byte(&name);
			if (byte < 0)
				return "a name is of printable ASCII, or \\DDD";
			if (at - label > LABEL_MAX)
				return "a label has 63 bytes at most";
			if (at + 1 >= DNS_NAME_MAX)
				return "a name has 255 bytes at most";
			out[at++] = (uint8_t)byte;
		}
		if (*name == '.' || *name == '\0') {
			if (at - label == 1)
				return "a label is empty";
			out[label] = (uint8_t)(at - label - 1);
			label = at++;
			name += *name == '.';
		}
	}
	out[label] = 0;
	*n = label + 1;
	return NULL;
}

static uint8_t *
put16(uint8_t *at, unsigned value)
{
	*at++ = (uint8_t)(value >> 8);
	*at++ = (uint8_t)value;
	return at;
}

const char *
dns_question(const char *name, unsigned type, unsigned id,
    uint8_t out[DNS_QUESTION_MAX], size_t *n)
{
	uint8_t *at = put16(out, id);
	const char *wrong;
	size_t length;

	at = put16(at, DNS_FLAG_RECURSION_DESIRED);
	at = put16(at, 1); /* one question, and no records */
	memset(at, 0, 6);
	at += 6;
	wrong = *name == '\0' ? "no name" : write_name(name, at, &length);
	if (wrong != NULL)
		return wrong;
	at = put16(at + length, type);
	at = put16(at, CLASS_IN);
	*n = (size_t)(at - out);
	return NULL;
}

bool
dns_reverse_name(const char *ip, char out[DNS_NAME_TEXT_MAX])
{
	uint8_t bytes[16];
	size_t n = 0;
	int i;

	if (inet_pton(AF_INET, ip, bytes) == 1) {
		snprintf(out, DNS_NAME_TEXT_MAX, "%d.%d.%d.%d.in-addr.arpa.",
		    bytes[3], bytes[2], bytes[1], bytes[0]);
		return true;
	}
	if (inet_pton(AF_INET6, ip, bytes) != 1)
		return false;
	for (i = 15; i >= 0; i--)
		n += (size_t)snprintf(out + n, DNS_NAME_TEXT_MAX - n, "%x.%x.",
		    bytes[i] & 15, bytes[i] >> 4);
	snprintf(out + n, DNS_NAME_TEXT_MAX - n, "ip6.arpa.");
	return true;
}
