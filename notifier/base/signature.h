/*
 * signature.h
 *	  Signatures of webhooks, by the rules of Standard Webhooks.
 */
#ifndef NOTIFIER_SIGNATURE_H
#define NOTIFIER_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Fewest bytes of a secret. */
#define SIGNATURE_LEAST_SECRET 24

/*
 * Appends the value of the header webhook-signature: "v1," and the base64 of HMAC-SHA256 over "id.timestamp.body", one for each secret,
 * divided by spaces. secrets: one or more, divided by blanks; "whsec_" and base64, or any other text, whose bytes count.
 */
extern void signature_make(Buf *out, const char *secrets, const char *id, const char *timestamp, const char *body, size_t len);

/* NULL, or what is wrong with the secrets. */
extern const char *signature_problem(const char *secrets);

#endif							/* NOTIFIER_SIGNATURE_H */
