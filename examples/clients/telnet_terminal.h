/* SPDX-License-Identifier: MIT */
#ifndef TELNET_TERMINAL_H
#define TELNET_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>

/* The user's terminal, which is as it was before when the program ends. */

/* False: standard input is none. */
bool terminal_open(void);

/*
 * Lines that the terminal shows and lets correct, which also end at the escape
 * character (-1: none); or each byte as it is typed, shown by nobody.
 */
void terminal_lines(int escape);
void terminal_bytes(void);
void terminal_restore(void);

/* 0 and 0: it has none. */
void terminal_size(uint16_t *columns, uint16_t *lines);

#endif
