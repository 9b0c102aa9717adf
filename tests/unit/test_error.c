/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <string.h>

#include "aside.h"
#include "base/error.h"
#include "base/memory.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
look_at_a_fresh_thread(void *arg)
{
	const struct sock_error *e = sock_last_error();

	(void)arg;
	EXPECT_INT(e->code, 0);
	EXPECT(!e->retry);
	EXPECT(e->op[0] == '\0' && e->addr[0] == '\0' && e->text[0] == '\0');
	EXPECT(e->reason[0] == '\0');
	EXPECT(sock_errmsg()[0] == '\0');
}

static void
before_anything_failed_the_error_is_empty(void **state)
{
	(void)state;
	aside_thread(look_at_a_fresh_thread, NULL);
	aside_fiber(look_at_a_fresh_thread, NULL);
	assert_aside();
}

/* What the kernel can say of a socket, and what we say ourselves. */
static const int known[] = { SOCK_ESTALE, SOCK_EEOF, SOCK_EADDR, SOCK_ENOHOST,
	SOCK_ENOSERVICE, SOCK_ERESOLVE, SOCK_ETLS, SOCK_ECERT, SOCK_ENAME,
	SOCK_ETRUNC, SOCK_EPROXY, SOCK_ETOOBIG, SOCK_ELIMIT, SOCK_EUSAGE,
	-EACCES, -EADDRINUSE, -EADDRNOTAVAIL, -EAFNOSUPPORT, -EAGAIN, -EALREADY,
	-EBADF, -EBUSY, -ECANCELED, -ECONNABORTED, -ECONNREFUSED, -ECONNRESET,
	-EEXIST, -EFAULT, -EHOSTDOWN, -EHOSTUNREACH, -EINPROGRESS, -EINTR,
	-EINVAL, -EIO, -EISCONN, -ELOOP, -EMFILE, -EMSGSIZE, -ENAMETOOLONG,
	-ENETDOWN, -ENETUNREACH, -ENFILE, -ENOBUFS, -ENODEV, -ENOENT, -ENOMEM,
	-ENOPROTOOPT, -ENOSPC, -ENOSYS, -ENOTCONN, -ENOTDIR, -ENOTSOCK,
	-EOPNOTSUPP, -EPERM, -EPIPE, -EPROTO, -EPROTONOSUPPORT, -EPROTOTYPE,
	-EROFS, -ETIMEDOUT, -ETOOMANYREFS };

static void
each_code_has_a_sentence_of_its_own(void **state)
{
	const char *unknown = sock_strerror(-9999);
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(known); i++) {
		const char *s = sock_strerror(known[i]);

		if (s[0] < 'a' || s[0] > 'z' || strpbrk(s, "\n:") != NULL ||
		    s[strlen(s) - 1] == '.' || strcmp(s, unknown) == 0)
			fail_msg("%d: \"%s\"", known[i], s);
		assert_ptr_equal(s, sock_strerror(known[i]));
		for (k = 0; k < i; k++)
			if (strcmp(s, sock_strerror(known[k])) == 0)
				fail_msg("%d and %d: \"%s\"", known[i],
				    known[k], s);
	}
}

static void
no_number_is_without_a_sentence(void **state)
{
	static const int others[] = { INT_MIN, -2000, -2007, -2999, -133 };
	int code;
	size_t i;

	(void)state;
	for (code = -4096; code < 0; code++)
		assert_true(sock_strerror(code)[0] != '\0');
	for (i = 0; i < COUNT(others); i++)
		assert_string_equal(sock_strerror(others[i]), "unknown error");
	assert_string_equal(sock_strerror(0), "success");
	assert_string_equal(sock_strerror(1), "success");
	assert_string_equal(sock_strerror(INT_MAX), "success");
}

static void
the_text_is_operation_address_sentence_and_reason(void **state)
{
	static const struct {
		int code;
		const char *op, *addr, *why;
		bool instead;
		const char *text;
	} rows[] = {
		{ -ECONNREFUSED, "dial", "tcp:127.0.0.1:1", NULL, false,
		    "dial tcp:127.0.0.1:1: connection refused" },
		{ -EACCES, "listen", "tcp:*:80", "80 is well-known", false,
		    "listen tcp:*:80: permission denied: 80 is well-known" },
		{ SOCK_EADDR, "dial", "::1:80", "write [::1]:80", true,
		    "dial ::1:80: write [::1]:80" },
		{ SOCK_EUSAGE, "go", NULL, NULL, false,
		    "go: the call makes no sense here" },
		{ SOCK_EUSAGE, "go", "", NULL, false,
		    "go: the call makes no sense here" },
		{ -ENOENT, "listen", "unix:/x", "", false,
		    "listen unix:/x: no such file or directory" },
		{ -4000, "read", NULL, "who knows", false,
		    "read: unknown error: who knows" },
	};
	size_t i, head;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		const struct sock_error *e = sock_last_error();
		struct socki_why why;

		if (rows[i].why != NULL)
			assert_int_equal(socki_why(&why, 7, "%s", rows[i].why),
			    7);
		why.instead = rows[i].instead;
		assert_int_equal(socki_error(rows[i].code, rows[i].op,
				     rows[i].addr,
				     rows[i].why != NULL ? &why : NULL),
		    rows[i].code);
		e = sock_last_error();
		if (strcmp(e->text, rows[i].text) != 0)
			fail_msg("row %zu: \"%s\"", i, e->text);
		assert_int_equal(e->code, rows[i].code);
		assert_string_equal(e->op, rows[i].op);
		assert_string_equal(e->addr,
		    rows[i].addr != NULL ? rows[i].addr : "");
		head = strlen(e->op) + (e->addr[0] != '\0') + strlen(e->addr);
		assert_ptr_equal(e->reason, e->text + head + strlen(": "));
		assert_ptr_equal(sock_errmsg(), e->text);
	}
}

static void
asking_again_gives_the_same(void **state)
{
	const struct sock_error *e;
	char text[128];

	(void)state;
	(void)socki_error(-EPIPE, "write", "tcp:[::1]:7", NULL);
	e = sock_last_error();
	(void)snprintf(text, sizeof text, "%s", e->text);
	assert_ptr_equal(sock_last_error(), e);
	assert_string_equal(sock_errmsg(), text);
	assert_string_equal(sock_errmsg(), "write tcp:[::1]:7: broken pipe");
	assert_true(sock_now() > 0);
	assert_string_equal(sock_errmsg(), text);
}

static void
bytes_that_are_not_printable_are_escaped(void **state)
{
	char addr[2] = "", want[64];
	int c;

	(void)state;
	for (c = 1; c < 256; c++) {
		struct socki_why why;

		addr[0] = (char)c;
		(void)socki_why(&why, 0, "<%s>", addr);
		(void)socki_error(-EIO, "read", addr, &why);
		if (c >= 0x20 && c < 0x7f)
			(void)snprintf(want, sizeof want,
			    "read %c: input or output error: <%c>", c, c);
		else
			(void)snprintf(want, sizeof want,
			    "read \\x%02x: input or output error: <\\x%02x>", c,
			    c);
		if (strcmp(sock_errmsg(), want) != 0)
			fail_msg("byte %#x: \"%s\"", c, sock_errmsg());
	}
	(void)socki_error(-EIO, "read", "a\x1b[2Jb\r\nc\xc2\x9b", NULL);
	assert_string_equal(sock_last_error()->reason, "input or output error");
	assert_string_equal(sock_last_error()->addr,
	    "a\\x1b[2Jb\\x0d\\x0ac\\xc2\\x9b");
}

static void
what_is_too_long_is_cut(void **state)
{
	static const char fillers[] = { 'a', '\x01', '\xff' };
	static char op[801], addr[5001];
	struct socki_why why;
	size_t i, n;

	(void)state;
	for (i = 0; i < COUNT(fillers); i++) {
		const struct sock_error *e;

		memset(op, 'o', sizeof op - 1);
		memset(addr, fillers[i], sizeof addr - 1);
		(void)socki_why(&why, 0, "%s", addr);
		assert_int_equal(strlen(why.text), sizeof why.text - 1);
		(void)socki_error(-EIO, i == 2 ? op : "op", addr, &why);
		e = sock_last_error();
		n = strlen(e->addr);
		assert_in_range(n, 340, 400);
		/* An escape is not cut in two. */
		if (fillers[i] != 'a')
			assert_int_equal(n % 4, 0);
		n = strlen(e->text);
		assert_in_range(n, 500, 1023);
		assert_memory_equal(e->text, i == 2 ? "ooo" : "op ", 3);
	}
}

static void
the_retry_flag_says_whether_the_same_call_may_work_later(void **state)
{
	static const struct {
		int code;
		bool retry;
	} rows[] = {
		{ -EAGAIN, true },
		{ -EBUSY, true },
		{ -ENOMEM, true },
		{ -ENOBUFS, true },
		{ -EMFILE, true },
		{ -ENFILE, true },
		{ -ETIMEDOUT, true },
		{ -ECONNREFUSED, true },
		{ -ECONNRESET, true },
		{ -ECONNABORTED, true },
		{ -EHOSTUNREACH, true },
		{ -ENETUNREACH, true },
		{ -EADDRINUSE, true },
		{ SOCK_ELIMIT, true },
		{ -EACCES, false },
		{ -EBADF, false },
		{ -EINVAL, false },
		{ -ECANCELED, false },
		{ -EPIPE, false },
		{ -ENOENT, false },
		{ SOCK_ESTALE, false },
		{ SOCK_EADDR, false },
		{ SOCK_EUSAGE, false },
		{ SOCK_ETOOBIG, false },
		{ SOCK_EEOF, false },
		{ SOCK_ENOSERVICE, false },
		{ SOCK_ENOHOST, false },
		{ SOCK_ERESOLVE, true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		(void)socki_error(rows[i].code, "x", NULL, NULL);
		if (sock_last_error()->retry != rows[i].retry)
			fail_msg("%d: %d", rows[i].code, !rows[i].retry);
	}
}

static _Atomic int written;

static char *
write_subject(const void *subject, char *buf, size_t n)
{
	atomic_fetch_add(&written, 1);
	(void)snprintf(buf, n, "tcp:%s\n", (const char *)subject);
	return buf;
}

static void
a_subject_is_put_into_words_once_and_only_if_asked(void **state)
{
	char subject[SOCKI_SUBJECT_MAX];

	(void)state;
	atomic_store(&written, 0);
	memset(subject, 's', sizeof subject);
	subject[sizeof subject - 1] = '\0';
	assert_int_equal(socki_error_about(-EAGAIN, "read", subject,
			     sizeof subject, write_subject),
	    -EAGAIN);
	assert_int_equal(written, 0);
	/* The caller's copy is not needed any more. */
	memcpy(subject, "gone", 5);
	assert_int_equal(strlen(sock_last_error()->addr),
	    strlen("tcp:") + SOCKI_SUBJECT_MAX - 1 + strlen("\\x0a"));
	(void)sock_errmsg();
	assert_int_equal(written, 1);

	(void)socki_error_about(-EPIPE, "write", "b", 2, write_subject);
	(void)socki_error(-EPIPE, "write", NULL, NULL);
	assert_string_equal(sock_errmsg(), "write: broken pipe");
	assert_int_equal(written, 1);
}

/* Each fails in its own way, lets the others fail, and finds its own error. */
static void
fail_and_look(void *arg)
{
	const char *name = arg;
	int i;

	for (i = 0; i < 3; i++) {
		(void)socki_error(-EIO, "read", name, NULL);
		(void)sock_sleep(SOCK_NOWAIT);
		EXPECT(strcmp(sock_last_error()->addr, name) == 0);
		(void)sock_sleep(SOCK_NOWAIT);
		EXPECT(strcmp(sock_last_error()->addr, name) == 0);
	}
}

static void
each_thread_and_each_fiber_has_its_own(void **state)
{
	static char a[] = "a", b[] = "b", c[] = "c";
	struct sock_group *g = sock_group_new();

	(void)state;
	(void)socki_error(-EIO, "read", "mine", NULL);
	assert_int_equal(sock_go(g, fail_and_look, a), 0);
	assert_int_equal(sock_go(g, fail_and_look, b), 0);
	aside_thread(fail_and_look, c);
	assert_int_equal(sock_group_wait(g, SOCK_FOREVER), 0);
	sock_group_free(g);
	assert_string_equal(sock_last_error()->addr, "mine");
	assert_aside();
}

static _Atomic bool no_memory;

static int
may(size_t n)
{
	(void)n;
	return !atomic_load(&no_memory);
}

static void
fail_without_memory(void *arg)
{
	const struct sock_error *e;

	(void)arg;
	atomic_store(&no_memory, true);
	EXPECT_INT(socki_error(-ECONNREFUSED, "dial", "x", NULL),
	    -ECONNREFUSED);
	e = sock_last_error();
	EXPECT_INT(e->code, -ENOMEM);
	EXPECT(strstr(e->text, "memory") != NULL);
	EXPECT(strcmp(e->reason, e->text) == 0);
	EXPECT(e->op != NULL && e->addr != NULL);
	atomic_store(&no_memory, false);
	(void)socki_error(-EPIPE, "write", NULL, NULL);
	EXPECT(strcmp(sock_errmsg(), "write: broken pipe") == 0);
	/* Once there is a record, none is asked for again. */
	atomic_store(&no_memory, true);
	(void)socki_error(-EIO, "read", NULL, NULL);
	EXPECT_INT(sock_last_error()->code, -EIO);
	atomic_store(&no_memory, false);
}

static void
without_memory_there_is_still_a_text(void **state)
{
	(void)state;
	socki_memory_hook(may);
	aside_thread(fail_without_memory, NULL);
	aside_fiber(fail_without_memory, NULL);
	socki_memory_hook(NULL);
	assert_aside();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(before_anything_failed_the_error_is_empty),
		cmocka_unit_test(each_code_has_a_sentence_of_its_own),
		cmocka_unit_test(no_number_is_without_a_sentence),
		cmocka_unit_test(
		    the_text_is_operation_address_sentence_and_reason),
		cmocka_unit_test(asking_again_gives_the_same),
		cmocka_unit_test(bytes_that_are_not_printable_are_escaped),
		cmocka_unit_test(what_is_too_long_is_cut),
		cmocka_unit_test(
		    the_retry_flag_says_whether_the_same_call_may_work_later),
		cmocka_unit_test(
		    a_subject_is_put_into_words_once_and_only_if_asked),
		cmocka_unit_test(each_thread_and_each_fiber_has_its_own),
		cmocka_unit_test(without_memory_there_is_still_a_text),
	};

	return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
