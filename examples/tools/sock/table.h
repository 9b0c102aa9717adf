/* SPDX-License-Identifier: MIT */
#ifndef TABLE_H
#define TABLE_H

#include <sock.h>
#include <stdbool.h>
#include <stddef.h>

/* "sock table": what its command line asks for, and a row put into words. */

struct out;
struct names;

struct view {
	struct sock_table_options rows; /* which the library is to find */
	const char *service;            /* what -p names; or NULL */
	int ports[2]; /* its, of tcp and udp, where they differ; or 0 */
	bool owners;
	const char *owner; /* only this process, by number or name; or NULL */
	bool listen, numeric, names, classes, summary, json;
	int watch_ms; /* 0: once */
};

/* argv[0] is the program, "table" is somewhere behind it.  An exit code. */
int command_table(int argc, char **argv);

/*
 * Ports, so that of the two of a connection the one is known that is the
 * service: which this kernel gives to clients, and where somebody listens.
 */
struct ports {
	int first, last;                       /* given to clients */
	unsigned char listening[2][65536 / 8]; /* tcp, udp */
};

/* In walks of its own.  An exit code; the error has been told. */
int ports_read(struct ports *);

/* The end whose port is the service: 0 for local, 1 for peer, -1 for none. */
int ports_service(const struct ports *, const struct sock_row *);

/* The name of that port, or NULL. */
const char *ports_name(const struct sock_row *, int end);

/* "registered, given to clients": what IANA calls a port, and what it is here. */
size_t class_words(char *to, size_t room, int port);

/* A name of 254 bytes or a UNIX one as %XX, and a service of 63. */
#define CELL_MAX 768

/* The columns of a row; what is not asked for is empty. */
enum {
	CELL_TRANSPORT,
	CELL_LOCAL,
	CELL_PEER,
	CELL_STATE,
	CELL_CLASS,
	CELL_OWNERS, /* the last: they may be many, and their room grows */
	CELL_COUNT
};

/* Zeroed at first; at last owners is to be freed. */
struct cells {
	const char *text[CELL_COUNT]; /* safe for a terminal */
	size_t n[CELL_COUNT];
	char room[CELL_OWNERS][CELL_MAX];
	char *owners;
	size_t owners_room;
};

/* What the cells are made with, beside the row. */
struct wording {
	const struct view *view;
	struct ports ports;
	struct names *names; /* NULL: none are known */
};

/* An exit code: there may be no memory for the owners. */
int row_cells(struct cells *, const struct wording *, const struct sock_row *);

/* "812/nginx,813/nginx", safe, terminated; ",..." if more than fit. */
size_t owners_text(char *to, size_t room, const struct sock_row *);

/* A table of a view; NULL: the error has been told. */
struct sock_table *view_open(const struct view *);

/*
 * What the library cannot filter: --owner=WHO, --listen for UDP too, and a
 * service with another port on each transport.
 */
bool view_wants(const struct view *, const struct sock_row *);

/* Each walks the table and prints it.  An exit code. */
int table_list(struct wording *);

/* Where --names asks for them.  An exit code. */
int table_find_names(struct wording *);

int table_json(struct wording *);
int table_summary(struct wording *);
int table_watch(struct wording *);

#endif
