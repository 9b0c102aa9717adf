/* SPDX-License-Identifier: MIT */

/*
 * The limit: one thread, edge-triggered epoll, a recv(2) and a send(2) for each
 * event.  epoll PORT [savings|client_first|thread|processes]
 *
 * savings: what is accepted inherits its options and is read before the first
 * epoll_ctl(2); client_first: TCP_DEFER_ACCEPT, too; thread: another thread
 * sleeps beside, so that each system call pays for a descriptor that might be
 * closed meanwhile; processes: one for each processor, which share the port.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "passive.h"

#define EVENTS 512

static struct pending {
	unsigned char *data; /* not sent yet, and nothing is read meanwhile */
	size_t begin, end;
} * table;

static unsigned char buf[65536];
static int ep;
static bool savings;

static int
drop(int fd)
{
	free(table[fd].data);
	table[fd].data = NULL;
	close(fd);
	return -1;
}

/* Less than 0: gone. */
static int
send_pending(int fd)
{
	struct pending *p = &table[fd];
	const ssize_t n =
	    send(fd, p->data + p->begin, p->end - p->begin, MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN ? 0 : drop(fd);
	p->begin += (size_t)n;
	if (p->begin == p->end) {
		free(p->data);
		p->data = NULL;
	}
	return 0;
}

static int
answer(int fd, size_t n)
{
	ssize_t sent = send(fd, buf, n, MSG_NOSIGNAL);

	if (sent < 0 && errno != EAGAIN)
		return drop(fd);
	if (sent < 0)
		sent = 0;
	if ((size_t)sent < n) {
		struct pending *p = &table[fd];

		p->begin = 0;
		p->end = n - (size_t)sent;
		p->data = malloc(p->end);
		if (p->data == NULL)
			return drop(fd);
		memcpy(p->data, buf + sent, p->end);
	}
	return 0;
}

/* Data and FIN may share an edge: at the last one it is read to the end. */
static int
serve(int fd, bool last)
{
	ssize_t n;

	do {
		if (table[fd].data != NULL && send_pending(fd) < 0)
			return -1;
		if (table[fd].data != NULL)
			return 0;
		n = recv(fd, buf, sizeof buf, 0);
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n <= 0)
			return drop(fd);
		if (answer(fd, (size_t)n) < 0)
			return -1;
	} while (n == sizeof buf || last || table[fd].data != NULL);
	return 0;
}

static void
watch(int op, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events | EPOLLIN | EPOLLET,
		.data.fd = fd };

	if (epoll_ctl(ep, op, fd, &e) < 0)
		exit(1);
}

static void
welcome(int listener)
{
	int fd;

	while ((fd = accept4(listener, NULL, NULL,
		    SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		if (!savings) {
			no_delay(fd);
			watch(EPOLL_CTL_ADD, fd, EPOLLOUT | EPOLLRDHUP);
		} else if (serve(fd, false) == 0) {
			watch(EPOLL_CTL_ADD, fd, EPOLLOUT | EPOLLRDHUP);
		}
	}
}

static void *
sleep_on(void *arg)
{
	for (;;)
		pause();
	return arg;
}

/* They end with the first. */
static void
fork_others(void)
{
	const pid_t first = getpid();
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	while (--n > 0)
		if (fork() == 0) {
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (getppid() != first)
				_exit(1);
			break;
		}
}

int
main(int argc, char **argv)
{
	const char *how = argc > 2 ? argv[2] : "";
	const int second = 1;
	int listener;
	struct epoll_event events[EVENTS];
	struct rlimit limit;
	pthread_t thread;

	if (strcmp(how, "processes") == 0)
		fork_others();
	listener = passive(argv[1]);
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	table = calloc(limit.rlim_cur, sizeof *table);
	savings =
	    strcmp(how, "savings") == 0 || strcmp(how, "client_first") == 0;
	if (savings)
		no_delay(listener);
	if (strcmp(how, "client_first") == 0)
		(void)setsockopt(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT,
		    &second, sizeof second);
	if (strcmp(how, "thread") == 0 &&
	    pthread_create(&thread, NULL, sleep_on, NULL) != 0)
		return 1;
	(void)fcntl(listener, F_SETFL, O_NONBLOCK);
	ep = epoll_create1(EPOLL_CLOEXEC);
	watch(EPOLL_CTL_ADD, listener, 0);
	for (;;) {
		const int n = epoll_wait(ep, events, EVENTS, -1);
		int i;

		for (i = 0; i < n; i++) {
			const int fd = events[i].data.fd;

			if (fd == listener)
				welcome(fd);
			else
				(void)serve(fd,
				    events[i].events &
					(EPOLLRDHUP | EPOLLHUP | EPOLLERR));
		}
	}
}
