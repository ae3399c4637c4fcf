/*
 * store.h
 *	  Where the bytes of an uploaded workbook wait for their task.
 *
 * A store keeps numbered chunks of PG_XLSX_CHUNK_BYTES (the last one may be shorter) under the id
 * of a row of xlsx_private.file. All calls need a transaction and belong to it: after an abort,
 * what was put is gone and what was removed is still there.
 *
 * The file's row records its store, so a change of the settings affects new files only.
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
	/* Copies chunk no into buffer (PG_XLSX_CHUNK_BYTES). Returns its length, or -1 when it is not there. */
	int			(*get) (int64 file, int32 no, char *buffer);
	void		(*remove) (int64 file);

	/*
	 * Keeps the file for another pg_xlsx.upload_ttl. Returns false when that failed. NULL when
	 * the store lets nothing expire. The caller that puts the first chunk must schedule sweeps
	 * STORE_RENEWALS times within that time.
	 */
	bool		(*renew) (int64 file);
} Store;

extern const Store store_table;
extern const Store store_redis;

/* How often a file is renewed before it would expire. */
#define STORE_RENEWALS 3

/* The store for new files. */
extern const Store *store_for_new(void);

/* The store of this file. When the file is gone: store_table. */
extern const Store *store_of(int64 file);

/*
 * A byte source over a stored file. It lives in context. It caches the last chunks, and the end
 * of the file, which holds the directory of the zip.
 */
extern void store_source(XlsxSource *source, int64 file, uint64 size, MemoryContext context);

#endif							/* PG_XLSX_STORE_H */
