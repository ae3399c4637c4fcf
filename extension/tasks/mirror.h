/*
 * mirror.h
 *	  Copies the progress of tasks to Redis, for readers that do not use SQL.
 *
 * Each task has a hash, "pg_xlsx:<system>:<database>:task:<id>", with the fields status, phase,
 * progress, totalRows, validatedRows, errorRows, savedRows, attempts and updatedAt. It expires
 * after pg_xlsx.upload_ttl. The hash is written after the commit, and skipped when Redis does not
 * answer; the row of the task is authoritative. Nothing happens when pg_xlsx.redis_url is not
 * set.
 */
#ifndef PG_XLSX_MIRROR_H
#define PG_XLSX_MIRROR_H

#include "pg/pg_xlsx.h"

/* Copies the row of the task to Redis when the current transaction commits. */
extern void mirror_task(int64 task);

/* Removes the hash of a deleted task when the current transaction commits. */
extern void mirror_remove(int64 task);

#endif							/* PG_XLSX_MIRROR_H */
