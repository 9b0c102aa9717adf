/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_ENGINE_TOLD_H
#define SOCKI_ENGINE_TOLD_H

#include <stddef.h>

/*
 * Tools that follow stacks must be told of ours: AddressSanitizer and
 * ThreadSanitizer (sanitizer/common_interface_defs.h, tsan_interface.h) of
 * each switch, valgrind (valgrind.h) of each stack.  Elsewhere this is nothing.
 */

#if defined(__SANITIZE_ADDRESS__)
#define TOLD_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TOLD_ASAN 1
#endif
#endif

#if defined(__SANITIZE_THREAD__)
#define TOLD_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TOLD_TSAN 1
#endif
#endif

#if defined(__has_include)
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#define TOLD_STACK_MADE(low, high) VALGRIND_STACK_REGISTER(low, high)
#define TOLD_STACK_GONE(id) VALGRIND_STACK_DEREGISTER(id)
/* Its search for leaks reads whatever the maps do not forbid, word by word. */
#define TOLD_READS_MAPS (RUNNING_ON_VALGRIND != 0)
#endif
#endif
#ifndef TOLD_STACK_MADE
#define TOLD_STACK_MADE(low, high) ((void)(low), (void)(high), 0U)
#define TOLD_STACK_GONE(id) ((void)(id))
#define TOLD_READS_MAPS false
#endif

/* What the tools know a stack by. */
struct told {
#ifdef TOLD_ASAN
	void *fake; /* the stack of AddressSanitizer's use-after-return */
	const void *low;
	size_t size;
#endif
#ifdef TOLD_TSAN
	void *fiber;
#endif
	char none_;
};

#ifdef TOLD_ASAN
void __sanitizer_start_switch_fiber(void **fake, const void *low, size_t n);
void __sanitizer_finish_switch_fiber(void *fake, const void **low, size_t *n);
void __asan_unpoison_memory_region(const volatile void *p, size_t n);
#endif
#ifdef TOLD_TSAN
void *__tsan_get_current_fiber(void);
void *__tsan_create_fiber(unsigned flags);
void __tsan_destroy_fiber(void *fiber);
void __tsan_switch_to_fiber(void *fiber, unsigned flags);
#endif

/* The stack that runs now: a thread's own. */
static inline void
told_thread(struct told *t)
{
	(void)t;
#ifdef TOLD_TSAN
	t->fiber = __tsan_get_current_fiber();
#endif
}

static inline void
told_new(struct told *t, const void *low, size_t size)
{
	(void)t, (void)low, (void)size;
#ifdef TOLD_ASAN
	t->fake = NULL;
	t->low = low;
	t->size = size;
#endif
#ifdef TOLD_TSAN
	t->fiber = __tsan_create_fiber(0);
#endif
}

static inline void
told_gone(struct told *t)
{
	(void)t;
#ifdef TOLD_ASAN
	/*
	 * Its first frames never returned, and whoever has this memory next may
	 * be a thread of the program's, whose thread-locals lie there.
	 */
	__asan_unpoison_memory_region(t->low, t->size);
#endif
#ifdef TOLD_TSAN
	__tsan_destroy_fiber(t->fiber);
#endif
}

/* Right before a switch; for_good: from will never run again. */
static inline void
told_leave(struct told *from, const struct told *to, int for_good)
{
	(void)from, (void)to, (void)for_good;
#ifdef TOLD_ASAN
	__sanitizer_start_switch_fiber(for_good ? NULL : &from->fake, to->low,
	    to->size);
#endif
#ifdef TOLD_TSAN
	__tsan_switch_to_fiber(to->fiber, 0);
#endif
}

/* Right after a switch, on the stack that runs now, with whence it came. */
static inline void
told_arrive(struct told *now, struct told *from)
{
	(void)now, (void)from;
#ifdef TOLD_ASAN
	const void *low;
	size_t size;

	__sanitizer_finish_switch_fiber(now->fake, &low, &size);
	/* A thread's own stack is learnt when it is left. */
	from->low = low;
	from->size = size;
#endif
}

#endif
