/*
 * head_size.h
 *	  How long the head of a request was.
 *
 * libwebsockets parses heads and does not say their length, and headers that
 * it does not know cannot be listed.  The kernel counts the bytes of each
 * connection, so the head's length is the bytes that came since the request
 * before.  Some of the body, or of the next request, may be among them.
 */
#ifndef NOTIFIER_HEAD_SIZE_H
#define NOTIFIER_HEAD_SIZE_H

#include <stdint.h>

/* Bytes that were read from a TCP socket since it was made; those of TLS are counted as well.  0: not known. */
extern int64_t head_size_read(int descriptor);

#endif							/* NOTIFIER_HEAD_SIZE_H */
