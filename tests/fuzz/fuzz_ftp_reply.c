/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../examples/clients/ftp_get_reply.h"

/* What an FTP server may say, line after line. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check(int good)
{
	if (!good)
		abort();
}

static void
check_text(const char *text)
{
	check(strlen(text) < FTP_LINE_MAX);
	check(ftp_epsv_port(text) <= 65535 && ftp_epsv_port(text) != 0);
	check(ftp_pasv_port(text) <= 65535 && ftp_pasv_port(text) != 0);
	check(ftp_number(text) >= -1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const uint8_t *end = data + n;
	struct ftp_reply r;

	ftp_reply_begin(&r);
	while (data < end) {
		const uint8_t *lf = memchr(data, '\n', (size_t)(end - data));
		const size_t length = (size_t)((lf != NULL ? lf : end) - data);
		/* Of its exact size, so that a read past the end shows. */
		char *line = malloc(length > 0 ? length : 1);

		check(line != NULL);
		memcpy(line, data, length);
		ftp_reply_take(&r, line, length);
		free(line);
		data += length + (lf != NULL);
		if (r.wrong == NULL && !r.whole)
			continue;
		if (r.wrong == NULL) {
			check(r.code >= 100 && r.code <= 599);
			check_text(r.text);
		}
		ftp_reply_begin(&r);
	}
	return 0;
}
