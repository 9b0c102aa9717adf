/* SPDX-License-Identifier: MIT */
#ifndef ADDR_H
#define ADDR_H

#include <sock.h>

/* Room for the longest canonical text, of which a host is a part. */
#define HOST_MAX SOCK_ADDR_TEXT_MAX

/* "tcp:[::1]:80", its canonical text, has "::1", "unix:/run/x" has "/run/x". */
void
addr_host(const struct sock_addr *a, const char *text, char host[HOST_MAX]);

#endif
