/*
 * known_name.h
 *	  Names that a request may use, and what to say of others.
 *
 * Lists of names end with NULL.
 */
#ifndef NOTIFIER_KNOWN_NAME_H
#define NOTIFIER_KNOWN_NAME_H

#include "base/buf.h"

/* Its place in the list, -1 when it is not there. */
extern int	known_name(const char *const *known, const char *name);

/*
 * Appends a sentence that helps on: the name that was meant, where the given
 * one differs from it only by case, underscores and dashes, else all of them.
 */
extern void known_name_hint(Buf *hint, const char *const *known, const char *given);

#endif							/* NOTIFIER_KNOWN_NAME_H */
