/*
 * keyed_delete.h
 *	  Rows of the file that delete the rows of the target with their keys.
 */
#ifndef PG_XLSX_KEYED_DELETE_H
#define PG_XLSX_KEYED_DELETE_H

#include "pg/pg_xlsx.h"

#include "saving/keyed.h"

/*
 * Deletes, in one statement. A row whose key is not there counts as unchanged, in every mode: the
 * target is already what it asks for. Keeps what xlsx.undo needs. SPI is connected.
 */
extern void keyed_delete(KeyedState *state, const Round *round, SaveOutcome *outcome);

#endif							/* PG_XLSX_KEYED_DELETE_H */
