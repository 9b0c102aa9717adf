/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_SOCKET_GONE_H
#define SOCKI_SOCKET_GONE_H

#include <pthread.h>
#include <stdbool.h>

#include "engine/task.h"

/* Told by the end of a socket; lies on the stack of who waits for it. */
struct socki_gone {
	pthread_mutex_t lock;
	struct socki_queue waiting;
	bool done;
	bool keep_fd; /* the descriptor is not to be closed: */
	int fd;       /* here it is */
};

#endif
