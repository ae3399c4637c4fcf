/*
 * role_limits.h
 *	  What a role, or each tenant of it, may have at most: xlsx.limit_role.
 *
 * All functions need a transaction and raise an error, SQLSTATE 53400, when one more would be too
 * many. Where a limit is set, two transactions of a role are checked one after the other, so both
 * cannot pass. A role without limits pays for one look into an index.
 */
#ifndef PG_XLSX_ROLE_LIMITS_H
#define PG_XLSX_ROLE_LIMITS_H

#include "pg/pg_xlsx.h"

/*
 * Before a task of the role is made. waits: it enters the queue. Otherwise it is an import in the
 * caller's transaction, which may be long: it keeps no other from being checked, so imports that
 * run at the same time may exceed tasks_per_hour by their number.
 */
extern void role_limits_check_task(Oid role, const char *tenant, bool waits);

/* Before a task of the role that had ended waits again. */
extern void role_limits_check_retry(Oid role, const char *tenant);

/* After the size of one of the role's files was written. */
extern void role_limits_check_bytes(Oid role, const char *tenant);

/* Raises the error for a row beyond rows_per_task. */
extern void role_limits_refuse_row(const char *role, int64 rows_per_task) __attribute__((noreturn));

#endif							/* PG_XLSX_ROLE_LIMITS_H */
