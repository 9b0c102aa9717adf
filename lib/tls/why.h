/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_TLS_WHY_H
#define SOCKI_TLS_WHY_H

#include <sock/base.h>

/* OpenSSL's errors, put into codes and words. */

struct socki_tls_why {
	int code;       /* 0: nothing is wrong */
	char text[240]; /* "": the code says it all */
};

/* Sets both; a text that is too long is cut.  Returns code. */
int socki_tls_why(struct socki_tls_why *why, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * OpenSSL's queue of errors is the thread's, and the host program's too: what
 * is in it is dropped before each of our calls, so that it is not taken for
 * ours, and after.
 */
void socki_tls_queue_clean(void);

/* What a call of OpenSSL's said that has failed; the first error counts. */
int socki_tls_why_queue(struct socki_tls_why *why);

/* The latest error's reason, in OpenSSL's words. */
const char *socki_tls_queue_text(void);

#endif
