/*
 * hangup.h
 *	  Detects that a peer hung up while its socket is not read.
 *
 * The loop does not poll a socket that is not read, and would spin if it did.
 * An edge-triggered epoll set reports the end at once.
 */
#ifndef NOTIFIER_HANGUP_H
#define NOTIFIER_HANGUP_H

#include <stdbool.h>

extern bool hangup_open(void (*gone) (void *arg));
extern void hangup_watch(int descriptor, void *arg);
extern void hangup_forget(int descriptor);
extern void hangup_close(void);

#endif							/* NOTIFIER_HANGUP_H */
