/*
 * known_name.h
 *	  Names that a request may use, and suggestions for others.
 *
 * Lists of names end with NULL.
 */
#ifndef NOTIFIER_KNOWN_NAME_H
#define NOTIFIER_KNOWN_NAME_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * Parameters of every route: a token for clients that cannot set headers, where a stream of events continues, and what
 * makes a request differ from others for caches.
 */
#define KNOWN_EVERYWHERE 3
extern const char *const known_everywhere[KNOWN_EVERYWHERE + 1];

/* Index in the list; -1 if the name is not there. */
extern int	known_name(const char *const *known, const char *name);

/* Is the name a known one, or the same as SQL writes it (dry_run for dryRun)? */
extern bool known_field_is(const char *known, const char *given);

/* Index of the name, also as SQL writes it; -1 if it is not there. */
extern int	known_field(const char *const *known, const char *given);

/* The name that is most like the given one, without case, underscores and dashes; NULL if none is. */
extern const char *known_name_meant(const char *const *known, const char *given);

/*
 * Appends to problem that what ("field", "parameter") is unknown, and which one may be meant. If none is, appends all
 * names to hint. The list is not empty.
 */
extern void known_name_refuse(Buf *problem, Buf *hint, const char *what, const char *const *known, const char *given);

#endif							/* NOTIFIER_KNOWN_NAME_H */
