/* SPDX-License-Identifier: MIT */
#include "screen.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* Another screen, without a cursor (xterm's control sequences). */
#define ENTER "\033[?1049h\033[?25l"
#define LEAVE "\033[0m\033[?25h\033[?1049l"

static struct termios before;
static bool is_open;

static void
say(const char *orders)
{
	if (write(STDOUT_FILENO, orders, strlen(orders)) < 0)
		return; /* the terminal has gone */
}

int
screen_open(void)
{
	static bool registered;
	struct termios raw;

	if (!isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &before) < 0)
		return -1;
	if (!registered)
		atexit(screen_close);
	registered = true;
	raw = before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_iflag &= ~(tcflag_t)IXON; /* a stopped screen stops no signal */
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw) < 0)
		return -1;
	is_open = true;
	say(ENTER);
	return 0;
}

void
screen_close(void)
{
	if (!is_open)
		return;
	is_open = false;
	say(LEAVE);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
}

void
screen_size(size_t *lines, size_t *columns)
{
	struct winsize size = { .ws_row = 0 };

	(void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	*lines = size.ws_row > 0 ? size.ws_row : 24;
	*columns = size.ws_col > 0 ? size.ws_col : 80;
}
