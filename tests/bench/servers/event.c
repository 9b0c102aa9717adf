/* SPDX-License-Identifier: MIT */

/* libevent's bufferevents: what came in goes out.  event PORT */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <signal.h>

#include "passive.h"

static void
on_read(struct bufferevent *b, void *arg)
{
	(void)arg;
	(void)bufferevent_write_buffer(b, bufferevent_get_input(b));
}

static void
on_event(struct bufferevent *b, short what, void *arg)
{
	(void)arg;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		bufferevent_free(b);
}

static void
on_connection(struct evconnlistener *listener, evutil_socket_t fd,
    struct sockaddr *addr, int n, void *arg)
{
	struct bufferevent *b =
	    bufferevent_socket_new(arg, fd, BEV_OPT_CLOSE_ON_FREE);

	(void)listener;
	(void)addr;
	(void)n;
	no_delay(fd);
	bufferevent_setcb(b, on_read, NULL, on_event, NULL);
	(void)bufferevent_enable(b, EV_READ | EV_WRITE);
}

int
main(int argc, char **argv)
{
	struct event_config *config = event_config_new();
	struct event_base *base;
	int listener;

	if (argc < 2)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	listener = passive(argv[1]);
	(void)evutil_make_socket_nonblocking(listener);
	(void)event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	base = event_base_new_with_config(config);
	if (evconnlistener_new(base, on_connection, base, LEV_OPT_CLOSE_ON_FREE,
		0, listener) == NULL)
		return 1;
	return event_base_dispatch(base);
}
