/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <fcntl.h>
#include <sock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * A server without manners, for the clients among the examples: answers each
 * connection with the first of the files in a folder, which then goes, and
 * appends what was asked, up to an empty line, to another file.  The name of
 * the answer may end in
 *
 *	.again  it stays, for all that follow
 *	.drip   a byte at a time
 *	.slow   the same, with a pause after each
 *	.reset  ends in a reset
 *	.stall  does not end before the client does
 *
 *	scripted ANSWERS ASKED [ADDRESS]
 */

#define PATIENCE_MS 20000
#define PAUSE_MS 20
#define ANSWER_MAX ((size_t)1 << 24)

struct answer {
	char name[256];
	char *bytes;
	size_t n;
};

static int
visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static _Noreturn void
die(const char *what)
{
	perror(what);
	exit(1);
}

/* No answer is left: the connection is closed. */
static void
first_answer(const char *folder, struct answer *a)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, visible, alphasort);
	char path[4096];
	ssize_t n = -1;
	int fd, i;

	a->name[0] = '\0';
	a->n = 0;
	if (count < 0)
		die(folder);
	if (count > 0) {
		snprintf(a->name, sizeof a->name, "%s", entries[0]->d_name);
		snprintf(path, sizeof path, "%s/%s", folder, a->name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0)
			n = read(fd, a->bytes, ANSWER_MAX);
		if (n < 0)
			die(path);
		a->n = (size_t)n;
		close(fd);
		if (strstr(a->name, ".again") == NULL)
			unlink(path);
	}
	for (i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
}

static void
note(const char *path, const char *text, size_t n)
{
	FILE *f = fopen(path, "ae");

	if (f == NULL || fwrite(text, 1, n, f) != n || fclose(f) != 0)
		die(path);
}

static void
answer(sock_t s, const struct answer *a, sock_time deadline)
{
	const bool slow = strstr(a->name, ".slow") != NULL;
	const bool drip = slow || strstr(a->name, ".drip") != NULL;
	const size_t step = drip ? 1 : a->n;
	char rest[1024];
	size_t at;

	for (at = 0; at < a->n; at += step)
		if (sock_write(s, a->bytes + at, step, deadline) < 0 ||
		    (slow && sock_sleep(sock_in(PAUSE_MS)) < 0))
			break;
	if (strstr(a->name, ".stall") != NULL)
		while (sock_read(s, rest, sizeof rest, deadline) > 0)
			continue;
	if (strstr(a->name, ".reset") != NULL)
		sock_abort(s);
	else
		sock_finish(s, deadline);
}

int
main(int argc, char **argv)
{
	struct answer a = { .bytes = malloc(ANSWER_MAX) };
	char text[SOCK_ADDR_TEXT_MAX], asked[65536];
	struct sock_addr here;
	sock_t listener, s;

	if (argc < 3 || a.bytes == NULL)
		return 2;
	listener = sock_listen(argc > 3 ? argv[3] : "tcp:127.0.0.1:0");
	if (sock_local(listener, &here) < 0) {
		fprintf(stderr, "%s\n", sock_errmsg());
		return 1;
	}
	fprintf(stderr, "listening on %s\n",
	    sock_addr_text(&here, text, sizeof text));
	while ((s = sock_accept(listener, SOCK_FOREVER)) > 0) {
		const sock_time deadline = sock_in(PATIENCE_MS);
		const ssize_t n = sock_read_until(s, asked, sizeof asked,
		    "\r\n\r\n", 4, deadline);

		if (n > 0)
			note(argv[2], asked, (size_t)n);
		first_answer(argv[1], &a);
		answer(s, &a, deadline);
	}
	return 1;
}
