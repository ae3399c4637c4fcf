/*
 * keyed_watch.h
 *	  Which columns have a trigger UPDATE OF: an update must not name them for rows without a cell.
 */
#ifndef PG_XLSX_KEYED_WATCH_H
#define PG_XLSX_KEYED_WATCH_H

#include "pg/pg_xlsx.h"

#include "profile/profile.h"

/*
 * By profile column: blank cells keep what is there, is_updated says that it is updated, and a
 * trigger of the target, of a partition or of a table behind a view fires when an update names it.
 * In the current memory context; NULL: there is no such column.
 */
extern bool *keyed_watched_columns(const Profile *profile, const bool *is_updated);

#endif							/* PG_XLSX_KEYED_WATCH_H */
