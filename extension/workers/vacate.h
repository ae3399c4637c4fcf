/*
 * vacate.h
 *	  Commands that our workers would be in the way of.
 *
 * DROP and RENAME DATABASE wait five seconds for other connections to go and
 * then give up; DROP and ALTER EXTENSION need locks that an import has.  So the
 * database's workers are stopped first, and none is started until the command
 * has ended: what is still there then goes on.
 */
#ifndef PG_XLSX_VACATE_H
#define PG_XLSX_VACATE_H

#include "pg/pg_xlsx.h"

/* Called by _PG_init while libraries are preloaded. */
extern void vacate_init(void);

#endif							/* PG_XLSX_VACATE_H */
