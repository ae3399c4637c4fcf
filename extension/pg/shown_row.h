/*
 * shown_row.h
 *	  Errors of the server that show whole rows.
 */
#ifndef PG_XLSX_SHOWN_ROW_H
#define PG_XLSX_SHOWN_ROW_H

#include "pg/pg_xlsx.h"

/*
 * The detail of an error, without what shows a row ("Failing row contains …") of the target or of
 * a table that a trigger writes: those who read errors may not be allowed to read these. NULL:
 * there is nothing left.
 */
extern const char *shown_row_detail(const ErrorData *error);

#endif							/* PG_XLSX_SHOWN_ROW_H */
