/* SPDX-License-Identifier: MIT */
#include "sys/fault.h"

#ifdef SOCK_FAULTS

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define RULES_MAX 16

struct rule {
	enum socki_call call;
	int error;         /* 0: a cut */
	size_t max;        /* of a cut */
	unsigned percent;  /* else by count: */
	uint64_t from, to; /* the calls that fail, from 1 */
};

static struct rule rules[RULES_MAX];
static int rule_count;
static _Atomic bool active;
static _Atomic uint64_t counts[SOCKI_CALL_COUNT];
static uint64_t random_state;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static const char *const call_names[] = {
#define NAME(name) #name,
	SOCKI_CALLS(NAME)
#undef NAME
};

static const struct {
	const char *name;
	int error;
} errors[] = {
#define E(name) \
	{ \
#name, name \
	}
	E(EACCES), E(EADDRINUSE), E(EADDRNOTAVAIL), E(EAFNOSUPPORT), E(EAGAIN),
	E(EBADF), E(ECONNABORTED), E(ECONNREFUSED), E(ECONNRESET),
	E(EHOSTUNREACH), E(EINPROGRESS), E(EINTR), E(EINVAL), E(EIO), E(EMFILE),
	E(ENETDOWN), E(ENETUNREACH), E(ENFILE), E(ENOBUFS), E(ENOMEM),
	E(ENOPROTOOPT), E(ENOSYS), E(ENOTCONN), E(EPERM), E(EPIPE), E(EPROTO),
	E(ETIMEDOUT), E(ETOOMANYREFS)
#undef E
};

static bool
is(const char *text, size_t n, const char *word)
{
	return strlen(word) == n && memcmp(text, word, n) == 0;
}

static bool
find_call(struct rule *r, const char *text, size_t n)
{
	size_t i;

	for (i = 0; i < SOCKI_CALL_COUNT; i++)
		if (is(text, n, call_names[i])) {
			r->call = (enum socki_call)i;
			return true;
		}
	return false;
}

static bool
find_error(struct rule *r, const char *text, size_t n)
{
	size_t i;

	for (i = 0; i < sizeof errors / sizeof errors[0]; i++)
		if (is(text, n, errors[i].name)) {
			r->error = errors[i].error;
			return true;
		}
	return false;
}

/* Digits alone: strtoull(3) takes blanks and signs too.  0: no number. */
static uint64_t
number(const char **text)
{
	uint64_t n = 0;

	for (; **text >= '0' && **text <= '9'; ++*text) {
		if (n > UINT64_MAX / 10 - 1)
			return 0;
		n = n * 10 + (uint64_t)(**text - '0');
	}
	return n;
}

/* "CALL:max=N", "CALL:ERROR:N%", "CALL:ERROR@N", "CALL:ERROR@N+" */
static bool
parse_rule(struct rule *r, const char *text, size_t n)
{
	const char *end = text + n;
	const char *colon = memchr(text, ':', n);
	uint64_t percent;
	size_t word;

	memset(r, 0, sizeof *r);
	if (colon == NULL || !find_call(r, text, (size_t)(colon - text)))
		return false;
	text = colon + 1;
	if (strncmp(text, "max=", 4) == 0) {
		text += 4;
		r->max = (size_t)number(&text);
		return text == end && r->max > 0;
	}
	word = strcspn(text, ":@,");
	if (!find_error(r, text, word))
		return false;
	text += word;
	if (*text == ':') {
		text++;
		percent = number(&text);
		r->percent = (unsigned)percent;
		return *text == '%' && text + 1 == end && percent <= 100 &&
		    text[-1] != ':';
	}
	if (*text != '@')
		return false;
	text++;
	r->from = r->to = number(&text);
	if (*text == '+') {
		r->to = UINT64_MAX;
		text++;
	}
	return text == end && r->from > 0;
}

static int
allocation_may_be(size_t n)
{
	(void)n;
	return socki_fault(SOCKI_CALL_alloc, NULL) == 0;
}

int
socki_fault_set(const char *text, uint64_t seed)
{
	struct rule parsed[RULES_MAX];
	int count = 0, i;

	while (text != NULL && *text != '\0') {
		const size_t n = strcspn(text, ",");

		if (count == RULES_MAX || !parse_rule(&parsed[count], text, n))
			return -EINVAL;
		count++;
		text += n + (text[n] == ',');
	}
	pthread_mutex_lock(&lock);
	memcpy(rules, parsed, sizeof rules[0] * (size_t)count);
	rule_count = count;
	random_state = seed * 2 + 1;
	for (i = 0; i < SOCKI_CALL_COUNT; i++)
		atomic_store(&counts[i], 0);
	atomic_store(&active, count > 0);
	socki_memory_hook(allocation_may_be);
	pthread_mutex_unlock(&lock);
	return 0;
}

uint64_t
socki_fault_count(enum socki_call call)
{
	return atomic_load(&counts[call]);
}

bool
socki_fault_active(void)
{
	return atomic_load(&active);
}

/* xorshift64: the same seed, the same luck. */
static unsigned
percentile(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned)(random_state >> 33) % 100;
}

static bool
strikes(const struct rule *r, uint64_t count)
{
	if (r->percent > 0)
		return percentile() < r->percent;
	return count >= r->from && count <= r->to;
}

int
socki_fault(enum socki_call call, size_t *n)
{
	const uint64_t count = atomic_fetch_add(&counts[call], 1) + 1;
	int i, error = 0;

	if (!atomic_load(&active))
		return 0;
	pthread_mutex_lock(&lock);
	for (i = 0; i < rule_count && error == 0; i++) {
		const struct rule *r = &rules[i];

		if (r->call != call)
			continue;
		if (r->error != 0)
			error = strikes(r, count) ? r->error : 0;
		else if (n != NULL && *n > r->max)
			*n = r->max;
	}
	pthread_mutex_unlock(&lock);
	return error;
}

__attribute__((constructor)) static void
read_environment(void)
{
	const char *text = getenv("SOCK_FAULT");
	const char *seed = getenv("SOCK_FAULT_SEED");

	(void)socki_fault_set(text,
	    seed == NULL ? 1 : strtoull(seed, NULL, 10));
}

#else

typedef int socki_fault_is_not_built;

#endif
