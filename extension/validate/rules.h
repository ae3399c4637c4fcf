/*
 * rules.h
 *	  The rules of a profile: on cells, on rows, and across the rows of a file.
 */
#ifndef PG_XLSX_RULES_H
#define PG_XLSX_RULES_H

#include "pg/pg_xlsx.h"

#include "validate/row_rule.h"
#include "validate/stage.h"

typedef struct Rules Rules;

/* Compiles the rules; an error when an argument does not fit its column. Lives in the current memory context. */
extern Rules *rules_create(const StageTask *task);

/*
 * Rules on cells, for a row whose values have been checked: values has those that are good.  A column whose
 * value breaks one is no longer good.
 */
extern void rules_check_cells(Rules *rules, StageRow *row, const CheckedValue *values);

/*
 * Rules on whole rows and across rows.  packet holds the rows that have no
 * violation so far; index[] has their place in rows[].
 */
extern void rules_check_rows(Rules *rules, const PacketRows *packet, StageRow *rows, const int *index);

/*
 * The same for rows that have a violation, so that it is not their only one:
 * gaps holds what is good of them, NULL for the rest.  A rule on a row is asked where all that
 * it reads is good; a value that must be unique is held against those of rows before it that had no violation.
 */
extern void rules_check_gaps(Rules *rules, const PacketRows *gaps, StageRow *rows, const int *index);

/* Are there any for these two? */
extern bool rules_need_rows(const Rules *rules);

#endif							/* PG_XLSX_RULES_H */
