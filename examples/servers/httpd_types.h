/* SPDX-License-Identifier: MIT */
#ifndef HTTPD_TYPES_H
#define HTTPD_TYPES_H

/* The media type of a file, by the end of its name.  Static. */
const char *media_type(const char *path);

#endif
