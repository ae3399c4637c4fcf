/*
 * guc.c
 *	  The settings, as one table.
 */
#include "pg/guc.h"

#include <ctype.h>
#include <limits.h>

#include "utils/guc.h"

int			pg_xlsx_max_workers;
int			pg_xlsx_max_workers_per_role;
int			pg_xlsx_max_attempts;
int			pg_xlsx_task_timeout;
int			pg_xlsx_retry_delay;
int			pg_xlsx_patience;
int			pg_xlsx_progress_interval;
int			pg_xlsx_upload_ttl;
int			pg_xlsx_max_spool_bytes;
bool		pg_xlsx_enabled;
bool		pg_xlsx_read_ahead;
int			pg_xlsx_keep_completed_jobs;
int			pg_xlsx_keep_failed_jobs;
int			pg_xlsx_max_notify_usage;
int			pg_xlsx_keep_tasks;
char	   *pg_xlsx_redis_url;
int			pg_xlsx_redis_timeout;
char	   *pg_xlsx_default_profile;
char	   *pg_xlsx_tenant_setting;

/* SQL reads them by name (retention.sql). */
static int	keep_by_status[4];
static int	keep_by_kind[4];
static int	keep_audit;
static int	keep_files;

static int	limit_units[XLSX_LIMIT_COUNT];	/* of the reader, in the units of xlsx_limits */

typedef struct IntSetting
{
	const char *name;
	const char *description;
	int		   *variable;
	int			boot;
	int			min;
	int			max;
	GucContext	context;
	int			flags;
} IntSetting;

static const IntSetting int_settings[] = {
	{"pg_xlsx.max_workers", "Tasks that run at the same time, over all databases.",
	&pg_xlsx_max_workers, 4, 1, 64, PGC_SIGHUP, 0},
	{"pg_xlsx.max_workers_per_role", "Tasks of one role that run at the same time; 0 is one less than max_workers, so that others find a worker.",
	&pg_xlsx_max_workers_per_role, 0, 0, 64, PGC_SIGHUP, 0},
	{"pg_xlsx.max_attempts", "Attempts of a task before it fails for good.",
	&pg_xlsx_max_attempts, 3, 1, 100, PGC_SUSET, 0},
	{"pg_xlsx.task_timeout", "Longest time of an attempt of a task, which then fails for good; 0 is no limit.",
	&pg_xlsx_task_timeout, 0, 0, INT_MAX, PGC_SUSET, GUC_UNIT_MS},
	{"pg_xlsx.retry_delay", "Wait before the second attempt; each further wait is (2^n - 1) times as long.",
	&pg_xlsx_retry_delay, 2000, 0, 3600000, PGC_SUSET, GUC_UNIT_MS},
	{"pg_xlsx.patience", "How long a task waits in sum for troubles that pass by themselves, such as a full disk, before it fails; no attempt counts.",
	&pg_xlsx_patience, 3600, 0, INT_MAX, PGC_SUSET, GUC_UNIT_S},
	{"pg_xlsx.progress_interval", "Least time between two progress events of a phase; the first and the last are always sent.",
	&pg_xlsx_progress_interval, 250, 0, 60000, PGC_USERSET, GUC_UNIT_MS},
	{"pg_xlsx.upload_ttl", "How long an uploaded file is kept after its last use.",
	&pg_xlsx_upload_ttl, 3600, 1, INT_MAX, PGC_SUSET, GUC_UNIT_S},
	{"pg_xlsx.keep_completed_jobs", "Attempts that went well, of which xlsx.jobs keeps the last.",
	&pg_xlsx_keep_completed_jobs, 10, 0, INT_MAX, PGC_SIGHUP, 0},
	{"pg_xlsx.keep_failed_jobs", "Attempts that failed, of which xlsx.jobs keeps the last.",
	&pg_xlsx_keep_failed_jobs, 50, 0, INT_MAX, PGC_SIGHUP, 0},
	{"pg_xlsx.max_notify_usage", "Percent of the NOTIFY queue from which on events wait until there is room.",
	&pg_xlsx_max_notify_usage, 90, 0, 100, PGC_SIGHUP, 0},
	{"pg_xlsx.keep_tasks", "How long a task is kept after its end, with its error rows; 0 is for ever.",
	&pg_xlsx_keep_tasks, 0, 0, INT_MAX, PGC_SIGHUP, GUC_UNIT_S},
	{"pg_xlsx.keep_completed", "How long a task is kept that is COMPLETED; 0 is for ever, -1 as long as keep_tasks says.",
	&keep_by_status[0], -1, -1, INT_MAX, PGC_SIGHUP, GUC_UNIT_S},
	{"pg_xlsx.keep_has_errors", "How long a task is kept that is HAS_ERRORS; 0 is for ever, -1 as long as keep_tasks says.",
	&keep_by_status[1], -1, -1, INT_MAX, PGC_SIGHUP, GUC_UNIT_S},
	{"pg_xlsx.keep_failed", "How long a task is kept that is FAILED; 0 is for ever, -1 as long as keep_tasks says.",
	&keep_by_status[2], -1, -1, INT_MAX, PGC_SIGHUP, GUC_UNIT_S},
	{"pg_xlsx.keep_cancelled", "How long a task is kept that is CANCELLED; 0 is for ever, -1 as long as keep_tasks says.",
	&keep_by_status[3], -1, -1, INT_MAX, PGC_SIGHUP, GUC_UNIT_S},
	{"pg_xlsx.keep_errors", "How long error and warning rows are kept after the end of their task; 0 is as long as the task.",
	&keep_by_kind[0], 0, 0, INT_MAX, PGC_SIGHUP, GUC_UNIT_S},
	{"pg_xlsx.keep_old_rows", "How long rows are kept as they were before an import, for undo; 0 is as long as the task.",
	&keep_by_kind[1], 0, 0, INT_MAX, PGC_SIGHUP, GUC_UNIT_S},
	{"pg_xlsx.keep_task_rows", "How long it is kept what became of each row, after the end of its task; 0 is as long as the task.",
	&keep_by_kind[3], 0, 0, INT_MAX, PGC_SIGHUP, GUC_UNIT_S},
	{"pg_xlsx.keep_undo", "How long it is kept which rows an import inserted, for undo; 0 is as long as the task.",
	&keep_by_kind[2], 0, 0, INT_MAX, PGC_SIGHUP, GUC_UNIT_S},
	{"pg_xlsx.keep_files", "How long the file of a dry run, or of a task with error rows or kept rows, is kept after its end; 0 is as long as the task.",
	&keep_files, 7 * 86400, 0, INT_MAX, PGC_SIGHUP, GUC_UNIT_S},
	{"pg_xlsx.keep_audit", "How long xlsx.audit keeps what was done to tasks; 0 is for ever.",
	&keep_audit, 0, 0, INT_MAX, PGC_SIGHUP, GUC_UNIT_S},
	{"pg_xlsx.max_spool_bytes", "Most bytes of checked rows that wait in temporary files until they are saved; 0: rows that wait go to a table.",
	&pg_xlsx_max_spool_bytes, 2048, 0, INT_MAX, PGC_SUSET, GUC_UNIT_MB},
	{"pg_xlsx.redis_timeout", "Longest wait for an answer of Redis.",
	&pg_xlsx_redis_timeout, 2000, 1, 60000, PGC_SIGHUP, GUC_UNIT_MS},
};

static void
define_int(const IntSetting *s)
{
	DefineCustomIntVariable(s->name, s->description, NULL, s->variable, s->boot, s->min, s->max, s->context, s->flags,
							NULL, NULL, NULL);
}

static int
unit_flag(uint32 unit)
{
	return unit == XLSX_MB ? GUC_UNIT_MB : unit == XLSX_KB ? GUC_UNIT_KB : 0;
}

/* The server copies the name, and keeps a pointer to the description. */
static void
define_limits(void)
{
	for (int i = 0; i < XLSX_LIMIT_COUNT; i++)
	{
		const XlsxLimit *limit = &xlsx_limits[i];

		define_int(&(IntSetting)
		{
			psprintf(GUC_PREFIX ".%s", limit->name), limit->description, &limit_units[i], limit->standard, limit->least,
				limit->most, PGC_SUSET, unit_flag(limit->unit)
		});
	}
}

static bool
is_name_character(char c, bool first)
{
	return isalpha((unsigned char) c) || c == '_' || IS_HIGHBIT_SET(c) || (!first && (isdigit((unsigned char) c) || c == '$'));
}

bool
guc_is_custom_name(const char *name, size_t length)
{
	bool		first = true;
	int			dots = 0;

	for (size_t i = 0; i < length; i++)
	{
		if (name[i] == '.' ? first : !is_name_character(name[i], first))
			return false;
		first = name[i] == '.';
		dots += first;
	}
	return dots > 0 && !first && pg_strncasecmp(name, GUC_PREFIX ".", strlen(GUC_PREFIX ".")) != 0;
}

/* Members divided by dots, none of them empty; one in double quotes may have any character but these. */
static bool
is_path(const char *path)
{
	do
	{
		bool		quoted = *path == '"';
		size_t		length = strcspn(path + quoted, quoted ? "\"" : ".\":");

		if (length == 0 || (quoted && path[1 + length] != '"'))
			return false;
		path += length + 2 * quoted;
	} while (*path == '.' && *++path != '\0');
	return *path == '\0' && path[-1] != '.';
}

static bool
check_tenant_setting(char **value, void **extra, GucSource source)
{
	size_t		length = strcspn(*value, ":");
	const char *path = *value + length;

	(void) extra;
	(void) source;
	if (**value == '\0' || (guc_is_custom_name(*value, length) && (*path == '\0' || is_path(path + 1))))
		return true;
	GUC_check_errdetail("It is the name of a setting with a dot, such as app.tenant, or such a name, a colon, and the path of a member of the JSON object in it, such as request.jwt.claims:org.id.");
	return false;
}

void
guc_define(void)
{
	for (size_t i = 0; i < lengthof(int_settings); i++)
		define_int(&int_settings[i]);
	define_limits();
	DefineCustomBoolVariable("pg_xlsx.enabled",
							 "Start tasks and sweeps.",
							 "Off: what runs goes on to its end, everything else waits. For a copy of a server whose original is still at work.",
							 &pg_xlsx_enabled, true, PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("pg_xlsx.read_ahead",
							 "Read large workbooks in a second process, ahead of the one that checks and saves.",
							 "Rows are saved while they are checked then, where each stands for itself. Takes a background worker.",
							 &pg_xlsx_read_ahead, true, PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("pg_xlsx.default_profile",
							   "Profile of submissions that name none.",
							   "Empty: the only profile there is, or an error.",
							   &pg_xlsx_default_profile, "", PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("pg_xlsx.tenant_setting",
							   "Setting that tells tenants apart who share a role: app.tenant, or request.jwt.claims:org.id for a member of a JSON object.",
							   "Empty: the role alone says whose a task is.",
							   &pg_xlsx_tenant_setting, "", PGC_SUSET, 0, check_tenant_setting, NULL, NULL);
	/* The URL is not checked here: PostgreSQL would log a refused value, with its password. */
	DefineCustomStringVariable("pg_xlsx.redis_url",
							   "Redis that holds uploaded files, as redis://[[user]:password@]host[:port][/database].",
							   "Empty: they wait in a table.",
							   &pg_xlsx_redis_url, "", PGC_SIGHUP, GUC_SUPERUSER_ONLY, NULL, NULL, NULL);
	MarkGUCPrefixReserved(GUC_PREFIX);
}

void
guc_limits(XlsxLimits *limits)
{
	for (int i = 0; i < XLSX_LIMIT_COUNT; i++)
		limits->value[i] = (uint64) limit_units[i] * xlsx_limits[i].unit;
}
