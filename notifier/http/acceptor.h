/*
 * acceptor.h
 *	  The listening socket: takes connections as long as there is room for them.
 *
 * libwebsockets' own would be ready for reading, over and over, while there
 * are more clients than it has places; here they wait in the kernel instead,
 * and are taken when somebody has left.
 */
#ifndef NOTIFIER_ACCEPTOR_H
#define NOTIFIER_ACCEPTOR_H

#include <stdbool.h>
#include <stdint.h>

/* Takes a connection over, and closes it when it cannot. */
typedef void (*AcceptorTake) (int descriptor);

/*
 * address is one of this machine's, a name of it, or an interface; port 0 is
 * replaced by the one that was taken.  False when it cannot listen, with errno.
 */
extern bool acceptor_open(const char *address, int *port, int64_t most, AcceptorTake take);

/* So many connections are open now: goes on where there is room again. */
extern void acceptor_update(int64_t open);

#endif							/* NOTIFIER_ACCEPTOR_H */
