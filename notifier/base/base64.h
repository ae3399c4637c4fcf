/*
 * base64.h
 *	  Base64 in both alphabets (RFC 4648, 4 and 5), padded or not.
 */
#ifndef NOTIFIER_BASE64_H
#define NOTIFIER_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Appends the bytes; false when text is none, out may hold a part of it then. */
extern bool base64_decode(const char *text, size_t len, Buf *out);

#endif							/* NOTIFIER_BASE64_H */
