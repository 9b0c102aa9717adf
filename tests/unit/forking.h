/* SPDX-License-Identifier: MIT */
#ifndef SOCK_TEST_FORKING_H
#define SOCK_TEST_FORKING_H

/*
 * For a test whose children start threads, which ThreadSanitizer refuses by
 * default: what the presets say in TSAN_OPTIONS, for who runs it by hand.
 */
const char *__tsan_default_options(void);

const char *
__tsan_default_options(void)
{
	return "die_after_fork=0";
}

#endif
