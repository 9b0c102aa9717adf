/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../examples/clients/fetch_url.h"

/* Where a Location leads: nothing of it may end a line of a request. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check(int good)
{
	if (!good)
		abort();
}

static void
check_url(const struct url *u)
{
	char text[URL_TEXT_MAX];
	struct url again;
	size_t i;

	check(u->port > 0 && u->port <= 65535 && u->host[0] != '\0');
	check(u->target[0] == '/');
	for (i = 0; u->host[i] != '\0'; i++)
		check(u->host[i] > 0x20 && u->host[i] < 0x7f);
	for (i = 0; u->target[i] != '\0'; i++)
		check(u->target[i] > 0x20 && u->target[i] < 0x7f);
	url_text(u, text);
	check(url_parse(&again, text) == NULL && url_same_server(u, &again));
	check(strcmp(u->target, again.target) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text = malloc(n + 1);
	struct url base, u;

	if (text == NULL)
		return 0;
	if (n > 0)
		memcpy(text, data, n);
	text[n] = '\0';
	if (url_parse(&u, text) == NULL)
		check_url(&u);
	check(url_parse(&base, "http://[fe80::1%25lo]:8080/b/c/d;p?q") == NULL);
	if (url_follow(&u, &base, text) == NULL)
		check_url(&u);
	check(url_parse(&base, "https://example.org/b/c/d;p?q") == NULL);
	if (url_follow(&u, &base, text) == NULL)
		check_url(&u);
	free(text);
	return 0;
}
