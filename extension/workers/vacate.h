/*
 * vacate.h
 *	  Stops workers for commands that they would be in the way of.
 *
 * DROP and RENAME DATABASE wait five seconds for other connections to end, and then fail. DROP
 * and ALTER EXTENSION need locks that an import holds. So the database's workers are stopped
 * first, and none is started until the command has ended. Their tasks then go on, if they still
 * exist.
 */
#ifndef PG_XLSX_VACATE_H
#define PG_XLSX_VACATE_H

#include "pg/pg_xlsx.h"

/* Called by _PG_init while libraries are preloaded. */
extern void vacate_init(void);

#endif							/* PG_XLSX_VACATE_H */
