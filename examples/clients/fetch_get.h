/* SPDX-License-Identifier: MIT */
#ifndef FETCH_GET_H
#define FETCH_GET_H

#include "fetch.h"
#include "fetch_url.h"

/*
 * Fetches what a URL leads to, redirects followed, to where the options say.
 * An exit code, and errors have been told.
 */
int get(const struct url *url, const struct options *o);

#endif
