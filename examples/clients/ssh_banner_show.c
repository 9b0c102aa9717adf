/* SPDX-License-Identifier: MIT */
#include "ssh_banner_show.h"

#include <stdio.h>
#include <string.h>

static const struct heading {
	const char *text, *key;
} headings[SSH_LISTS] = {
	{ "key exchange", "kex" },
	{ "host keys", "host_keys" },
	{ "ciphers", "ciphers_in" },
	{ "ciphers out", "ciphers_out" },
	{ "macs", "macs_in" },
	{ "macs out", "macs_out" },
	{ "compression", "compression_in" },
	{ "compression out", "compression_out" },
	{ "languages", "languages_in" },
	{ "languages out", "languages_out" },
};

/*
 * Names with this in it are weak: RFC 8758, 9142, 8332 and what is known of
 * short blocks.  The first that fits counts.
 */
static const struct weakness {
	int first, last; /* of the lists */
	const char *part, *why;
} weaknesses[] = {
	{ SSH_KEX, SSH_KEX, "group1-", "a group of 1024 bits, SHA-1" },
	{ SSH_KEX, SSH_KEX, "rsa1024", "a key of 1024 bits" },
	{ SSH_KEX, SSH_HOST_KEYS, "sha1", "SHA-1" },
	{ SSH_HOST_KEYS, SSH_HOST_KEYS, "ssh-dss", "a key of 1024 bits" },
	{ SSH_CIPHERS_IN, SSH_CIPHERS_OUT, "arcfour", "RC4" },
	{ SSH_CIPHERS_IN, SSH_CIPHERS_OUT, "3des", "blocks of 64 bits" },
	{ SSH_CIPHERS_IN, SSH_CIPHERS_OUT, "blowfish", "blocks of 64 bits" },
	{ SSH_CIPHERS_IN, SSH_CIPHERS_OUT, "cast128", "blocks of 64 bits" },
	{ SSH_CIPHERS_IN, SSH_CIPHERS_OUT, "idea", "blocks of 64 bits" },
	{ SSH_CIPHERS_IN, SSH_CIPHERS_OUT, "des-", "a key of 56 bits" },
	{ SSH_CIPHERS_IN, SSH_CIPHERS_OUT, "-cbc", "CBC" },
	{ SSH_MACS_IN, SSH_MACS_OUT, "md5", "MD5" },
	{ SSH_MACS_IN, SSH_MACS_OUT, "-96", "96 bits" },
	{ SSH_MACS_IN, SSH_MACS_OUT, "sha1", "SHA-1" },
	{ SSH_MACS_IN, SSH_MACS_OUT, "umac-64", "64 bits" },
};

static bool
is(struct ssh_text t, const char *word)
{
	return t.n == strlen(word) && memcmp(t.at, word, t.n) == 0;
}

static bool
holds(struct ssh_text t, const char *part)
{
	const size_t n = strlen(part);

	for (; t.n >= n; t.at++, t.n--)
		if (memcmp(t.at, part, n) == 0)
			return true;
	return false;
}

static bool
has_name(struct ssh_text list, const char *word)
{
	struct ssh_text name;

	while (ssh_next_name(&list, &name))
		if (is(name, word))
			return true;
	return false;
}

/* Why, or NULL. */
static const char *
weakness(const struct server *s, int list, struct ssh_text name)
{
	const struct weakness *w;

	for (w = weaknesses;
	     w < weaknesses + sizeof weaknesses / sizeof weaknesses[0]; w++)
		if (list >= w->first && list <= w->last && holds(name, w->part))
			return w->why;
	if (list == SSH_HOST_KEYS &&
	    (is(name, "ssh-rsa") || is(name, "ssh-rsa-cert-v01@openssh.com")))
		return "SHA-1";
	if (list >= SSH_CIPHERS_IN && list <= SSH_MACS_OUT && is(name, "none"))
		return "none at all";
	/* CVE-2023-48795: the first packets can be cut out of the stream. */
	if (list >= SSH_CIPHERS_IN && list <= SSH_CIPHERS_OUT &&
	    holds(name, "chacha20-poly1305") &&
	    !has_name(s->offer.lists[SSH_KEX], "kex-strict-s-v00@openssh.com"))
		return "no strict key exchange";
	return NULL;
}

/* What both directions have alike is shown once. */
static bool
is_repeat(const struct server *s, int list)
{
	const struct ssh_text *l = s->offer.lists;

	return list > SSH_CIPHERS_IN && list % 2 != 0 &&
	    l[list].n == l[list - 1].n &&
	    memcmp(l[list].at, l[list - 1].at, l[list].n) == 0;
}

void
show_text(const struct server *s)
{
	struct ssh_text list, name;
	const char *heading, *why;
	int i;

	printf("%-17s%s\n", "address", s->address);
	printf("%-17s%s\n", "server", s->identity);
	for (i = 0; i < SSH_LISTS; i++) {
		if (is_repeat(s, i))
			continue;
		heading = headings[i].text;
		list = s->offer.lists[i];
		for (; ssh_next_name(&list, &name); heading = "") {
			why = weakness(s, i, name);
			printf("%-17s%.*s", heading, (int)name.n, name.at);
			if (why != NULL)
				printf("%*sweak: %s",
				    name.n < 38 ? 40 - (int)name.n : 2, "",
				    why);
			putchar('\n');
		}
	}
}

static void
put_json(struct ssh_text t)
{
	putchar('"');
	for (; t.n > 0; t.at++, t.n--)
		if (*t.at < 0x20 || *t.at > 0x7e)
			printf("\\u%04x", (unsigned char)*t.at);
		else if (*t.at == '"' || *t.at == '\\')
			printf("\\%c", *t.at);
		else
			putchar(*t.at);
	putchar('"');
}

static void
put_json_word(const char *word)
{
	put_json((struct ssh_text){ word, strlen(word) });
}

static void
put_json_list(const struct server *s, int i)
{
	struct ssh_text list = s->offer.lists[i], name;
	const char *comma = "", *why;

	printf(",\n\"%s\": [", headings[i].key);
	for (; ssh_next_name(&list, &name); comma = ",") {
		why = weakness(s, i, name);
		printf("%s\n {\"name\": ", comma);
		put_json(name);
		fputs(", \"weak\": ", stdout);
		if (why == NULL)
			fputs("null", stdout);
		else
			put_json_word(why);
		putchar('}');
	}
	putchar(']');
}

void
show_json(const struct server *s)
{
	int i;

	fputs("{\"address\": ", stdout);
	put_json_word(s->address);
	fputs(",\n\"server\": ", stdout);
	put_json_word(s->identity);
	for (i = 0; i < SSH_LISTS; i++)
		put_json_list(s, i);
	puts("}");
}

int
show_weak(const struct server *s)
{
	struct ssh_text list, name;
	int i, weak = 0;

	for (i = 0; i < SSH_LISTS; i++) {
		list = s->offer.lists[i];
		while (ssh_next_name(&list, &name))
			weak += weakness(s, i, name) != NULL;
	}
	return weak;
}
