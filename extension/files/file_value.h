/*
 * file_value.h
 *	  A workbook as an argument of an SQL function.
 *
 * Every function takes a bytea. A value of xlsx.server_file or xlsx.large_object is an expanded
 * object, which holds no bytes but knows where they are. Functions of pg_xlsx read it piece by
 * piece. Any other function gets all bytes, up to the limit of a bytea. A long value in a table
 * is read piece by piece, too, when it is stored uncompressed.
 */
#ifndef PG_XLSX_FILE_VALUE_H
#define PG_XLSX_FILE_VALUE_H

#include "pg/pg_xlsx.h"

#include "core/source.h"

/* A byte source over the argument. The source allocates in context, and the argument must live as long. */
extern void file_value_source(Datum file, XlsxSource *source, MemoryContext context);

/* A value over a file of the store, for functions that take a bytea. */
extern Datum file_value_stored(int64 file, uint64 size);

/*
 * A value over a server file. Raises an error unless the current role may read files of the
 * server. follow: the last part of the path may be a symbolic link.
 */
extern Datum file_value_of_path(const char *path, bool follow);

/* Raises an error unless the current role may read files of the server. */
extern void file_value_require_right(void);

#endif							/* PG_XLSX_FILE_VALUE_H */
