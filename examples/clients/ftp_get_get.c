/* SPDX-License-Identifier: MIT */
#include "ftp_get_get.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ftp_get_control.h"
#include "ftp_get_data.h"
#include "transfer_progress.h"
#include "transfer_save.h"

struct transfer {
	const struct options *options;
	const struct ftp_url *url;
	struct control control;
	struct data data;
	struct save save;
	struct progress progress;
	int64_t have;                  /* with what was there before */
	int64_t size;                  /* of the whole; -1: not known */
	char time[SAVE_VALIDATOR_MAX]; /* of its last change, or "" */
};

/* What came by then is kept: say how much, and how a file goes on. */
static int
cut(struct transfer *t, const char *reason)
{
	const bool continues = t->save.file && !t->url->folder;
	char text[FTP_LINE_MAX + 128], of[32] = "";

	if (t->size >= 0)
		snprintf(of, sizeof of, " of %" PRId64, t->size);
	snprintf(text, sizeof text, "%s, after %" PRId64 "%s bytes%s", reason,
	    t->have, of, continues ? "; --continue gets the rest" : "");
	return complain(EXIT_CUT, t->control.name, text);
}

/* RFC 3659; servers that do not know it are as good as others. */
static int
look(struct transfer *t)
{
	int code = control_ask(&t->control, "TYPE", "I");

	if (code / 100 != 2)
		return control_refused(&t->control, code);
	code = control_ask(&t->control, "SIZE", t->url->path);
	if (code < 0)
		return -code;
	t->size = code == 213 ? ftp_number(t->control.reply.text) : -1;
	code = control_ask(&t->control, "MDTM", t->url->path);
	if (code < 0)
		return -code;
	if (code == 213 && strlen(t->control.reply.text) < sizeof t->time)
		memcpy(t->time, t->control.reply.text,
		    strlen(t->control.reply.text) + 1);
	return EXIT_OK;
}

static void
begin_anew(struct transfer *t, const char *why)
{
	t->have = 0;
	if (!t->options->quiet)
		(void)complain(0, t->save.name, why);
}

/* EXIT_OK; others are told. */
static int
judge_rest(struct transfer *t)
{
	char text[96];

	if (t->save.validator[0] != '\0' && t->time[0] != '\0' &&
	    strcmp(t->save.validator, t->time) != 0) {
		begin_anew(t,
		    "the server has another version of it, so it "
		    "begins anew");
		return EXIT_OK;
	}
	if (t->size < 0 || t->have <= t->size)
		return EXIT_OK;
	snprintf(text, sizeof text,
	    "%" PRId64 " bytes are here already, and %" PRId64 " there",
	    t->have, t->size);
	return complain(EXIT_ANSWER, t->control.name, text);
}

/* REST comes right before the command that it is about (RFC 3659, 5). */
static int
ask_for_rest(struct transfer *t)
{
	char from[24];
	int code;

	if (t->have == 0)
		return EXIT_OK;
	snprintf(from, sizeof from, "%" PRId64, t->have);
	code = control_ask(&t->control, "REST", from);
	if (code < 0)
		return -code;
	if (code != 350)
		begin_anew(t, "the server sends all of it, so it begins anew");
	return EXIT_OK;
}

/* The command that has data for its answer, up to where they come. */
static int
open_data(struct transfer *t, const char *verb, const char *argument)
{
	int code = data_prepare(&t->data);

	if (code == EXIT_OK)
		code = ask_for_rest(t);
	if (code != EXIT_OK)
		return code;
	code = control_ask(&t->control, verb, argument);
	if (code / 100 != 1)
		return control_refused(&t->control, code);
	return data_open(&t->data);
}

/* The data have ended.  Whether they were all the server says afterwards. */
static int
close_data(struct transfer *t)
{
	char text[FTP_LINE_MAX + 32];
	int code;

	data_finish(&t->data);
	code = t->data.told != 0 ? t->data.told : control_hear(&t->control);
	if (code < 0)
		return cut(t, "the server did not say that it was all");
	if (code / 100 != 2) {
		snprintf(text, sizeof text, "the server says %d %s", code,
		    t->control.reply.text);
		return cut(t, text);
	}
	if (t->size > t->have)
		return cut(t, "it ended before the file did");
	return EXIT_OK;
}

static int
receive(struct transfer *t)
{
	const void *view;
	int code = EXIT_OK;
	ssize_t n = 0;

	while (code == EXIT_OK &&
	    (n = sock_peek(t->data.stream, &view, 1, patience(t->options))) >
		0) {
		code = save_write(&t->save, view, (size_t)n);
		sock_skip(t->data.stream, (size_t)n);
		t->have += n;
		progress_show(&t->progress, t->have);
		if (code == EXIT_OK && is_over(t->options->deadline))
			code = cut(t, sock_strerror(-ETIMEDOUT));
	}
	if (code != EXIT_OK)
		return code;
	return n < 0 ? cut(t, sock_last_error()->reason) : close_data(t);
}

static int
get_file(struct transfer *t)
{
	int code = look(t);

	t->have = t->save.had;
	if (code == EXIT_OK && t->have > 0)
		code = judge_rest(t);
	if (code != EXIT_OK || (t->have > 0 && t->have == t->size))
		return code;
	code = open_data(t, "RETR", t->url->path);
	if (code == EXIT_OK)
		code = save_begin(&t->save, t->have > 0, t->time);
	if (code != EXIT_OK)
		return code;
	t->progress.on =
	    !t->options->quiet && isatty(STDERR_FILENO) && !t->save.shown;
	progress_begin(&t->progress, t->have, t->size);
	code = receive(t);
	if (code == EXIT_OK)
		progress_end(&t->progress, t->have);
	return code;
}

/* Lines, which end in CR LF on their way. */
static int
receive_list(struct transfer *t)
{
	char line[FTP_LINE_MAX + 1];
	int code = EXIT_OK;
	ssize_t n = 0;

	while (code == EXIT_OK &&
	    (n = sock_read_line(t->data.stream, line, FTP_LINE_MAX,
		 patience(t->options))) >= 0) {
		line[n] = '\n';
		code = save_write(&t->save, line, (size_t)n + 1);
		t->have += n + 1;
		if (code == EXIT_OK && is_over(t->options->deadline))
			code = cut(t, sock_strerror(-ETIMEDOUT));
	}
	if (code != EXIT_OK)
		return code;
	if (n == SOCK_ETOOBIG)
		return complain(EXIT_MALFORMED, t->control.name,
		    "a line of the list is over 4 KiB");
	if (n == SOCK_EEOF)
		return close_data(t);
	return cut(t, sock_last_error()->reason);
}

static int
list_folder(struct transfer *t)
{
	const char *path = t->url->path;
	char safe[FTP_PATH_MAX + 2];
	int code;

	/* "-la" would be an option to many servers. */
	snprintf(safe, sizeof safe, "%s%s", path[0] == '-' ? "./" : "", path);
	code = open_data(t, t->options->listing, safe[0] != '\0' ? safe : NULL);
	if (code == EXIT_OK)
		code = save_begin(&t->save, false, "");
	return code == EXIT_OK ? receive_list(t) : code;
}

int
ftp_get(const char *name, const struct ftp_url *url, const struct options *o)
{
	struct transfer t = { .options = o,
		.url = url,
		.control = { .options = o, .url = url, .name = name },
		.size = -1 };
	int code = save_open(&t.save, o->output, o->resume), end;

	t.data.control = &t.control;
	if (code == EXIT_OK)
		code = control_open(&t.control);
	if (code == EXIT_OK)
		code = url->folder ? list_folder(&t) : get_file(&t);
	data_close(&t.data);
	/* It says good-bye; nobody waits for the answer. */
	if (code == EXIT_OK)
		(void)sock_write(t.control.stream, "QUIT\r\n", 6, patience(o));
	control_close(&t.control);
	end = save_end(&t.save, code == EXIT_OK);
	return code == EXIT_OK ? end : code;
}
