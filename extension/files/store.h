/*
 * store.h
 *	  Where the bytes of an uploaded workbook wait for their task.
 *
 * A store keeps numbered chunks of PG_XLSX_CHUNK_BYTES (the last one may be
 * shorter) under the id of a row of xlsx_private.file.  All calls need a
 * transaction and count with it: after an abort nothing that was put is
 * there, and what was removed still is.
 *
 * The row says which store has a file, so that a change of the settings
 * touches new files only.
 */
#ifndef PG_XLSX_STORE_H
#define PG_XLSX_STORE_H

#include "pg/pg_xlsx.h"

#include "core/source.h"

typedef struct Store
{
	const char *name;
	/* The caller holds a lock on the row of the file, so that no chunk outlives it. */
	void		(*put) (int64 file, int32 no, bytea *data);
	/* Copies chunk no into buffer (PG_XLSX_CHUNK_BYTES); -1 when it is not there, else its length. */
	int			(*get) (int64 file, int32 no, char *buffer);
	void		(*remove) (int64 file);

	/*
	 * Keeps the file for another pg_xlsx.upload_ttl; false: nothing came of it.  NULL when nothing expires by itself.
	 * Who puts the first chunk sees to it that a sweep comes STORE_RENEWALS times within that time.
	 */
	bool		(*renew) (int64 file);
} Store;

extern const Store store_table;
extern const Store store_redis;

/* How often a file is renewed in the time that it would live without. */
#define STORE_RENEWALS 3

/* The store of new files. */
extern const Store *store_for_new(void);

/* The store of this file; store_table when it is not there any more. */
extern const Store *store_of(int64 file);

/*
 * A byte source over a stored file; lives in context.  The last chunk read
 * and the end of the file (where the directory of a zip lies) are kept.
 */
extern void store_source(XlsxSource *source, int64 file, uint64 size, MemoryContext context);

#endif							/* PG_XLSX_STORE_H */
