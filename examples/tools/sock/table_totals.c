/* SPDX-License-Identifier: MIT */
#include "table_totals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "out.h"
#include "say.h"

#define SERVICES_MAX 40

static void
add_state(struct totals *t, const char *state)
{
	struct total *s = t->states;

	/* The names are static: one of a kind. */
	while (s->name != NULL && strcmp(s->name, state) != 0 &&
	    s < t->states + TOTALS_STATES - 1)
		s++;
	if (s->name == NULL)
		s->name = state;
	s->count++;
}

void
totals_add(struct totals *t, const struct ports *p, const struct sock_row *row)
{
	const int end = ports_service(p, row);
	const bool udp = row->local.scheme == SOCK_SCHEME_UDP;

	t->all++;
	add_state(t, row->state);
	if (row->local.u.sa.sa_family == AF_UNIX)
		t->local++;
	else if (udp)
		t->udp++;
	else
		t->tcp++;
	if (end >= 0)
		t->by_port[udp][sock_addr_port(end == 0 ? &row->local :
							  &row->peer)]++;
}

static int
most_first(const void *a, const void *b)
{
	const struct service_total *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return x->port != y->port ? x->port - y->port : x->udp - y->udp;
}

/* Puts it where it belongs among the first *n. */
static void
insert(struct service_total *list, int *n, int max, struct service_total one)
{
	int i;

	if (*n < max)
		i = (*n)++;
	else if (most_first(&one, &list[max - 1]) < 0)
		i = max - 1;
	else
		return;
	for (; i > 0 && most_first(&one, &list[i - 1]) < 0; i--)
		list[i] = list[i - 1];
	list[i] = one;
}

int
totals_services(const struct totals *t, struct service_total *out, int max)
{
	int n = 0, port, udp;

	for (udp = 0; udp < 2; udp++)
		for (port = 0; port < 65536; port++)
			if (t->by_port[udp][port] > 0)
				insert(out, &n, max,
				    (struct service_total){ port, udp != 0,
					t->by_port[udp][port] });
	return n;
}

size_t
service_words(char *to, size_t room, const struct service_total *s)
{
	const char *transport = s->udp ? "udp" : "tcp";
	const char *name = sock_service_name(s->port, transport);
	size_t n;

	if (name != NULL)
		n = safe_text(to, room - 5, name);
	else
		n = number_text(to, (uint64_t)s->port);
	to[n++] = '/';
	memcpy(to + n, transport, 3);
	return n + 3;
}

static void
print(const struct totals *t)
{
	struct service_total services[SERVICES_MAX];
	const int n = totals_services(t, services, SERVICES_MAX);
	const struct total *s;
	char words[80];
	int i;

	printf("sockets  %u (tcp %u, udp %u, unix %u)\n", t->all, t->tcp,
	    t->udp, t->local);
	for (s = t->states; s < t->states + TOTALS_STATES && s->name; s++)
		printf("  %-24s %8u\n", s->name, s->count);
	if (n > 0)
		printf("services\n");
	for (i = 0; i < n; i++)
		printf("  %-24.*s %8u  %s\n",
		    (int)service_words(words, sizeof words, &services[i]),
		    words, services[i].count,
		    sock_port_class_name(sock_port_class(services[i].port)));
}

static void
print_json(const struct totals *t)
{
	struct service_total services[SERVICES_MAX];
	const int n = totals_services(t, services, SERVICES_MAX);
	struct json j = { .to = stdout };
	const struct total *s;
	int i;

	json_open(&j, NULL, '{');
	json_number(&j, "sockets", t->all);
	json_open(&j, "states", '{');
	for (s = t->states; s < t->states + TOTALS_STATES && s->name; s++)
		json_number(&j, s->name, s->count);
	json_close(&j, '}');
	json_open(&j, "services", '[');
	for (i = 0; i < n; i++) {
		const char *transport = services[i].udp ? "udp" : "tcp";

		json_open(&j, NULL, '{');
		json_string(&j, "service",
		    sock_service_name(services[i].port, transport));
		json_number(&j, "port", (uint64_t)services[i].port);
		json_string(&j, "transport", transport);
		json_number(&j, "count", services[i].count);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_close(&j, '}');
}

int
table_summary(struct wording *w)
{
	static struct totals totals;
	struct sock_table *t = view_open(w->view);
	const struct sock_row *row;

	if (t == NULL)
		return EXIT_FAILED;
	while ((row = sock_table_next(t)) != NULL)
		if (view_wants(w->view, row))
			totals_add(&totals, &w->ports, row);
	if (sock_table_close(t) < 0)
		return complain_last("sockets");
	if (w->view->json)
		print_json(&totals);
	else
		print(&totals);
	return EXIT_OK;
}
