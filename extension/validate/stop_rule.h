/*
 * stop_rule.h
 *	  Where the data of a sheet end, by an SQL expression of the profile (stop_at).
 */
#ifndef PG_XLSX_STOP_RULE_H
#define PG_XLSX_STOP_RULE_H

#include "pg/pg_xlsx.h"

#include "check/plan.h"
#include "core/sheet.h"

typedef struct StopRule StopRule;

/* In the current memory context, which must not outlive *task. NULL: stop_at is no expression. */
extern StopRule *stop_rule_create(const JudgeTask *task);

/* Is the expression true for the row? It sees the texts of the cells by column name. An error of the expression is raised. */
extern bool stop_rule_says(StopRule *rule, const XlsxRow *row);

#endif							/* PG_XLSX_STOP_RULE_H */
