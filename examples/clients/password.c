/* SPDX-License-Identifier: MIT */
#include "password.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static volatile sig_atomic_t caught;

static void
note(int signal)
{
	caught = signal;
}

/* Byte by byte: what is behind the line is somebody else's. */
static bool
read_line(int fd, char buf[PASSWORD_MAX])
{
	size_t n = 0;
	ssize_t got = 0;

	while (n < PASSWORD_MAX && (got = read(fd, buf + n, 1)) == 1)
		if (buf[n++] == '\n')
			break;
	if (n > 0 && buf[n - 1] == '\n')
		n--;
	if (n == PASSWORD_MAX || got < 0)
		return false;
	buf[n] = '\0';
	return strlen(buf) == n && n > 0;
}

static bool
read_file(const char *path, char buf[PASSWORD_MAX])
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	const bool ok = fd >= 0 && read_line(fd, buf);

	if (fd >= 0)
		close(fd);
	return ok;
}

static bool
ask_quietly(int fd, const char *prompt, char buf[PASSWORD_MAX])
{
	struct termios before, quiet;
	bool ok;

	if (tcgetattr(fd, &before) < 0)
		return false;
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	quiet.c_lflag |= ECHONL;
	ok = tcsetattr(fd, TCSAFLUSH, &quiet) == 0 &&
	    write(fd, prompt, strlen(prompt)) >= 0 && read_line(fd, buf);
	(void)tcsetattr(fd, TCSAFLUSH, &before);
	return ok;
}

static bool
ask(const char *prompt, char buf[PASSWORD_MAX])
{
	/* Without SA_RESTART: ^C ends the reading, and the terminal is put
	 * right before the signal does what it does. */
	const struct sigaction ours = { .sa_handler = note };
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT,
		SIGTSTP };
	enum {
		COUNT = sizeof signals / sizeof signals[0]
	};
	struct sigaction theirs[COUNT];
	const int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	bool ok;
	int i;

	if (fd < 0)
		return false;
	caught = 0;
	for (i = 0; i < COUNT; i++)
		sigaction(signals[i], &ours, &theirs[i]);
	ok = ask_quietly(fd, prompt, buf);
	for (i = 0; i < COUNT; i++)
		sigaction(signals[i], &theirs[i], NULL);
	close(fd);
	if (caught != 0)
		raise(caught);
	return ok && caught == 0;
}

const char *
password_get(const struct password_from *from, char buf[PASSWORD_MAX])
{
	const char *given = getenv(from->environment);

	if (from->file != NULL)
		return read_file(from->file, buf) ?
		    NULL :
		    "no password: the file has none in its first line";
	if (given != NULL && strlen(given) >= PASSWORD_MAX)
		return "the password is over 255 bytes";
	if (given != NULL) {
		memcpy(buf, given, strlen(given) + 1);
		return NULL;
	}
	return ask(from->prompt, buf) ?
	    NULL :
	    "no password: no file, no variable, and nothing was typed";
}
