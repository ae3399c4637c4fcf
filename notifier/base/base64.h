/*
 * base64.h
 *	  Base64 in both alphabets (RFC 4648, 4 and 5), padded or not.
 */
#ifndef NOTIFIER_BASE64_H
#define NOTIFIER_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Appends the decoded bytes to out. Returns false if text is not base64; out may then hold a part of the bytes. */
extern bool base64_decode(const char *text, size_t len, Buf *out);

#endif							/* NOTIFIER_BASE64_H */
