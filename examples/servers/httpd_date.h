/* SPDX-License-Identifier: MIT */
#ifndef HTTPD_DATE_H
#define HTTPD_DATE_H

#include "httpd_text.h"

/* Times as seconds since 1970, up to the year 9999, in no zone but GMT. */

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7) */
void put_date(struct out *o, int64_t when);

/* "06/Nov/1994:08:49:37 +0000", as the Common Log Format has it. */
void put_log_date(struct out *o, int64_t when);

/*
 * Any of the three forms that RFC 9110 allows.  Two digits of a year are of
 * the century that makes it less than 50 years from now.  -1: it is no date.
 */
int64_t date_parse(struct text t, int64_t now);

#endif
