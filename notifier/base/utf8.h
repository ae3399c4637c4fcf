/*
 * utf8.h
 *	  Well-formed UTF-8 as in Unicode 15, table 3-7: no overlong forms, no surrogates.
 */
#ifndef NOTIFIER_UTF8_H
#define NOTIFIER_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Length of the well-formed sequence at the start of text; 0 if there is none, or len is 0. */
extern size_t utf8_sequence(const char *text, size_t len);

extern bool utf8_valid(const char *text, size_t len);

#endif							/* NOTIFIER_UTF8_H */
