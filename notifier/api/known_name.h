/*
 * known_name.h
 *	  Names that a request may use, and suggestions for others.
 *
 * Lists of names end with NULL.
 */
#ifndef NOTIFIER_KNOWN_NAME_H
#define NOTIFIER_KNOWN_NAME_H

#include "base/buf.h"

/* Index in the list; -1 if the name is not there. */
extern int	known_name(const char *const *known, const char *name);

/*
 * Appends a hint: the right name, if the given one differs from it only by
 * case, underscores and dashes; otherwise all names.
 */
extern void known_name_hint(Buf *hint, const char *const *known, const char *given);

#endif							/* NOTIFIER_KNOWN_NAME_H */
