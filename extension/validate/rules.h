/*
 * rules.h
 *	  The rules of a profile on rows, and across the rows of a file.
 */
#ifndef PG_XLSX_RULES_H
#define PG_XLSX_RULES_H

#include "pg/pg_xlsx.h"

#include "check/judge.h"
#include "kept/packet.h"
#include "validate/row_rule.h"

typedef struct Rules Rules;

/* Compiles the rules. Lives in the current memory context. */
extern Rules *rules_create(const JudgeTask *task, const Judge *judge);

/*
 * packet holds the rows without an error so far; index[] has their indexes in rows[].
 */
extern void rules_check_rows(Rules *rules, const PacketRows *packet, JudgedRow *rows, const int *index);

/*
 * The same for rows that have a violation, so that all their errors are found: gaps holds their good values,
 * and NULL for the others. A rule on a row is checked if all values that it reads are good. A value that must
 * be unique is compared with those of earlier rows without a violation.
 */
extern void rules_check_gaps(Rules *rules, const PacketRows *gaps, JudgedRow *rows, const int *index);

/* Are there any for these two? */
extern bool rules_need_rows(const Rules *rules);

#endif							/* PG_XLSX_RULES_H */
