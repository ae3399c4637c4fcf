/*
 * head_size.h
 *	  Measures the head of a request.
 *
 * libwebsockets parses heads and does not report their length, and it cannot
 * list headers that it does not know. The kernel counts the bytes of each
 * connection, so the length of a head is the number of bytes since the
 * previous request. They may include a part of the body, or of the next
 * request.
 */
#ifndef NOTIFIER_HEAD_SIZE_H
#define NOTIFIER_HEAD_SIZE_H

#include <stdint.h>

/* Bytes that were read from a TCP socket since it was made; TLS's own bytes are included. 0: not known. */
extern int64_t head_size_read(int descriptor);

#endif							/* NOTIFIER_HEAD_SIZE_H */
