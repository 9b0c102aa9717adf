/* SPDX-License-Identifier: MIT */
#include <stdatomic.h>
#include <sys/mman.h>

#include "sys/door.h"
#include "sys/sys.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 /* Linux 6.13 */
#endif

int
socki_sys_map(void **out, size_t n)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	int rc;

	DOOR(rc, mmap,
	    (*out = mmap(NULL, n, PROT_READ | PROT_WRITE, flags, -1, 0)) ==
		    MAP_FAILED ?
		-1 :
		0);
	return rc;
}

int
socki_sys_map_shared(void **out, size_t n)
{
	const int flags = MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE;
	int rc;

	DOOR(rc, mmap,
	    (*out = mmap(NULL, n, PROT_READ | PROT_WRITE, flags, -1, 0)) ==
		    MAP_FAILED ?
		-1 :
		0);
	return rc;
}

void
socki_sys_unmap(void *p, size_t n)
{
	(void)munmap(p, n);
}

int
socki_sys_discard(void *p, size_t n)
{
	int rc;

	DOOR(rc, madvise, madvise(p, n, MADV_DONTNEED));
	return rc;
}

int
socki_sys_guard(void *p, size_t n, bool shown)
{
	static _Atomic bool old; /* a kernel without guards of its own */
	int rc;

	if (!shown && !atomic_load_explicit(&old, memory_order_relaxed)) {
		DOOR(rc, madvise, madvise(p, n, MADV_GUARD_INSTALL));
		if (rc != -EINVAL)
			return rc;
		atomic_store(&old, true);
	}
	DOOR(rc, madvise, mprotect(p, n, PROT_NONE));
	return rc;
}
