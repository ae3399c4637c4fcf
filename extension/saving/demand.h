/*
 * demand.h
 *	  What a sheet must have, in the mode of the import.
 *
 * A row that is updated keeps what it has in columns that the sheet does not fill. So a mode that
 * only updates needs its key, and one that does both asks a row for its NOT NULL columns when it
 * turns out to be new.
 */
#ifndef PG_XLSX_DEMAND_H
#define PG_XLSX_DEMAND_H

#include "pg/pg_xlsx.h"

#include "saving/save_task.h"

/*
 * Sets only_updates of the profile, and required, needs_header and asked_late of its columns. Uses
 * profile and mode of the task. Raises an error when the mode looks for a key and the profile has
 * none (key.h).
 */
extern void save_demand(const SaveTask *task);

#endif							/* PG_XLSX_DEMAND_H */
