/* SPDX-License-Identifier: MIT */

/* GLib: GThreadedSocketService and blocking streams.  gio PORT */
#include <gio/gio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>

#define BYTES 65536

static gboolean
serve(GThreadedSocketService *service, GSocketConnection *c, GObject *source,
    gpointer arg)
{
	GInputStream *in = g_io_stream_get_input_stream(G_IO_STREAM(c));
	GOutputStream *out = g_io_stream_get_output_stream(G_IO_STREAM(c));
	char *buf = g_malloc(BYTES);
	gssize n;

	(void)service;
	(void)source;
	(void)arg;
	(void)g_socket_set_option(g_socket_connection_get_socket(c),
	    IPPROTO_TCP, TCP_NODELAY, 1, NULL);
	while ((n = g_input_stream_read(in, buf, BYTES, NULL, NULL)) > 0)
		if (!g_output_stream_write_all(out, buf, (gsize)n, NULL, NULL,
			NULL))
			break;
	g_free(buf);
	return TRUE;
}

int
main(int argc, char **argv)
{
	GSocketService *service = g_threaded_socket_service_new(20000);
	GSocketListener *listener = G_SOCKET_LISTENER(service);

	if (argc < 2)
		return 2;
	g_socket_listener_set_backlog(listener, 4096);
	if (!g_socket_listener_add_inet_port(listener,
		(guint16)strtoul(argv[1], NULL, 10), NULL, NULL))
		return 1;
	g_signal_connect(service, "run", G_CALLBACK(serve), NULL);
	g_socket_service_start(service);
	g_main_loop_run(g_main_loop_new(NULL, FALSE));
	return 0;
}
