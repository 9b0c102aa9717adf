/* SPDX-License-Identifier: MIT */
#ifndef FTP_GET_GET_H
#define FTP_GET_GET_H

#include "ftp_get.h"
#include "ftp_get_url.h"

/*
 * Gets what a URL, name as it was given, leads to, to where the options say.
 * An exit code, and errors have been told.
 */
int
ftp_get(const char *name, const struct ftp_url *url, const struct options *o);

#endif
