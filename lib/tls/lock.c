/* SPDX-License-Identifier: MIT */
#include "tls/lock.h"

#include <pthread.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t change = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void
before(void)
{
	pthread_mutex_lock(&change);
	pthread_mutex_lock(&lock);
}

static void
after(void)
{
	pthread_mutex_unlock(&lock);
	pthread_mutex_unlock(&change);
}

static void
prepare(void)
{
	(void)pthread_atfork(before, after, after);
}

void
socki_tls_change_begin(void)
{
	(void)pthread_once(&once, prepare);
	pthread_mutex_lock(&change);
}

void
socki_tls_change_end(void)
{
	pthread_mutex_unlock(&change);
}

void
socki_tls_lock(void)
{
	(void)pthread_once(&once, prepare);
	pthread_mutex_lock(&lock);
}

void
socki_tls_unlock(void)
{
	pthread_mutex_unlock(&lock);
}
