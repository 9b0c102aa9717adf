/* SPDX-License-Identifier: MIT */
#include <stddef.h>

#include "engine/task.h"

void
socki_queue_init(struct socki_queue *queue)
{
	queue->first = NULL;
	queue->last = &queue->first;
}

void
socki_queue_add(struct socki_queue *queue, struct socki_waiter *waiter)
{
	waiter->next = NULL;
	waiter->link = queue->last;
	*queue->last = waiter;
	queue->last = &waiter->next;
}

void
socki_queue_remove(struct socki_queue *queue, struct socki_waiter *waiter)
{
	if (waiter->link == NULL)
		return;
	*waiter->link = waiter->next;
	if (waiter->next != NULL)
		waiter->next->link = waiter->link;
	else
		queue->last = waiter->link;
	waiter->link = NULL;
}

struct socki_waiter *
socki_queue_wake_first(struct socki_queue *queue)
{
	struct socki_waiter *waiter = queue->first;

	if (waiter == NULL)
		return NULL;
	socki_queue_remove(queue, waiter);
	socki_task_wake(waiter->task);
	return waiter;
}

unsigned
socki_queue_wake(struct socki_queue *queue, unsigned want)
{
	struct socki_waiter *waiter, *next;
	unsigned count = 0;

	for (waiter = queue->first; waiter != NULL; waiter = next) {
		next = waiter->next;
		if ((waiter->want & want) == 0)
			continue;
		socki_queue_remove(queue, waiter);
		socki_task_wake(waiter->task);
		count++;
	}
	return count;
}

int
socki_queue_wait(struct socki_queue *queue, pthread_mutex_t *lock,
    unsigned want, sock_time deadline)
{
	struct socki_waiter waiter = { .task = socki_task(), .want = want };
	int rc;

	socki_task_arm_to_doze(waiter.task);
	socki_queue_add(queue, &waiter);
	pthread_mutex_unlock(lock);
	rc = socki_task_park(waiter.task, NULL, 0, deadline);
	pthread_mutex_lock(lock);
	socki_queue_remove(queue, &waiter);
	return rc;
}
