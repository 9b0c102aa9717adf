/* SPDX-License-Identifier: MIT */
#ifndef SOCK_TEST_UNDER_H
#define SOCK_TEST_UNDER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* What the test runs under. */

#if defined(__has_include)
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif
#ifndef RUNNING_ON_VALGRIND
#define RUNNING_ON_VALGRIND 0
#endif

#if defined(__SANITIZE_THREAD__)
#define UNDER_TSAN 1
#elif defined(__SANITIZE_ADDRESS__)
#define UNDER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_TSAN 1
#elif __has_feature(address_sanitizer)
#define UNDER_ASAN 1
#endif
#endif
#ifndef UNDER_TSAN
#define UNDER_TSAN 0
#endif
#ifndef UNDER_ASAN
#define UNDER_ASAN 0
#endif

/*
 * qemu's user mode: it takes any advice and follows none, guards among them,
 * and a child of a process with threads cannot start any.
 */
static inline bool
under_emulation(void)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	static char here;

	return madvise(&here - (uintptr_t)&here % page, page, 9999) == 0;
}

#endif
