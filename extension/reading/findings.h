/*
 * findings.h
 *	  What a whole column says of texts that can be read in two ways.
 *
 * The text 03.04.1990 is a day in April or in March; 1.234 is one number or another. If nobody has
 * declared which, the column decides: a value such as 25.12.1990 fits one order only. If its values
 * fit only the one and only the other order, or none fits one only, the texts with two readings are
 * refused.
 *
 * The sheet is read for that once more, at the first such text; a sheet without one costs nothing.
 */
#ifndef PG_XLSX_FINDINGS_H
#define PG_XLSX_FINDINGS_H

#include "pg/pg_xlsx.h"

#include "check/plan.h"
#include "reading/rows.h"

typedef struct Findings Findings;

/* Is there a column that the question can concern? */
extern bool findings_concern(const JudgePlan *plan);

/*
 * Looks at all rows behind the header row (0: all), which are still to be read. In the current memory context. Can be
 * interrupted.
 */
extern Findings *findings_look(const JudgePlan *plan, SheetRows *rows, uint32 header_row);

/* Writes into the plan what the columns decide. */
extern void findings_apply(const Findings *findings, const JudgePlan *plan);

/* The same from the stored form, for an attempt after the first. */
extern void findings_apply_stored(const char *json, const Profile *profile, const JudgePlan *plan);

/*
 * The stored form, in the current memory context: a JSON array of an object for each column that holds such texts: column, header,
 * reads ("DMY", ",", …; null: undecided), values (texts), only (how many fit one way only, by way), ambiguous (how many fit two), text
 * (a sentence). all: also columns whose texts are all certain.
 */
extern char *findings_json(const Findings *findings, const Profile *profile, const JudgePlan *plan, bool all);

#endif							/* PG_XLSX_FINDINGS_H */
