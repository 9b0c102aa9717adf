/* SPDX-License-Identifier: MIT */
#ifndef HTTPD_FIELDS_H
#define HTTPD_FIELDS_H

#include "httpd_request.h"

/* The lines of a request's head, below the first. */

/* Whether it may stand in Host, and in a URL for its host and port. */
bool fields_host(struct text t);

/*
 * A line "Name: value" without its CR LF (RFC 9112, 5): 0, or the status to
 * refuse it with.  r NULL: it is only checked, as a trailer is.
 */
int fields_add(struct request *r, struct text line);

#endif
