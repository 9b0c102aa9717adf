/* SPDX-License-Identifier: MIT */
#ifndef TOUR_H
#define TOUR_H

/* The stops of the tour, and what they print with. */

#define PATIENCE_MS 5000

void show_ports(void);
void show_services(void);
void show_errors(void);
void show_conversations(void);
void show_dialing(void);
void show_table(void);
void show_waiting(void);
void show_fibers(void);
void show_servers(void);

/* A numbered title, and a paragraph. */
void chapter(const char *title, const char *text);

/* Breaks lines at blanks; each begins with so many. */
void paragraph(int indent, const char *text);

/* What could not be shown: main() returns 1. */
void broken(const char *what, const char *why);

/* What this kernel does with a port, in a few words. */
const char *here(int port);

#endif
