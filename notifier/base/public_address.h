/*
 * public_address.h
 *	  Addresses that anybody on the internet may have.
 */
#ifndef NOTIFIER_PUBLIC_ADDRESS_H
#define NOTIFIER_PUBLIC_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/*
 * False for loopback, private, link-local, shared, multicast and reserved addresses, for IPv6 addresses that lead to such
 * ones of IPv4, and for other families.
 */
extern bool public_address(const struct sockaddr *address);

#endif							/* NOTIFIER_PUBLIC_ADDRESS_H */
