/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ends.h"

/* A peer that asks for new keys (RFC 8446, 4.6.3): who does so may be a flood. */

/* The answers to so many are more than what may wait to be sent. */
#define UPDATES 5000

/* And takes what is answered, so that nobody has to wait. */
static void
update_keys_for_ever(struct peer *p)
{
	char answers[4096];
	int i;

	for (i = 0; i < 200000; i++) {
		if (SSL_key_update(p->ssl, SSL_KEY_UPDATE_REQUESTED) != 1 ||
		    SSL_do_handshake(p->ssl) != 1)
			return;
		(void)recv(p->fd, answers, sizeof answers, MSG_DONTWAIT);
	}
	(void)SSL_write(p->ssl, "x", 1);
	peer_goodbye(p);
}

static void
who_updates_keys_for_ever_is_refused(void **state)
{
	struct peer p = { .cert = "good", .talk = update_keys_for_ever };
	char byte;
	sock_t s;
	int role;

	(void)state;
	for (role = 0; role < 2; role++) {
		p.server = role == 0;
		assert_int_equal(meet(&p, &s), 0);
		assert_int_equal(sock_read(s, &byte, 1, soon()), SOCK_ETLS);
		part(&p, s);
	}
}

/* As much as somebody may who sends a lot. */
static void
update_keys_now_and_then(struct peer *p)
{
	char block[1000] = "";
	int i;

	for (i = 0; i < 100; i++)
		if (SSL_write(p->ssl, block, sizeof block) != sizeof block ||
		    SSL_key_update(p->ssl, SSL_KEY_UPDATE_REQUESTED) != 1 ||
		    SSL_do_handshake(p->ssl) != 1)
			return;
	peer_goodbye(p);
}

static void
who_updates_keys_among_data_is_heard(void **state)
{
	struct peer p = { .server = true,
		.cert = "good",
		.talk = update_keys_now_and_then };
	char block[1000];
	sock_t s;
	int i;

	(void)state;
	assert_int_equal(meet(&p, &s), 0);
	for (i = 0; i < 100; i++)
		assert_int_equal(sock_read_full(s, block, sizeof block, soon()),
		    sizeof block);
	assert_int_equal(sock_write(s, "thanks", 6, soon()), 0);
	assert_int_equal(sock_finish(s, soon()), 0);
	peer_end(&p);
}

#define WORDS 100

static bool
hear_word(struct peer *p)
{
	char word[4];

	return SSL_read(p->ssl, word, sizeof word) == sizeof word;
}

static bool
update_keys(struct peer *p)
{
	return SSL_key_update(p->ssl, SSL_KEY_UPDATE_REQUESTED) == 1 &&
	    SSL_do_handshake(p->ssl) == 1;
}

static void
have_the_last_word(struct peer *p)
{
	(void)SSL_write(p->ssl, "x", 1);
	peer_goodbye(p);
}

/* Of one who only listens, to which a word of ours each is the occasion. */
static void
update_keys_for_each_word(struct peer *p)
{
	int i;

	for (i = 0; i < WORDS; i++)
		if (!hear_word(p) || !update_keys(p))
			return;
	have_the_last_word(p);
}

/* The same of one who hears all words before it asks for the first. */
static void
update_keys_for_all_words(struct peer *p)
{
	int i;

	for (i = 0; i < WORDS; i++)
		if (!hear_word(p))
			return;
	for (i = 0; i < WORDS; i++)
		if (!update_keys(p))
			return;
	have_the_last_word(p);
}

static void
talk_to(void (*talk)(struct peer *p), bool listens)
{
	struct peer p = { .server = true, .cert = "good", .talk = talk };
	char byte;
	sock_t s;
	int i;

	assert_int_equal(meet(&p, &s), 0);
	for (i = 0; i < WORDS; i++) {
		if (listens)
			assert_int_equal(sock_read(s, &byte, 1, SOCK_NOWAIT),
			    -EAGAIN);
		assert_int_equal(sock_write(s, "word", 4, soon()), 0);
	}
	assert_int_equal(sock_read(s, &byte, 1, soon()), 1);
	assert_int_equal(sock_finish(s, soon()), 0);
	peer_end(&p);
}

static void
who_updates_keys_while_we_talk_is_heard(void **state)
{
	(void)state;
	talk_to(update_keys_for_each_word, true);
}

static void
who_updates_keys_when_we_have_talked_is_heard(void **state)
{
	(void)state;
	talk_to(update_keys_for_all_words, false);
}

/* Who reads nothing until the other end has given its writing up. */
static void
update_keys_later(struct peer *p)
{
	char answers[4096];
	uint64_t now;
	int i;

	if (read(*(int *)p->arg, &now, sizeof now) != sizeof now)
		return;
	for (i = 0; i < UPDATES; i++) {
		if (SSL_key_update(p->ssl, SSL_KEY_UPDATE_REQUESTED) != 1 ||
		    SSL_write(p->ssl, "x", 1) != 1)
			return;
		(void)recv(p->fd, answers, sizeof answers, MSG_DONTWAIT);
	}
}

static void
a_reader_answers_behind_what_a_writer_left(void **state)
{
	static const char much[1 << 20];
	int later = eventfd(0, EFD_CLOEXEC);
	struct peer p = { .server = true,
		.cert = "good",
		.talk = update_keys_later,
		.arg = &later };
	const uint64_t now = 1;
	char byte;
	sock_t s;
	int i;

	(void)state;
	assert_int_equal(meet(&p, &s), 0);
	/* Whatever a machine gives to a socket by itself. */
	assert_int_equal(sock_set(s, SOCK_OPT_SNDBUF, 65536), 0);
	assert_int_equal(sock_write(s, much, sizeof much, sock_in(20)),
	    -ETIMEDOUT);
	assert_int_equal(write(later, &now, sizeof now), sizeof now);
	for (i = 0; i < UPDATES; i++)
		assert_int_equal(sock_read(s, &byte, 1, soon()), 1);
	part(&p, s);
	close(later);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_updates_keys_for_ever_is_refused),
		cmocka_unit_test(who_updates_keys_among_data_is_heard),
		cmocka_unit_test(who_updates_keys_while_we_talk_is_heard),
		cmocka_unit_test(who_updates_keys_when_we_have_talked_is_heard),
		cmocka_unit_test(a_reader_answers_behind_what_a_writer_left),
	};

	return cmocka_run_group_tests(tests, ends_begin, ends_end);
}
