/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_NAME_SERVICE_H
#define SOCKI_NAME_SERVICE_H

#include <stddef.h>

#include <sock/service.h>

/*
 * sock_service_port() of the n bytes at name, which may be any bytes and need
 * no terminator.  1-65535, or SOCK_ENOSERVICE; leaves no error, never NULL.
 */
int socki_service_port_n(const char *name, size_t n, const char *transport);

#endif
