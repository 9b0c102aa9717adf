/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_BASE_CLOCK_H
#define SOCKI_BASE_CLOCK_H

#include <sock/base.h>

/* Makes sock_now() ask source, for tests of long times; NULL: the kernel. */
void socki_clock_source(sock_time (*source)(void));

/* sock_now() to the kernel's tick, 1 to 10 ms: it costs a fifth. */
sock_time socki_clock_coarse(void);

/* ms later than start, saturating as sock_in() does. */
sock_time socki_clock_add(sock_time start, int64_t ms);

/* Whether a deadline is a point in time, and has passed. */
bool socki_clock_passed(sock_time deadline);

#endif
