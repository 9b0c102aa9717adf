/* SPDX-License-Identifier: MIT */
#ifndef PORT_H
#define PORT_H

#include <stdint.h>

/* The transports that the registry knows; NULL ends them. */
extern const char *const transports[];

/* -1: no plain number from 0 to 65535; -2: no number at all. */
int port_from_text(const char *text);

/* "0-1023" */
const char *port_class_range(int port);

/* What this kernel does with it. */
const char *port_here_words(int port);

#endif
