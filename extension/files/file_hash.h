/*
 * file_hash.h
 *	  By what a file is known again: SHA-256 of its bytes.
 */
#ifndef PG_XLSX_FILE_HASH_H
#define PG_XLSX_FILE_HASH_H

#include "pg/pg_xlsx.h"

#include "core/source.h"

#define FILE_HASH_BYTES 32

/* Reads all of the source, piece by piece. */
extern void file_hash_of_source(const XlsxSource *source, uint8 hash[FILE_HASH_BYTES]);

#endif							/* PG_XLSX_FILE_HASH_H */
