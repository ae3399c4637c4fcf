/*
 * hangup.h
 *	  Notices that a peer hung up while nobody reads from its socket.
 *
 * The loop does not poll a socket that is not read, and would spin on it if
 * it did; an edge-triggered epoll set beside it tells of the end at once.
 */
#ifndef NOTIFIER_HANGUP_H
#define NOTIFIER_HANGUP_H

#include <stdbool.h>

extern bool hangup_open(void (*gone) (void *arg));
extern void hangup_watch(int descriptor, void *arg);
extern void hangup_forget(int descriptor);
extern void hangup_close(void);

#endif							/* NOTIFIER_HANGUP_H */
