/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_NAME_SERVICES_FILE_H
#define SOCKI_NAME_SERVICES_FILE_H

#include <stddef.h>

/*
 * services(5), for what the registry lacks.  It is kept in memory, in less room
 * than the file has, and looked at again when a second has passed.  Bounded: 1
 * MiB of it is read, and a line of more than 1,023 bytes is left out, as is one
 * whose port is not 1-65535 or whose transport is none of the four.  A file
 * that is not there knows nothing, nor does one that memory lacks for.
 *
 * A name is 1-63 bytes of printable ASCII, not digits alone.  Of lines that
 * fit, that of the first transport wins, then the first one.
 */

#define SERVICES_FILE_NAME_MAX 63

/* The port of a name or an alias, in any case of letters; 0: none. */
int socki_services_file_port(const char *name, size_t n, unsigned transports);

/* The name of a port, good until this thread's next call; NULL: none. */
const char *socki_services_file_name(int port, unsigned transports);

/*
 * Reads another file from now on, for tests; NULL: /etc/services.  The path is
 * kept, and no other thread may be looking up.
 */
void socki_services_file_path(const char *path);

#endif
