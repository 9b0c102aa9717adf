/* SPDX-License-Identifier: MIT */
#include "flow_test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/switch.h"
#include "traffic.h"

#define SEED 3

/* Where a file is read byte by byte, and each goes through TLS. */
static bool
a_byte_is_a_record(const struct flow *f)
{
	return spares_bulk(f) &&
	    (f->transport->kind & (OVER_TLS | OVER_UNMET)) != 0;
}

static size_t
much(const struct flow *f)
{
	if (a_byte_is_a_record(f))
		return 300;
	return spares_bulk(f) ? 3000 : fewer(1000000);
}

static void
every_part_of_a_file_is_sent_as_it_is(struct flow *f)
{
	const int64_t size = (int64_t)much(f);
	const struct {
		int64_t offset, n, sent;
	} rows[] = { { 0, -1, size }, { 0, size, size }, { 7, 100, 100 },
		{ 1, size - 1, size - 1 }, { size - 5, -1, 5 }, { size, -1, 0 },
		{ size + 9, -1, 0 }, { INT64_MAX - 1, -1, 0 }, { 5, 0, 0 },
		/* It ends before. */
		{ 0, size + 1, size }, { size - 5, INT64_MAX, 5 } };
	const int fd = traffic_file((size_t)size, SEED);
	size_t i;

	SAME(lseek(fd, 11, SEEK_SET), 11);
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct direction in = { f->b, SEED,
			(size_t)(rows[i].offset + rows[i].sent), 8192, false,
			(size_t)rows[i].offset };

		flow_start(f, traffic_read, &in);
		SAME(sock_send_file(f->a, fd, rows[i].offset, rows[i].n,
			 soon()),
		    rows[i].sent);
		flow_join(f);
	}
	SAME(lseek(fd, 0, SEEK_CUR), 11);
	SAME(close(fd), 0);
}

static void
the_files_own_position_moves_behind_what_was_sent(struct flow *f)
{
	struct direction in = { f->b, SEED, 3000, 512, false, 100 };
	const int fd = traffic_file(3000, SEED);

	SAME(lseek(fd, 100, SEEK_SET), 100);
	flow_start(f, traffic_read, &in);
	SAME(sock_send_file(f->a, fd, -1, 900, soon()), 900);
	SAME(lseek(fd, 0, SEEK_CUR), 1000);
	SAME(sock_send_file(f->a, fd, -1, -1, soon()), 2000);
	SAME(lseek(fd, 0, SEEK_CUR), 3000);
	flow_join(f);
	SAME(sock_send_file(f->a, fd, -1, -1, soon()), 0);
	SAME(close(fd), 0);
}

static void
what_cannot_be_sent_is_refused_and_says_why(struct flow *f)
{
	const int file = traffic_file(10, SEED),
		  folder = open("/", O_RDONLY | O_CLOEXEC),
		  device = open("/dev/zero", O_RDONLY | O_CLOEXEC),
		  written = open("/dev/null", O_WRONLY | O_CLOEXEC);
	const struct {
		int fd;
		int64_t offset, n;
		sock_time deadline;
		int code;
		const char *word;
	} rows[] = { { file, 0, 1, SOCK_NOWAIT, SOCK_EUSAGE, "waiting" },
		{ file, -2, 1, soon(), SOCK_EUSAGE, "below -1" },
		{ file, 0, -2, soon(), SOCK_EUSAGE, "below -1" },
		{ device, 0, 1, soon(), SOCK_EUSAGE, "sock_copy" },
		{ folder, 0, 1, soon(), SOCK_EUSAGE, "sock_copy" },
		{ written, 0, 1, soon(), SOCK_EUSAGE, "sock_copy" },
		{ -1, 0, 1, soon(), -EBADF, "cannot be read" } };
	char byte;
	size_t i;

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		SAME(sock_send_file(f->a, rows[i].fd, rows[i].offset, rows[i].n,
			 rows[i].deadline),
		    rows[i].code);
		if (strstr(sock_errmsg(), rows[i].word) == NULL ||
		    strstr(sock_errmsg(), "send file") == NULL)
			flow_fail(__FILE__, __LINE__, "row %zu", i);
	}
	/* None of it spoils the stream. */
	traffic_greet(f);
	SAME(sock_send_file(f->a, file, 0, 1, soon()), 1);
	SAME(sock_read(f->b, &byte, 1, soon()), 1);
	SAME(sock_shut(f->a, soon()), 0);
	SAME(sock_send_file(f->a, file, 0, 1, soon()), -EPIPE);
	SAME(sock_close(f->a), 0);
	SAME(sock_send_file(f->a, file, 0, 1, soon()), SOCK_ESTALE);
	SAME(sock_send_file(-ENOMEM, file, 0, 1, soon()), -ENOMEM);
	SAME(close(file) | close(folder) | close(device) | close(written), 0);
}

struct sent {
	struct flow *flow;
	int fd;
	int64_t rc;
};

static void
send_whole_and_shut(void *arg)
{
	struct sent *s = arg;

	s->rc = sock_send_file(s->flow->a, s->fd, 0, -1, soon());
	SAME(sock_shut(s->flow->a, soon()), 0);
}

static void
a_file_that_shrinks_meanwhile_is_sent_short(struct flow *f)
{
	const int64_t size = (int64_t)32 << 20;
	struct sent w = { f, memfd_create("file", MFD_CLOEXEC), 0 };
	ssize_t got;

	traffic_greet(f);
	(void)sock_set(f->a, SOCK_OPT_SNDBUF, 4608);
	SAME(ftruncate(w.fd, size), 0);
	flow_start(f, send_whole_and_shut, &w);
	WANT(flow_await(f->a, 1));
	SAME(ftruncate(w.fd, 1), 0);
	got = traffic_drain(f->b);
	flow_join(f);
	SAME(got, w.rc);
	WANT(w.rc > 0 && w.rc < size);
	SAME(close(w.fd), 0);
}

static void
one_that_is_cut_ends_all_writing(struct flow *f)
{
	const int fd = memfd_create("file", MFD_CLOEXEC);
	char byte;

	traffic_greet(f);
	(void)sock_set(f->a, SOCK_OPT_SNDBUF, 4608);
	SAME(ftruncate(fd, (off_t)32 << 20), 0);
	SAME(sock_send_file(f->a, fd, 0, -1, sock_in(20)), -ETIMEDOUT);
	SAME(sock_write(f->a, "x", 1, soon()), -ETIMEDOUT);
	SAME(sock_send_file(f->a, fd, 0, 1, soon()), -ETIMEDOUT);
	SAME(sock_read(f->a, &byte, 1, SOCK_NOWAIT), -EAGAIN);
	SAME(sock_close(f->a), -ETIMEDOUT);
	SAME(close(fd), 0);
}

static void
one_that_never_began_spoils_nothing(struct flow *f)
{
	struct direction in = { f->b, 0, 0, 4096, false, 0 };
	const int fd = traffic_file(1, SEED);
	ssize_t n;
	char byte;

	traffic_greet(f);
	n = traffic_clog(f->a);
	WANT(n >= 0);
	SAME(sock_send_file(f->a, fd, 0, 1, sock_in(-1)), -ETIMEDOUT);
	in.total = (size_t)n;
	traffic_read(&in);
	SAME(sock_send_file(f->a, fd, 0, 1, soon()), 1);
	SAME(sock_read(f->b, &byte, 1, soon()), 1);
	SAME(sock_close(f->a), 0);
	SAME(close(fd), 0);
}

static void
a_head_and_its_file_share_a_segment(struct flow *f)
{
	const int fd = traffic_file(100, SEED);
	struct tcp_info before, after;
	socklen_t n = sizeof before;
	char buf[104];
	bool told;

	traffic_greet(f);
	SAME(getsockopt(sock_fd(f->a), IPPROTO_TCP, TCP_INFO, &before, &n), 0);
	told = n == sizeof before;
	if (!told)
		puts("SKIP: no TCP_INFO here");
	SAME(sock_cork(f->a, true), 0);
	SAME(sock_write(f->a, "head", 4, soon()), 0);
	SAME(sock_send_file(f->a, fd, 0, -1, soon()), 100);
	SAME(sock_cork(f->a, false), 0);
	SAME(sock_read_full(f->b, buf, sizeof buf, soon()), 104);
	SAME(getsockopt(sock_fd(f->a), IPPROTO_TCP, TCP_INFO, &after, &n), 0);
	if (told)
		SAME(after.tcpi_data_segs_out - before.tcpi_data_segs_out, 1);
	SAME(close(fd), 0);
}

struct halves {
	struct direction first, rest;
	sock_t to_cork; /* in between; 0: none */
};

static void
read_halves(void *arg)
{
	struct halves *h = arg;

	traffic_read(&h->first);
	if (h->to_cork != 0)
		SAME(sock_cork(h->to_cork, true), 0);
	traffic_read(&h->rest);
}

static void
a_large_file_leaves_the_cork_as_it_was(struct flow *f)
{
	const size_t size = spares_bulk(f) ? 3000 : fewer((size_t)3 << 20);
	const int fd = traffic_file(size, SEED);

	/* On before it, or meanwhile, by somebody else. */
	for (int i = 0; i < 3; i++) {
		struct halves h = { { f->b, SEED, size / 2, 8192, false, 0 },
			{ f->b, SEED, size, 8192, false, size / 2 },
			i == 2 ? f->a : 0 };
		socklen_t n = sizeof(int);
		int corked = -1;

		SAME(sock_cork(f->a, i == 1), 0);
		flow_start(f, read_halves, &h);
		SAME(sock_send_file(f->a, fd, 0, -1, soon()), size);
		flow_join(f);
		SAME(getsockopt(sock_fd(f->a), IPPROTO_TCP, TCP_CORK, &corked,
			 &n),
		    0);
		SAME(corked, i > 0);
	}
	SAME(close(fd), 0);
}

/* A file of one byte again and again, so long that it does not go at once. */
struct stamp {
	sock_t sock;
	unsigned char byte;
	size_t length;
	int times;
	bool by_file;
};

static void
send_stamps(void *arg)
{
	const struct stamp *w = arg;
	unsigned char *block = malloc(w->length);
	const int fd = memfd_create("stamp", MFD_CLOEXEC);
	int64_t rc = 0;
	int i;

	memset(block, w->byte, w->length);
	SAME(write(fd, block, w->length), (ssize_t)w->length);
	for (i = 0; i < w->times && rc >= 0; i++)
		rc = w->by_file ? sock_send_file(w->sock, fd, 0, -1, soon()) :
				  sock_write(w->sock, block, w->length, soon());
	free(block);
	(void)close(fd);
	WANT(rc >= 0);
}

static void
files_and_writes_never_tear_each_other(struct flow *f)
{
	const size_t length = a_byte_is_a_record(f) ? 100 : fewer(100000);
	struct stamp w[4];
	unsigned char *block = malloc(length);
	bool torn = false;
	size_t i, k;

	traffic_greet(f);
	(void)sock_set(f->a, SOCK_OPT_SNDBUF, 4608);
	for (i = 0; i < 4; i++) {
		w[i] = (struct stamp){ f->a, (unsigned char)('a' + i), length,
			3, i % 2 == 0 };
		flow_start(f, send_stamps, &w[i]);
	}
	for (i = 0; i < 12 && !torn; i++) {
		torn = sock_read_full(f->b, block, length, soon()) !=
		    (ssize_t)length;
		for (k = 1; k < length && !torn; k++)
			torn = block[k] != block[0];
	}
	free(block);
	flow_join(f);
	WANT(!torn);
}

static void
it_goes_into_pipes_and_sockets_that_block(struct flow *f)
{
	struct direction in = { 0, SEED, fewer(200000), 5000, false, 0 };
	const int file = traffic_file(in.total, SEED);
	int i, fd[2];
	sock_t out;

	for (i = 0; i < 3; i++) {
		if (i < 2)
			SAME(pipe2(fd, O_CLOEXEC | (i ? O_NONBLOCK : 0)), 0);
		else
			SAME(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
				 fd),
			    0);
		in.sock = sock_adopt(fd[0]);
		out = sock_adopt(fd[1]);
		flow_start(f, traffic_read, &in);
		SAME(sock_send_file(out, file, 0, -1, soon()),
		    (int64_t)in.total);
		flow_join(f);
		SAME(sock_close(in.sock), 0);
		SAME(sock_close(out), 0);
	}
	SAME(close(file), 0);
}

static void
note_a_turn(void *arg)
{
	*(bool *)arg = true;
}

/* So much room that nothing ever waits. */
static void
a_large_file_leaves_others_their_turn(struct flow *f)
{
	const int room = 16 << 20, fd = memfd_create("file", MFD_CLOEXEC);
	const int64_t size = unlucky() ? 1 : 2 << 20;
	struct sock_group *g = sock_group_new();
	bool had_one = size == 1 || !SOCKI_SWITCH;

	SAME(ftruncate(fd, size), 0);
	if (setsockopt(sock_fd(f->a), SOL_SOCKET, SO_SNDBUFFORCE, &room,
		sizeof room) < 0)
		printf("SKIP: larger buffers are not allowed\n");
	else if (f->kind == ALL_FIBERS || f->kind == FIBER_AND_THREADS) {
		SAME(sock_go(g, note_a_turn, &had_one), 0);
		SAME(sock_send_file(f->a, fd, 0, -1, soon()), size);
		WANT(had_one);
	}
	SAME(sock_group_wait(g, soon()), 0);
	sock_group_free(g);
	SAME(close(fd), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(every_part_of_a_file_is_sent_as_it_is, OVER_ALL),
		FLOW_TEST(the_files_own_position_moves_behind_what_was_sent,
		    OVER_ALL),
		FLOW_TEST(what_cannot_be_sent_is_refused_and_says_why,
		    OVER_ALL),
		FLOW_TEST(a_file_that_shrinks_meanwhile_is_sent_short,
		    OVER_ALL),
		FLOW_TEST(one_that_is_cut_ends_all_writing, OVER_ALL),
		FLOW_TEST(one_that_never_began_spoils_nothing, OVER_BARE),
		FLOW_TEST(a_head_and_its_file_share_a_segment, OVER_TCP),
		FLOW_TEST(a_large_file_leaves_the_cork_as_it_was, OVER_TCP),
		FLOW_TEST(files_and_writes_never_tear_each_other, OVER_ALL),
		KIND_TEST(it_goes_into_pipes_and_sockets_that_block),
		FLOW_TEST(a_large_file_leaves_others_their_turn, OVER_PAIR),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
