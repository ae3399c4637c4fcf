/*
 * cell_rule.h
 *	  Checks a rule on one cell.
 */
#ifndef PG_XLSX_CELL_RULE_H
#define PG_XLSX_CELL_RULE_H

#include "pg/pg_xlsx.h"

#include "check/cell.h"

/*
 * Checks a rule about the value (not PlanRule.reads_text), which is good; NULL satisfies all rules but RULE_REQUIRED.  compare is the
 * function of the rule, input that of the column's type (NULL in a process without a transaction).
 */
extern bool cell_rule_fits_value(const JudgePlan *plan, const PlanRule *rule, FmgrInfo *compare, FmgrInfo *input,
								 const CheckedValue *value);

/* Checks a rule about the text, which need not be terminated. */
extern bool cell_rule_fits_text(const JudgePlan *plan, const PlanRule *rule, const char *text, size_t length);

#endif							/* PG_XLSX_CELL_RULE_H */
