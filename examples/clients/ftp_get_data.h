/* SPDX-License-Identifier: MIT */
#ifndef FTP_GET_DATA_H
#define FTP_GET_DATA_H

#include "ftp_get_control.h"

/* The connection that one transfer goes over. */

struct data {
	struct control *control;
	sock_t listener; /* active: until the server has connected */
	sock_t stream;
	int told; /* the last reply, if it came before they did; or 0 */
};

/*
 * Before the command: agrees on the two ends, and connects to the server's if
 * it is the one that listens.  EXIT_OK, or an exit code, and the error has been
 * told.
 */
int data_prepare(struct data *d);

/* After the reply that opens the transfer (1xx): the stream is there. */
int data_open(struct data *d);

/* All of it has come.  With TLS the server hears that, too. */
void data_finish(struct data *d);

void data_close(struct data *d);

#endif
