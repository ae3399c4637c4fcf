/*
 * acceptor.h
 *	  The listening socket: accepts connections while there is room for them.
 *
 * The listening socket of libwebsockets would be reported as readable over
 * and over while there are more clients than places. Here the clients wait in
 * the kernel, and are accepted when another one has left.
 */
#ifndef NOTIFIER_ACCEPTOR_H
#define NOTIFIER_ACCEPTOR_H

#include <stdbool.h>
#include <stdint.h>

/* Takes ownership of a connection. Closes it if it cannot serve it. */
typedef void (*AcceptorTake) (int descriptor);

/*
 * address is an address or name of this machine, or an interface. Port 0 is
 * replaced by the port that the system chose. False with errno if it cannot
 * listen.
 */
extern bool acceptor_open(const char *address, int *port, int64_t most, AcceptorTake take);

/* Reports how many connections are open now. Accepting continues if there is room again. */
extern void acceptor_update(int64_t open);

#endif							/* NOTIFIER_ACCEPTOR_H */
