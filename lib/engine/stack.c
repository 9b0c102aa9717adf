/* SPDX-License-Identifier: MIT */
#include "engine/stack.h"

#include <pthread.h>
#include <stdint.h>
#include <unistd.h>

#include "base/memory.h"
#include "engine/told.h"
#include "sys/sys.h"

#define SLAB_STACKS 64
#define SLABS_KEPT 4
#define CACHE_MAX 64

/*
 * One page more than a power of two between stacks, and 128 bytes between
 * their tops: else the tops of all fibers would share the few cache lines that
 * one set of a cache holds.
 */
#define COLOURS 16
#define COLOUR_STEP 128

struct socki_slab {
	char *memory;
	unsigned taken; /* stacks in use, and in caches */
	struct socki_stack *free;
	struct socki_slab *prev, *next; /* of those with free stacks */
	struct socki_stack stacks[SLAB_STACKS];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct socki_slab *slabs; /* with free stacks */
static unsigned empty;           /* how many of them have nothing else */
static size_t stack_size = SOCKI_STACK_SIZE; /* a multiple of a page */

static size_t
page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static size_t
stride(void)
{
	return stack_size + SOCKI_STACK_GUARD + page_size();
}

static void
link_slab(struct socki_slab *slab)
{
	slab->prev = NULL;
	slab->next = slabs;
	if (slabs != NULL)
		slabs->prev = slab;
	slabs = slab;
}

static void
unlink_slab(struct socki_slab *slab)
{
	if (slab->prev != NULL)
		slab->prev->next = slab->next;
	else
		slabs = slab->next;
	if (slab->next != NULL)
		slab->next->prev = slab->prev;
}

static void
free_slab(struct socki_slab *slab)
{
	unsigned i;

	for (i = 0; i < SLAB_STACKS; i++)
		TOLD_STACK_GONE(slab->stacks[i].told);
	socki_sys_unmap(slab->memory, stride() * SLAB_STACKS);
	socki_free(slab);
}

static int
make_stack(struct socki_slab *slab, unsigned i)
{
	struct socki_stack *stack = &slab->stacks[i];
	char *bottom = slab->memory + stride() * i;
	const size_t guard = SOCKI_STACK_GUARD + page_size();
	const int rc = socki_sys_guard(bottom, guard, TOLD_READS_MAPS);

	if (rc < 0)
		return rc;
	stack->low = bottom + guard;
	stack->high = bottom + stride() - i % COLOURS * COLOUR_STEP;
	stack->told = TOLD_STACK_MADE(stack->low, stack->high);
	stack->slab = slab;
	stack->next = slab->free;
	slab->free = stack;
	return 0;
}

static struct socki_slab *
new_slab(void)
{
	struct socki_slab *slab = socki_zalloc(sizeof *slab);
	void *memory;
	unsigned i;

	if (slab == NULL)
		return NULL;
	if (socki_sys_map(&memory, stride() * SLAB_STACKS) < 0) {
		socki_free(slab);
		return NULL;
	}
	slab->memory = memory;
	for (i = SLAB_STACKS; i-- > 0;)
		if (make_stack(slab, i) < 0) {
			free_slab(slab);
			return NULL;
		}
	return slab;
}

static struct socki_stack *
take_shared(void)
{
	struct socki_slab *slab = slabs;
	struct socki_stack *stack;

	if (slab == NULL) {
		slab = new_slab();
		if (slab == NULL)
			return NULL;
		link_slab(slab);
		empty++;
	}
	stack = slab->free;
	slab->free = stack->next;
	if (slab->taken++ == 0)
		empty--;
	if (slab->free == NULL)
		unlink_slab(slab);
	return stack;
}

static void
give_shared(struct socki_stack *stack)
{
	struct socki_slab *slab = stack->slab;

	if (slab->free == NULL)
		link_slab(slab);
	stack->next = slab->free;
	slab->free = stack;
	if (--slab->taken > 0)
		return;
	if (empty < SLABS_KEPT) {
		empty++;
		/* What its stacks have touched goes back; the guards stay. */
		(void)socki_sys_discard(slab->memory, stride() * SLAB_STACKS);
		return;
	}
	unlink_slab(slab);
	free_slab(slab);
}

struct socki_stack *
socki_stack_take(struct socki_stack_cache *cache)
{
	struct socki_stack *stack;

	if (cache != NULL && cache->free != NULL) {
		stack = cache->free;
		cache->free = stack->next;
		cache->count--;
		return stack;
	}
	pthread_mutex_lock(&lock);
	stack = take_shared();
	pthread_mutex_unlock(&lock);
	return stack;
}

void
socki_stack_give(struct socki_stack_cache *cache, struct socki_stack *stack)
{
	if (cache == NULL) {
		pthread_mutex_lock(&lock);
		give_shared(stack);
		pthread_mutex_unlock(&lock);
		return;
	}
	stack->next = cache->free;
	cache->free = stack;
	if (++cache->count < CACHE_MAX)
		return;
	pthread_mutex_lock(&lock);
	while (cache->count > CACHE_MAX / 2) {
		stack = cache->free;
		cache->free = stack->next;
		cache->count--;
		give_shared(stack);
	}
	pthread_mutex_unlock(&lock);
}

void
socki_stack_resize(size_t size)
{
	const size_t page = page_size();

	if (size == 0)
		size = SOCKI_STACK_SIZE;
	pthread_mutex_lock(&lock);
	stack_size = (size + page - 1) / page * page;
	slabs = NULL;
	empty = 0;
	pthread_mutex_unlock(&lock);
}

size_t
socki_stack_size(void)
{
	size_t size;

	pthread_mutex_lock(&lock);
	size = stack_size;
	pthread_mutex_unlock(&lock);
	return size;
}

void
socki_stack_fork_begin(void)
{
	pthread_mutex_lock(&lock);
}

void
socki_stack_fork_end(void)
{
	pthread_mutex_unlock(&lock);
}
