/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "options.h"
#include "say.h"
#include "table.h"
#include "table_names.h"

/* All keys are always there; what a socket does not have is null. */

static void
put_address(struct json *j, const char *key, const struct sock_addr *a)
{
	char text[SOCK_ADDR_TEXT_MAX];

	json_string(j, key,
	    a->scheme == SOCK_SCHEME_NONE ?
		NULL :
		sock_addr_text(a, text, sizeof text));
}

/* Of the service, or else of the local port. */
static const char *
class_of(const struct sock_row *row, int end)
{
	const struct sock_addr *a = end == 1 ? &row->peer : &row->local;

	if (a->u.sa.sa_family == AF_UNIX)
		return NULL;
	return sock_port_class_name(sock_port_class(sock_addr_port(a)));
}

static void
put_owners(struct json *j, const struct sock_row *row)
{
	int i;

	json_open(j, "owners", '[');
	for (i = 0; i < row->owner_count; i++) {
		json_open(j, NULL, '{');
		json_number(j, "pid", (uint64_t)row->owners[i].pid);
		json_string(j, "command", row->owners[i].command);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
put_row(const struct wording *w, const struct sock_row *row)
{
	const int end = ports_service(&w->ports, row);
	struct json j = { .to = stdout };

	json_open(&j, NULL, '{');
	json_string(&j, "transport", row->transport);
	json_string(&j, "state", row->state);
	put_address(&j, "local", &row->local);
	put_address(&j, "peer", &row->peer);
	if (w->names != NULL) {
		json_string(&j, "local_host", names_of(w->names, &row->local));
		json_string(&j, "peer_host", names_of(w->names, &row->peer));
	}
	json_string(&j, "service", ports_name(row, end));
	json_string(&j, "class", class_of(row, end));
	json_number(&j, "uid", row->uid);
	put_owners(&j, row);
	json_number(&j, "receive_queue", row->receive_queue);
	json_number(&j, "send_queue", row->send_queue);
	json_close(&j, '}');
}

int
table_json(struct wording *w)
{
	const int code = table_find_names(w);
	struct sock_table *t = code == EXIT_OK ? view_open(w->view) : NULL;
	const struct sock_row *row;

	if (t == NULL)
		return EXIT_FAILED;
	while ((row = sock_table_next(t)) != NULL)
		if (view_wants(w->view, row))
			put_row(w, row);
	return sock_table_close(t) < 0 ? complain_last("sockets") : EXIT_OK;
}
