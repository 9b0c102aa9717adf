/* SPDX-License-Identifier: MIT */

/* A thread a connection, recv(2) and send(2).  thread PORT [BYTES] */
#include <limits.h>
#include <pthread.h>
#include <unistd.h>

#include "passive.h"

#define BYTES_MAX 65536
#define STACK (PTHREAD_STACK_MIN + 2 * BYTES_MAX)

static size_t bytes = BYTES_MAX;

/* No more of the stack is touched than was received. */
static void *
serve(void *arg)
{
	const int fd = (int)(intptr_t)arg;
	char buf[BYTES_MAX];
	ssize_t n, sent, done;

	while ((n = recv(fd, buf, bytes, 0)) > 0)
		for (done = 0; done < n; done += sent) {
			sent = send(fd, buf + done, (size_t)(n - done),
			    MSG_NOSIGNAL);
			if (sent < 0)
				goto close_fd;
		}

close_fd:
	close(fd);
	return NULL;
}

int
main(int argc, char **argv)
{
	const int listener = passive(argv[1]);
	pthread_attr_t attr;
	pthread_t thread;

	if (argc > 2)
		bytes = strtoul(argv[2], NULL, 10);
	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	(void)pthread_attr_setstacksize(&attr, STACK);
	for (;;) {
		const int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			continue;
		no_delay(fd);
		if (pthread_create(&thread, &attr, serve,
			(void *)(intptr_t)fd) != 0)
			close(fd);
	}
}
