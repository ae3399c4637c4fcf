/*
 * guc.h
 *	  The settings pg_xlsx.*. The rest of the code only reads them.
 */
#ifndef PG_XLSX_GUC_H
#define PG_XLSX_GUC_H

#include "pg/pg_xlsx.h"

#include "core/limits.h"

/* The part of each name before the dot. */
#define GUC_PREFIX "pg_xlsx"

extern int	pg_xlsx_max_workers;
extern int	pg_xlsx_max_workers_per_role;	/* 0: max_workers - 1 */
extern int	pg_xlsx_max_attempts;
extern int	pg_xlsx_task_timeout;	/* milliseconds; 0: none */
extern int	pg_xlsx_retry_delay;	/* milliseconds */
extern int	pg_xlsx_patience;	/* seconds */
extern int	pg_xlsx_progress_interval;	/* milliseconds */
extern int	pg_xlsx_upload_ttl; /* seconds */
extern int	pg_xlsx_max_spool_bytes;	/* MB */
extern bool pg_xlsx_enabled;
extern bool pg_xlsx_read_ahead;
extern int	pg_xlsx_keep_completed_jobs;
extern int	pg_xlsx_keep_failed_jobs;
extern int	pg_xlsx_max_notify_usage;	/* percent */
extern int	pg_xlsx_keep_tasks; /* seconds; 0: without limit; SQL reads it, and the settings of its kind (retention.sql) */
extern char *pg_xlsx_redis_url;	/* "": files are stored in a table; it may contain a password, so never show it */
extern int	pg_xlsx_redis_timeout;	/* milliseconds */
extern char *pg_xlsx_default_profile;	/* "" when unset */

extern char *pg_xlsx_tenant_setting;	/* "" when unset; see tables/tenant.h */

extern void guc_define(void);

/* Could a role make a setting of this name by SET? Its name has a dot, and does not begin with "pg_xlsx.". */
extern bool guc_is_custom_name(const char *name, size_t length);

/* The budgets of the reader (core/limits.h) as set now. */
extern void guc_limits(XlsxLimits *limits);

#endif							/* PG_XLSX_GUC_H */
