/*
 * pg_xlsx.h
 *	  What every file of the extension includes first.
 */
#ifndef PG_XLSX_H
#define PG_XLSX_H

#include "postgres.h"

#include "pg/compat.h"

/* Rows of one packet and of one batch of saving (contract of the events, and of the errors' cost). */
#define PG_XLSX_BATCH_ROWS 1000

/* Bytes of one stored chunk of an uploaded file. */
#define PG_XLSX_CHUNK_BYTES (256 * 1024)

/* The n-th argument of an SQL function as a string, otherwise where it is NULL. */
#define PG_XLSX_GETARG_STRING(n, otherwise) \
	(PG_ARGISNULL(n) ? (otherwise) : text_to_cstring(PG_GETARG_TEXT_PP(n)))

#endif							/* PG_XLSX_H */
