/* SPDX-License-Identifier: MIT */
#include "table/owners.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "sys/sys.h"

#define LISTING 16384 /* of a folder, at a time */
/* Behind its name the kernel numbers a socket: "socket:[4294967295]". */
#define TARGET_MAX 64
#define PREFIX "socket:["

struct socki_link {
	uint32_t process;
	uint32_t older; /* 1 + the link before it of the same inode; 0: none */
	uint32_t count; /* links of the inode up to this one */
};

struct socki_process {
	int pid;
	char command[16]; /* TASK_COMM_LEN */
};

/* Where the walk is. */
struct walk {
	struct socki_owners *owners;
	int proc;   /* the descriptor of /proc */
	int folder; /* that of /proc/PID/fd */
	int pid;
	bool listed; /* pid has its place in owners->processes */
	unsigned char processes[LISTING];
	unsigned char descriptors[LISTING];
};

void
socki_owners_start(struct socki_owners *owners)
{
	memset(owners, 0, sizeof *owners);
	socki_map_start(&owners->newest);
}

void
socki_owners_end(struct socki_owners *owners)
{
	socki_map_end(&owners->newest);
	socki_free(owners->links);
	socki_free(owners->processes);
	socki_free(owners->found);
	memset(owners, 0, sizeof *owners);
}

/* Room for one more of count things of a size. */
static void *
one_more(void *list, size_t *room, size_t count, size_t size)
{
	const size_t larger = *room == 0 ? 64 : 2 * *room;
	void *moved;

	if (count < *room)
		return list;
	moved = socki_realloc(list, larger * size);
	if (moved != NULL)
		*room = larger;
	return moved;
}

/* A number, all of the text up to end; 0: none. */
static uint64_t
number(const char *text, const char *end)
{
	uint64_t n = 0;

	if (text == end)
		return 0;
	for (; text < end; text++) {
		if (*text < '0' || *text > '9' || n > UINT64_MAX / 10 - 1)
			return 0;
		n = 10 * n + (uint64_t)(*text - '0');
	}
	return n;
}

/* Until act() says other than 0, which ends it. */
static int
for_each_name(struct walk *w, int folder, unsigned char *listing,
    int (*act)(struct walk *w, const char *name))
{
	const char *name;
	ssize_t n;
	size_t at;
	int rc = 0;

	while ((n = socki_sys_getdents(folder, listing, LISTING)) > 0) {
		at = 0;
		while ((name = socki_sys_dirent(listing, (size_t)n, &at)) !=
		    NULL) {
			rc = act(w, name);
			if (rc != 0)
				return rc;
		}
	}
	return 0; /* also when the process has ended meanwhile */
}

static int
list_process(struct walk *w, int pid)
{
	struct socki_owners *o = w->owners;
	struct socki_process *list;
	char path[32];
	ssize_t n = 0;
	int fd;

	list = one_more(o->processes, &o->process_room, o->process_count,
	    sizeof *list);
	if (list == NULL)
		return -ENOMEM;
	o->processes = list;
	list += o->process_count++;
	list->pid = pid;
	(void)snprintf(path, sizeof path, "%d/comm", pid);
	fd = socki_sys_openat(w->proc, path, O_RDONLY);
	if (fd >= 0) {
		n = socki_sys_read(fd, list->command, sizeof list->command - 1);
		socki_sys_close(fd);
	}
	if (n > 0 && list->command[n - 1] == '\n')
		n--;
	list->command[n > 0 ? n : 0] = '\0';
	return 0;
}

static int
add_link(struct socki_owners *o, uint64_t inode)
{
	const uint32_t process = (uint32_t)(o->process_count - 1);
	struct socki_link *list;
	uint64_t *newest;
	uint32_t count = 1;

	list = one_more(o->links, &o->link_room, o->link_count, sizeof *list);
	if (list == NULL)
		return -ENOMEM;
	o->links = list;
	newest = socki_map_put(&o->newest, inode);
	if (newest == NULL)
		return -ENOMEM;
	if (*newest != 0) {
		/* Another descriptor of the same process. */
		if (list[*newest - 1].process == process)
			return 0;
		count += list[*newest - 1].count;
	}
	list[o->link_count] = (struct socki_link){ .process = process,
		.older = (uint32_t)*newest,
		.count = count };
	*newest = ++o->link_count;
	if (count > o->most)
		o->most = count;
	return 0;
}

static int
look_at_descriptor(struct walk *w, const char *name)
{
	const ssize_t prefix = sizeof PREFIX - 1;
	char target[TARGET_MAX];
	ssize_t n;
	uint64_t inode;
	int rc = 0;

	if (*name == '.')
		return 0;
	n = socki_sys_readlinkat(w->folder, name, target, sizeof target);
	if (n == -EACCES)
		return 1; /* as it will be for the rest of them */
	if (n <= prefix || memcmp(target, PREFIX, (size_t)prefix) != 0)
		return 0;
	inode = number(target + prefix, target + n - 1);
	if (inode == 0)
		return 0;
	if (!w->listed)
		rc = list_process(w, w->pid);
	w->listed = true;
	return rc < 0 ? rc : add_link(w->owners, inode);
}

static int
look_at_process(struct walk *w, const char *name)
{
	const uint64_t pid = number(name, name + strlen(name));
	char path[32];
	int rc;

	if (pid == 0 || pid > INT_MAX)
		return 0;
	(void)snprintf(path, sizeof path, "%d/fd", (int)pid);
	w->folder = socki_sys_openat(w->proc, path, O_RDONLY | O_DIRECTORY);
	if (w->folder == -EMFILE || w->folder == -ENFILE ||
	    w->folder == -ENOMEM)
		return w->folder;
	if (w->folder < 0)
		return 0;
	w->pid = (int)pid;
	w->listed = false;
	rc = for_each_name(w, w->folder, w->descriptors, look_at_descriptor);
	socki_sys_close(w->folder);
	return rc < 0 ? rc : 0;
}

int
socki_owners_walk(struct socki_owners *owners, struct socki_why *why)
{
	struct walk *w = socki_alloc(sizeof *w);
	int rc;

	if (w == NULL)
		return -ENOMEM;
	w->owners = owners;
	w->proc = socki_sys_open("/proc", O_RDONLY | O_DIRECTORY, 0);
	rc = w->proc;
	if (rc >= 0) {
		rc = for_each_name(w, w->proc, w->processes, look_at_process);
		socki_sys_close(w->proc);
	}
	socki_free(w);
	if (rc < 0)
		return socki_why(why, rc, "/proc");
	owners->found = socki_alloc((owners->most + 1) * sizeof *owners->found);
	return owners->found == NULL ? -ENOMEM : 0;
}

int
socki_owners_of(struct socki_owners *owners, uint64_t inode,
    const struct sock_owner **out)
{
	uint64_t at = inode == 0 ? 0 : socki_map_get(&owners->newest, inode);
	const struct socki_process *process;
	int count = 0;

	*out = owners->found;
	while (at != 0) {
		process = &owners->processes[owners->links[at - 1].process];
		owners->found[count++] =
		    (struct sock_owner){ process->pid, process->command };
		at = owners->links[at - 1].older;
	}
	return count;
}
