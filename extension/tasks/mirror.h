/*
 * mirror.h
 *	  The progress of tasks in Redis, for readers that have Redis and no SQL.
 *
 * A hash a task, "pg_xlsx:<system>:<database>:task:<id>", with the fields
 * status, phase, progress, totalRows, validatedRows, errorRows, savedRows,
 * attempts and updatedAt, and a TTL of pg_xlsx.upload_ttl.  The row is the truth: the hash is
 * written after the commit, and left out when Redis does not answer.  Nothing
 * happens where pg_xlsx.redis_url is not set.
 */
#ifndef PG_XLSX_MIRROR_H
#define PG_XLSX_MIRROR_H

#include "pg/pg_xlsx.h"

/* The task as its row is now goes to Redis when the current transaction commits. */
extern void mirror_task(int64 task);

/* The same for one that is deleted. */
extern void mirror_remove(int64 task);

#endif							/* PG_XLSX_MIRROR_H */
