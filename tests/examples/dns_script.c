/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * A name server without manners, for the clients among the examples.  It
 * answers a question with the first of the files in a folder, which then goes.
 * "tcp" in a name is for TCP, else it is for UDP.  The answer gets the
 * question's id in its first two bytes, and over TCP its length before them.
 * The name may also hold
 *
 *	.again  it stays, for all that follow
 *	.forged with the id of another question
 *	.more   the next file is sent, too
 *	.silent nothing is sent
 *	.raw    over TCP, as it is
 *	.other  over UDP, from another port
 *
 *	dns_script ANSWERS
 */

#define MESSAGE_MAX 65535

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

/* Both transports on one port of 127.0.0.1. */
static uint16_t
open_port(int *udp, int *tcp)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof a;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	do {
		a.sin_port = 0;
		*tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		*udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (bind(*tcp, (struct sockaddr *)&a, sizeof a) < 0 ||
		    getsockname(*tcp, (struct sockaddr *)&a, &n) < 0 ||
		    listen(*tcp, 8) < 0)
			die("tcp");
	} while (bind(*udp, (struct sockaddr *)&a, sizeof a) < 0);
	return ntohs(a.sin_port);
}

static int
visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Its length; -1: there is none for this transport. */
static ssize_t
next_answer(const char *folder, bool tcp, char name[256], uint8_t *out)
{
	struct dirent **entries;
	const int count = scandir(folder, &entries, visible, alphasort);
	char path[4096];
	ssize_t n = -1;
	int fd, i;

	for (i = 0; i < count; i++) {
		const char *file = entries[i]->d_name;

		if (n < 0 && (strstr(file, "tcp") != NULL) == tcp) {
			snprintf(name, 256, "%s", file);
			snprintf(path, sizeof path, "%s/%s", folder, file);
			fd = open(path, O_RDONLY | O_CLOEXEC);
			if (fd >= 0)
				n = read(fd, out, MESSAGE_MAX);
			if (n < 0)
				die(path);
			close(fd);
			if (strstr(file, ".again") == NULL)
				unlink(path);
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return n;
}

static void
send_one(int fd, const struct sockaddr_in *to, const char *name,
    const uint8_t *answer, size_t n)
{
	int from = fd;

	if (strstr(name, ".silent") != NULL)
		return;
	if (strstr(name, ".other") != NULL)
		from = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sendto(from, answer, n, MSG_NOSIGNAL, (const struct sockaddr *)to,
		to != NULL ? sizeof *to : 0) < 0)
		perror("send");
	if (from != fd)
		close(from);
}

static void
answer(const char *folder, int fd, const struct sockaddr_in *to,
    const uint8_t *question)
{
	static uint8_t framed[2 + MESSAGE_MAX];
	uint8_t *out = framed + 2;
	const bool tcp = to == NULL;
	char name[256];
	ssize_t n;

	do {
		n = next_answer(folder, tcp, name, out);
		if (n < 0)
			return;
		if (n >= 2 && strstr(name, ".raw") == NULL) {
			memcpy(out, question, 2);
			out[1] ^= strstr(name, ".forged") != NULL;
		}
		framed[0] = (uint8_t)(n >> 8);
		framed[1] = (uint8_t)n;
		if (tcp && strstr(name, ".raw") == NULL)
			send_one(fd, to, name, framed, (size_t)n + 2);
		else
			send_one(fd, to, name, out, (size_t)n);
	} while (strstr(name, ".more") != NULL);
}

static void
answer_udp(const char *folder, int udp)
{
	uint8_t question[MESSAGE_MAX];
	struct sockaddr_in from;
	socklen_t size = sizeof from;

	if (recvfrom(udp, question, sizeof question, 0,
		(struct sockaddr *)&from, &size) >= 12)
		answer(folder, udp, &from, question);
}

static void
answer_tcp(const char *folder, int tcp)
{
	const int fd = accept4(tcp, NULL, NULL, SOCK_CLOEXEC);
	uint8_t question[2 + 512];
	size_t n = 0;
	ssize_t got = 1;

	while (got > 0 && (n < 2 || n < 2 + (size_t)question[1])) {
		got = recv(fd, question + n, sizeof question - n, 0);
		n += got > 0 ? (size_t)got : 0;
	}
	if (got > 0)
		answer(folder, fd, NULL, question + 2);
	close(fd);
}

int
main(int argc, char **argv)
{
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };
	uint16_t port;

	if (argc != 2)
		return 2;
	port = open_port(&fds[0].fd, &fds[1].fd);
	fprintf(stderr, "listening on 127.0.0.1:%d\n", port);
	while (poll(fds, 2, -1) > 0) {
		if (fds[0].revents != 0)
			answer_udp(argv[1], fds[0].fd);
		if (fds[1].revents != 0)
			answer_tcp(argv[1], fds[1].fd);
	}
	return 1;
}
