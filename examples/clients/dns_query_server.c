/* SPDX-License-Identifier: MIT */
#include "dns_query_server.h"

#include <stdio.h>
#include <string.h>

#define PORT "53"

bool
server_add(struct servers *s, const char *text)
{
	const char *colon = strchr(text, ':');
	const bool bracket = text[0] == '[';
	const bool bare6 =
	    !bracket && colon != NULL && strchr(colon + 1, ':') != NULL;
	const bool port =
	    bracket ? strstr(text, "]:") != NULL : colon != NULL && !bare6;
	int n;

	if (s->count == SERVERS_MAX)
		return true;
	n = snprintf(s->host[s->count], SERVER_MAX, "%s%s%s%s",
	    bare6 ? "[" : "", text, bare6 ? "]" : "", port ? "" : ":" PORT);
	if (n < 0 || n >= SERVER_MAX)
		return false;
	s->count++;
	return true;
}

void
servers_configured(struct servers *s, const char *path)
{
	FILE *f = fopen(path, "re");
	char line[512], host[256];

	while (f != NULL && fgets(line, sizeof line, f) != NULL)
		if (sscanf(line, "nameserver %255s", host) == 1)
			(void)server_add(s, host);
	if (f != NULL)
		fclose(f);
	if (s->count == 0)
		(void)server_add(s, "127.0.0.1");
}
