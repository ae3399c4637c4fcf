/*
 * file_value.h
 *	  A workbook as an argument of an SQL function.
 *
 * Every function takes a bytea.  One that came from xlsx.server_file or
 * xlsx.large_object holds no bytes but knows where they are (an expanded
 * object): functions of pg_xlsx read it piece by piece, and whoever else looks
 * into it gets all of them, up to the limit of a bytea.  A long value of a
 * table that is not compressed is read piece by piece, too.
 */
#ifndef PG_XLSX_FILE_VALUE_H
#define PG_XLSX_FILE_VALUE_H

#include "pg/pg_xlsx.h"

#include "core/source.h"

/* A byte source over the argument; what it needs lives in context, and the argument must outlive it. */
extern void file_value_source(Datum file, XlsxSource *source, MemoryContext context);

/* A value over a file of the store, for functions that take a bytea. */
extern Datum file_value_stored(int64 file, uint64 size);

/*
 * The value that stands for a server file, if the current role may read files
 * of the server.  follow: through a symbolic link as the last part of the path.
 */
extern Datum file_value_of_path(const char *path, bool follow);

/* Raises an error unless the current role may read files of the server. */
extern void file_value_require_right(void);

#endif							/* PG_XLSX_FILE_VALUE_H */
