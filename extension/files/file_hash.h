/*
 * file_hash.h
 *	  The hash that identifies a file: SHA-256 of its bytes.
 */
#ifndef PG_XLSX_FILE_HASH_H
#define PG_XLSX_FILE_HASH_H

#include "pg/pg_xlsx.h"

#include "core/source.h"

#define FILE_HASH_BYTES 32

/* Reads the whole source, piece by piece. Raises an error when it cannot. */
extern void file_hash_of_source(const XlsxSource *source, uint8 hash[FILE_HASH_BYTES]);

#endif							/* PG_XLSX_FILE_HASH_H */
