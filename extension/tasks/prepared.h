/*
 * prepared.h
 *	  Starts tasks that were submitted in a prepared transaction (PREPARE TRANSACTION).
 *
 * Such a transaction cannot wake a worker at its end. The session that runs COMMIT PREPARED does.
 * Without shared_preload_libraries, the worker that the submit started waits for that itself.
 */
#ifndef PG_XLSX_PREPARED_H
#define PG_XLSX_PREPARED_H

#include "pg/pg_xlsx.h"

/* Called by _PG_init while libraries are preloaded. */
extern void prepared_init(void);

#endif							/* PG_XLSX_PREPARED_H */
