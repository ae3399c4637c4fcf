/*
 * unheard.h
 *	  Events for which the NOTIFY queue has no room.
 *
 * All databases of a server share the queue. A session that listens and does not end its
 * transaction lets it grow, and when it is full, every transaction with a NOTIFY fails at its
 * commit. So above pg_xlsx.max_notify_usage no event is sent. Progress is left out, since the rows
 * tell it. Other events wait in a table, and sweeps send them when there is room.
 */
#ifndef PG_XLSX_UNHEARD_H
#define PG_XLSX_UNHEARD_H

#include "pg/pg_xlsx.h"

/* Called by _PG_init while libraries are preloaded. */
extern void unheard_init(void);

/* Has the queue no room for events? The log says once that it has none, and once that it has some again. */
extern bool unheard_is_full(void);

/* Keeps the payload of an event until there is room, if the current transaction commits. */
extern void unheard_keep(const char *payload);

/*
 * Sends some of the events that wait, the oldest first, if there is room. Returns true when there
 * may be more that can be sent. *waiting: are there events that cannot be sent now?
 */
extern bool unheard_send(const char *channel, bool *waiting);

#endif							/* PG_XLSX_UNHEARD_H */
