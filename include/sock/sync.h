/* SPDX-License-Identifier: MIT */
#ifndef SOCK_SYNC_H
#define SOCK_SYNC_H

#include <sock/base.h>

/*
 * A mutex and a channel, for fibers and threads alike: whoever has to wait
 * parks, until its deadline (SOCK_DEFAULT: for ever) or until its group is
 * cancelled.  A pthread mutex that a fiber waits for, or holds while it waits
 * for something else, stops its worker.
 *
 * Each is freed when nobody uses it any more.  In a child after fork() nobody
 * waits, a mutex is free unless the thread or fiber that forked holds it, and a
 * channel has what was in it.
 */

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct sock_mutex;
struct sock_channel;

/* NULL: out of memory. */
struct sock_mutex *sock_mutex_new(void);

/*
 * Locks it for the calling fiber or thread, in the order in which they came.
 * It is had if the result is 0, and only then, whatever else came meanwhile.
 *
 * 0; -ETIMEDOUT, -EAGAIN (SOCK_NOWAIT), -ECANCELED; SOCK_EUSAGE: the caller
 * has it already, or mutex is NULL.
 */
int sock_mutex_lock(struct sock_mutex *mutex, sock_time deadline);

/*
 * Hands it to whoever has waited longest.  0; SOCK_EUSAGE: the caller does not
 * have it, or mutex is NULL.
 */
int sock_mutex_unlock(struct sock_mutex *mutex);

/* NULL is allowed. */
void sock_mutex_free(struct sock_mutex *mutex);

/*
 * A queue of at most capacity items of item_size bytes each, which are copied
 * in and out.  With a capacity of 0 each item goes from a sender to a receiver
 * that waits.  Items of 0 bytes are no more than counted.
 *
 * NULL: out of memory.
 */
struct sock_channel *sock_channel_new(size_t item_size, size_t capacity);

/*
 * Sends an item, once there is room for it, in the order in which senders
 * came.  After an error it has not been sent, after 0 it has.
 *
 * 0; -EPIPE: the channel is closed; -ETIMEDOUT, -EAGAIN (SOCK_NOWAIT),
 * -ECANCELED; SOCK_EUSAGE: channel is NULL.
 */
int sock_channel_send(struct sock_channel *channel, const void *item,
    sock_time deadline);

/*
 * Receives the oldest item.  After an error none has been taken.
 *
 * 0; SOCK_EEOF: the channel is closed, and nothing is left in it; -ETIMEDOUT,
 * -EAGAIN (SOCK_NOWAIT), -ECANCELED; SOCK_EUSAGE: channel is NULL.
 */
int sock_channel_receive(struct sock_channel *channel, void *item,
    sock_time deadline);

/*
 * Nothing more is sent: who waits to send fails, who receives gets what is
 * left.  0, also the second time; SOCK_EUSAGE: channel is NULL.
 */
int sock_channel_close(struct sock_channel *channel);

/* What is left in it is lost.  NULL is allowed. */
void sock_channel_free(struct sock_channel *channel);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
