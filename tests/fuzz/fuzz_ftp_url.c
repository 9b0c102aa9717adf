/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../examples/clients/ftp_get_url.h"

/* A URL: nothing of it may end a command. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check_text(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text = malloc(n + 1);
	struct ftp_url u;

	if (text == NULL)
		return 0;
	if (n > 0)
		memcpy(text, data, n);
	text[n] = '\0';
	if (ftp_url_parse(&u, text) == NULL) {
		check_text(u.host);
		check_text(u.port);
		check_text(u.user);
		check_text(u.path);
		if (u.host[0] == '\0' || (u.path[0] == '\0' && !u.folder))
			abort();
	}
	free(text);
	return 0;
}
