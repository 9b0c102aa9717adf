/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_BASE_ERROR_H
#define SOCKI_BASE_ERROR_H

#include <sock/base.h>

/*
 * The last error of whoever runs.  A failing public call leaves it exactly
 * once, where it knows operation and address; the floors below hand up a code
 * and, where the code's sentence does not say it all, the reason.
 */

/* Why something failed: follows the code's sentence.  "": nothing to add. */
struct socki_why {
	char text[224];
	bool instead; /* it takes the place of the sentence */
};

/* No reason yet: less than to fill the struct with zeros. */
static inline void
socki_why_none(struct socki_why *why)
{
	why->text[0] = '\0';
	why->instead = false;
}

/* Sets the reason (cut where it is too long) and returns code. */
int socki_why(struct socki_why *why, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Leaves the error "OP ADDR: SENTENCE: REASON" and returns code.  op is
 * static, addr is any bytes with a terminator; addr and why may be NULL.
 */
int socki_error(int code, const char *op, const char *addr,
    const struct socki_why *why);

/* The same without an address; misuse is the reason, if SOCK_EUSAGE is it. */
int socki_error_usage(int code, const char *op, const char *misuse);

/*
 * The same about something that is put into words only if somebody asks, so
 * that an -EAGAIN costs a copy: size bytes (at most SOCKI_SUBJECT_MAX) are
 * kept, and text() writes them.
 */
#define SOCKI_SUBJECT_MAX 128
int socki_error_about(int code, const char *op, const void *subject,
    size_t size, char *(*text)(const void *subject, char *buf, size_t n));

/* Whether the same call may succeed later. */
bool socki_error_retry(int code);

#endif
