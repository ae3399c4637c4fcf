/*
 * store.h
 *	  Where the bytes of an uploaded workbook wait for their task.
 *
 * A store keeps numbered chunks of PG_XLSX_CHUNK_BYTES (the last one may be
 * shorter) under the id of a row of xlsx_private.file.  All calls need a
 * transaction.
 */
#ifndef PG_XLSX_STORE_H
#define PG_XLSX_STORE_H

#include "pg_xlsx.h"

#include "core/source.h"

typedef struct Store
{
	const char *name;
	void		(*put) (int64 file, int32 no, bytea *data);
	/* Copies chunk no into buffer (PG_XLSX_CHUNK_BYTES); -1 when it is not there, else its length. */
	int			(*get) (int64 file, int32 no, char *buffer);
	void		(*remove) (int64 file);
} Store;

extern const Store store_table;

/* The store that is in force for new files and for this one alike. */
extern const Store *store_current(void);

/*
 * A byte source over a stored file; lives in context.  The last chunk read
 * and the end of the file (where the directory of a zip lies) are kept.
 */
extern void store_source(XlsxSource *source, int64 file, uint64 size, MemoryContext context);

#endif							/* PG_XLSX_STORE_H */
