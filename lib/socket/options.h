/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_SOCKET_OPTIONS_H
#define SOCKI_SOCKET_OPTIONS_H

/* TCP keepalive after idle_s seconds, given up after three probes; 0: off. */
int socki_option_keepalive(int fd, int idle_s);

#endif
