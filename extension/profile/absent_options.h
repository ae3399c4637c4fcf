/*
 * absent_options.h
 *	  What mode sync does with rows of the target that the file lacks.
 */
#ifndef PG_XLSX_ABSENT_OPTIONS_H
#define PG_XLSX_ABSENT_OPTIONS_H

#include "pg/pg_xlsx.h"

#include "nodes/pg_list.h"

/* max_absent: so many rows at most, "100", or so many percent of the rows in scope, "10%". */
typedef struct MaxAbsent
{
	bool		percent;
	double		most;
} MaxAbsent;

/* Raises an error (22023) unless text is one. */
extern MaxAbsent max_absent_parse(const char *text);

/* One "column = expression" of an option absent. */
typedef struct AbsentSetting
{
	char	   *column;
	char	   *expression;		/* SQL over a row of the target */
} AbsentSetting;

typedef enum AbsentAction
{
	ABSENT_DELETE,
	ABSENT_REPORT,				/* counts them only */
	ABSENT_MARK					/* sets columns */
} AbsentAction;

/*
 * What an option absent asks for: "delete" (also NULL), "report", or the list of an UPDATE's SET.
 * settings gets AbsentSetting for that, in the current memory context. Raises an error (42601)
 * for anything else. The text is read, not run; whether columns exist is found out when it runs.
 */
extern AbsentAction absent_parse(const char *absent, List **settings);

/* The options that an import with this scope and max_absent lacks; raises an error (22023) when it has neither. */
extern void absent_require_limit(const char *scope, const char *max_absent);

/* Checks of options (option_checks.h). */
extern void option_check_scope(const char *scope);
extern void option_check_absent(const char *absent);
extern void option_check_max_absent(const char *max_absent);
extern void option_check_delete_when(const char *expression);

#endif							/* PG_XLSX_ABSENT_OPTIONS_H */
