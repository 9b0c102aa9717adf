/* SPDX-License-Identifier: MIT */
#ifndef SCREEN_H
#define SCREEN_H

#include <stddef.h>

/*
 * The terminal as a screen: keys come one by one and unseen, what was on it
 * comes back.  Whatever way the program ends but SIGKILL, screen_close() has
 * been called: at exit, and after each signal that would end it.
 */

/* 0; -1: standard input and output are not both a terminal. */
int screen_open(void);
void screen_close(void);

void screen_size(size_t *lines, size_t *columns);

#endif
