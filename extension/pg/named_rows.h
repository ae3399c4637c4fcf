/*
 * named_rows.h
 *	  Rows that statements of one SPI connection read by a name, like a table.
 *
 * They wait in memory, up to work_mem, and beyond that in a temporary file. No role needs a right
 * on them, and no other session sees them. They last until named_rows_free, or until the end of
 * the (sub)transaction that made them.
 */
#ifndef PG_XLSX_NAMED_ROWS_H
#define PG_XLSX_NAMED_ROWS_H

#include "pg/pg_xlsx.h"

#include "access/tupdesc.h"

typedef struct NamedRows NamedRows;

/* Lives in the current memory context, and descriptor must live as long. Add rows, then register. */
extern NamedRows *named_rows_create(const char *name, TupleDesc descriptor);
extern void named_rows_add(NamedRows *rows, const Datum *values, const bool *nulls);
extern int64 named_rows_count(const NamedRows *rows);

/* SPI must be connected. From here on, statements of the connection find the rows. */
extern void named_rows_register(NamedRows *rows);

extern void named_rows_free(NamedRows *rows);

#endif							/* PG_XLSX_NAMED_ROWS_H */
