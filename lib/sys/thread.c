/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <signal.h>

#include "sys/door.h"
#include "sys/sys.h"

int
socki_sys_thread(void *(*run)(void *), void *arg, size_t stack)
{
	sigset_t all, mask;
	pthread_attr_t attr;
	pthread_t thread;
	int rc = -socki_fault(SOCKI_CALL_thread, NULL);

	if (rc < 0)
		return rc;
	rc = pthread_attr_init(&attr);
	if (rc != 0)
		return -rc;
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (stack > 0)
		(void)pthread_attr_setstacksize(&attr, stack);
	/* The new thread inherits the mask: no signal can slip in before. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &mask);
	rc = pthread_create(&thread, &attr, run, arg);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	pthread_attr_destroy(&attr);
	return -rc;
}
