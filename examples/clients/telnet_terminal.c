/* SPDX-License-Identifier: MIT */
#include "telnet_terminal.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct termios before;
static volatile sig_atomic_t changed;

bool
terminal_open(void)
{
	if (tcgetattr(STDIN_FILENO, &before) < 0)
		return false;
	atexit(terminal_restore);
	return true;
}

static void
set(const struct termios *mode)
{
	changed = true;
	/* What is typed ahead is kept, and output that is stopped not waited
	 * for. */
	(void)tcsetattr(STDIN_FILENO, TCSANOW, mode);
}

void
terminal_lines(int escape)
{
	struct termios mode = before;

	if (escape >= 0)
		mode.c_cc[VEOL] = (cc_t)escape;
	set(&mode);
}

void
terminal_bytes(void)
{
	struct termios mode = before;

	/* Return stays a line end, and so does a line end of the server's. */
	mode.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
	mode.c_iflag &= ~(tcflag_t)(IXON | IXOFF | ISTRIP | INLCR | IGNCR);
	mode.c_cc[VMIN] = 1;
	mode.c_cc[VTIME] = 0;
	set(&mode);
}

void
terminal_restore(void)
{
	if (changed)
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &before);
	changed = false;
}

void
terminal_size(uint16_t *columns, uint16_t *lines)
{
	struct winsize size = { .ws_row = 0 };

	(void)ioctl(STDIN_FILENO, TIOCGWINSZ, &size);
	*columns = size.ws_col;
	*lines = size.ws_row;
}
