/* SPDX-License-Identifier: MIT */
#ifndef SOCK_TEST_NAME_SERVER_H
#define SOCK_TEST_NAME_SERVER_H

#include <arpa/nameser.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "namespace.h"

/*
 * A name server on 127.0.0.1 of a namespace, which is asked by the C library
 * through files of the namespace's own.
 */

struct name_record {
	const char *name; /* without a dot at its end, in small letters */
	uint16_t type;
	const char *data; /* of size bytes, as they lie in a record */
	size_t size;
};

enum {
	NAME_DROPPED = -1, /* no answer at all */
	NAME_IS = 0
};

/* What becomes of a question: an RCODE, or NAME_DROPPED. */
struct name_rule {
	const char *name;
	uint16_t type; /* 0: any */
	int rcode;
};

static const struct name_record *name_records; /* to one without a name */
static const struct name_rule *name_rules;     /* the same */
static _Atomic unsigned name_questions;
static pthread_mutex_t name_lock = PTHREAD_MUTEX_INITIALIZER;
static char name_last[256]; /* that was asked for; under the lock */

/* In place of a file of the machine's. */
static inline void
name_server_file(const char *path, const char *text)
{
	char own[] = "/tmp/sock-names-XXXXXX", real[PATH_MAX];
	const int fd = mkstemp(own);

	CHECK(fd >= 0);
	CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	CHECK(fchmod(fd, 0644) == 0);
	close(fd);
	if (realpath(path, real) == NULL)
		child_skip("no %s", path);
	if (mount(own, real, NULL, MS_BIND, NULL) != 0)
		child_skip("%s cannot be covered", real);
	(void)unlink(own);
}

/* "a.test" of what lies in a question; where it ends. */
static inline size_t
name_server_read(const uint8_t *at, char name[256])
{
	size_t n = 0, used = 0;

	for (; at[n] != 0; n += at[n] + 1u) {
		used += (size_t)snprintf(name + used, 256 - used, "%s%.*s",
		    used > 0 ? "." : "", at[n], (const char *)at + n + 1);
		CHECK(used < 256);
	}
	name[used] = '\0';
	for (used = 0; name[used] != '\0'; used++)
		if (name[used] >= 'A' && name[used] <= 'Z')
			name[used] |= 0x20;
	return n + 1;
}

static inline int
name_server_rcode(const char *name, unsigned type)
{
	const struct name_record *r;
	const struct name_rule *rule;

	for (rule = name_rules; rule->name != NULL; rule++)
		if (strcmp(rule->name, name) == 0 &&
		    (rule->type == 0 || rule->type == type))
			return rule->rcode;
	for (r = name_records; r->name != NULL; r++)
		if (strcmp(r->name, name) == 0)
			return ns_r_noerror;
	return ns_r_nxdomain;
}

static inline void
name_server_last(char *name)
{
	pthread_mutex_lock(&name_lock);
	memcpy(name, name_last, sizeof name_last);
	pthread_mutex_unlock(&name_lock);
}

/* The answer in place of the question; its length, or 0. */
static inline size_t
name_server_answer(uint8_t *message)
{
	const struct name_record *r;
	char name[256];
	size_t n = 12 + name_server_read(message + 12, name);
	const unsigned type = (unsigned)message[n] << 8 | message[n + 1];
	const int rcode = name_server_rcode(name, type);

	atomic_fetch_add(&name_questions, 1);
	pthread_mutex_lock(&name_lock);
	memcpy(name_last, name, sizeof name);
	pthread_mutex_unlock(&name_lock);
	if (rcode == NAME_DROPPED)
		return 0;
	n += 4;
	message[2] = 0x85;
	message[3] = (uint8_t)(0x80 | rcode);
	memset(message + 6, 0, 6);
	for (r = name_records; rcode == 0 && r->name != NULL; r++) {
		if (strcmp(r->name, name) != 0 || r->type != type)
			continue;
		message[7]++;
		memcpy(message + n, "\xc0\x0c\0\0\0\1\0\0\0\5\0", 11);
		message[n + 3] = (uint8_t)type;
		message[n + 11] = (uint8_t)r->size;
		memcpy(message + n + 12, r->data, r->size);
		n += 12 + r->size;
	}
	return n;
}

static inline void *
name_server_run(void *arg)
{
	const int fd = *(int *)arg;
	struct sockaddr_in from;

	for (;;) {
		socklen_t len = sizeof from;
		uint8_t message[4096];
		const ssize_t n = recvfrom(fd, message, 512, 0,
		    (struct sockaddr *)&from, &len);
		size_t size;

		if (n < 17)
			continue;
		size = name_server_answer(message);
		if (size > 0)
			(void)sendto(fd, message, size, 0,
			    (struct sockaddr *)&from, len);
	}
	return NULL;
}

/* Into a namespace with a name server, and what /etc/hosts says there. */
static inline void
name_server_enter(const struct name_record *records,
    const struct name_rule *rules, const char *hosts)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons(53),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	static int fd;
	pthread_t thread;

	namespace_enter();
	if (unshare(CLONE_NEWNS) != 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		child_skip("no namespace of files");
	name_server_file("/etc/hosts", hosts);
	name_server_file("/etc/resolv.conf",
	    "nameserver 127.0.0.1\nsearch corp.test\n");
	name_server_file("/etc/nsswitch.conf", "hosts: files dns\n");
	name_records = records;
	name_rules = rules;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	CHECK(fd >= 0);
	CHECK(bind(fd, (struct sockaddr *)&in, sizeof in) == 0);
	CHECK(pthread_create(&thread, NULL, name_server_run, &fd) == 0);
	CHECK(pthread_detach(thread) == 0);
}

#endif
