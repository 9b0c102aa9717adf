/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_NAME_PORT_H
#define SOCKI_NAME_PORT_H

#include <sock/port.h>

/*
 * Reads the three files below another directory from now on, for tests; NULL:
 * /proc/sys/net/ipv4.  The path is kept, and no other thread may be asking.
 */
void socki_port_sysctl_dir(const char *dir);

#endif
