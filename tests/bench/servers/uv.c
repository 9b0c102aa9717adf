/* SPDX-License-Identifier: MIT */

/*
 * libuv.  uv PORT: as its manual shows, a buffer and a request from malloc(3)
 * for each piece; uv PORT try: one buffer for all, and uv_try_write() first.
 */
#include <stdlib.h>
#include <string.h>
#include <uv.h>

struct answer {
	uv_write_t request;
	uv_buf_t data;
};

static void
free_handle(uv_handle_t *handle)
{
	free(handle);
}

static void
free_answer(uv_write_t *request, int status)
{
	struct answer *a = (struct answer *)(void *)request;

	(void)status;
	free(a->data.base);
	free(a);
}

static void
allocate(uv_handle_t *handle, size_t n, uv_buf_t *data)
{
	(void)handle;
	*data = uv_buf_init(malloc(n), (unsigned)n);
}

static void
allocate_once(uv_handle_t *handle, size_t n, uv_buf_t *data)
{
	static char buf[65536];

	(void)handle;
	(void)n;
	*data = uv_buf_init(buf, sizeof buf);
}

static void
answer(uv_stream_t *s, char *bytes, size_t n)
{
	struct answer *a = malloc(sizeof *a);

	if (a == NULL)
		abort();
	a->data = uv_buf_init(bytes, (unsigned)n);
	(void)uv_write(&a->request, s, &a->data, 1, free_answer);
}

static void
on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *data)
{
	if (n > 0) {
		answer(s, data->base, (size_t)n);
		return;
	}
	free(data->base);
	if (n < 0)
		uv_close((uv_handle_t *)s, free_handle);
}

static void
on_read_try(uv_stream_t *s, ssize_t n, const uv_buf_t *data)
{
	uv_buf_t now = uv_buf_init(data->base, n < 0 ? 0 : (unsigned)n);
	ssize_t sent;
	char *rest;

	if (n < 0)
		uv_close((uv_handle_t *)s, free_handle);
	if (n <= 0)
		return;
	sent = uv_stream_get_write_queue_size(s) > 0 ? 0 :
						       uv_try_write(s, &now, 1);
	if (sent == n)
		return;
	if (sent < 0)
		sent = 0;
	rest = malloc((size_t)(n - sent));
	if (rest == NULL)
		abort();
	memcpy(rest, data->base + sent, (size_t)(n - sent));
	answer(s, rest, (size_t)(n - sent));
}

static void
on_connection(uv_stream_t *listener, int status)
{
	uv_tcp_t *s = malloc(sizeof *s);

	if (status < 0 || s == NULL || uv_tcp_init(listener->loop, s) < 0 ||
	    uv_accept(listener, (uv_stream_t *)s) < 0)
		abort();
	(void)uv_tcp_nodelay(s, 1);
	(void)(listener->data == NULL ?
		uv_read_start((uv_stream_t *)s, allocate, on_read) :
		uv_read_start((uv_stream_t *)s, allocate_once, on_read_try));
}

int
main(int argc, char **argv)
{
	struct sockaddr_in a;
	uv_tcp_t listener;

	(void)uv_tcp_init(uv_default_loop(), &listener);
	listener.data = argc > 2 ? argv[2] : NULL;
	(void)uv_ip4_addr("0.0.0.0", (int)strtoul(argv[1], NULL, 10), &a);
	if (uv_tcp_bind(&listener, (struct sockaddr *)&a, 0) < 0 ||
	    uv_listen((uv_stream_t *)&listener, 4096, on_connection) < 0)
		return 1;
	return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
