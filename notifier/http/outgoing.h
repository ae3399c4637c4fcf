/*
 * outgoing.h
 *	  Requests of the sidecar to other servers, by libcurl, in the event loop.
 *
 * They follow no redirect and use no proxy. The address is examined when the connection is made, after the name was
 * resolved, so that no name leads to another address than was examined.
 */
#ifndef NOTIFIER_OUTGOING_H
#define NOTIFIER_OUTGOING_H

#include <stdbool.h>
#include <stddef.h>

/* error: NULL, or why there is no answer; it lives during the call. status: of HTTP; 0: none. */
typedef void (*OutgoingDone) (void *arg, int status, const char *error);

extern bool outgoing_open(void);	/* false: libcurl could not start */
extern void outgoing_close(void);	/* requests in flight end without a word */

/*
 * Posts a body of JSON. headers: lines, up to NULL. All arguments are copied. done() is called once, never before the function
 * has returned. private_too: also to addresses that are not public (base/public_address.h).
 */
extern void outgoing_post(const char *url, const char *const *headers, const char *body, size_t len, int timeout_ms, bool private_too,
						  OutgoingDone done, void *arg);

#endif							/* NOTIFIER_OUTGOING_H */
