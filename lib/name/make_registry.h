/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_NAME_MAKE_REGISTRY_H
#define SOCKI_NAME_MAKE_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "name/registry.h"

/* Between the two files of the generator; nothing of it is in the library. */

/* One name of one port, as name/registry.h has it, before it is packed. */
struct record {
	unsigned port, transports;
	unsigned name; /* in names */
	const char *text;
	unsigned first_port; /* of a range; else port */
	unsigned last_port;
	bool alias, everyday;
	size_t name_at; /* in socki_registry_names */
};

struct registry {
	struct record *records; /* by port, in the order of its names */
	size_t record_count;
	const char **names; /* each once */
	size_t name_count;
};

/* Says what is wrong, and ends the process with 1. */
_Noreturn void make_registry_fail(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Zeroed; never NULL. */
void *make_registry_alloc(size_t count, size_t size);

struct socki_registry_key make_registry_key(const char *name);

/* Makes the tables, and writes them. */
void make_registry_tables(struct registry *registry);
void make_registry_write(FILE *out);

#endif
