/*
 * row_check.h
 *	  One row against a profile that takes cells as they are and has no rules
 *	  but on single cells.
 *
 * It finds good rows.  What is wrong with a bad one it can say only for a
 * plain profile (Profile.plain); of others it is left to stage.h, which has rules and words of its own.
 */
#ifndef PG_XLSX_ROW_CHECK_H
#define PG_XLSX_ROW_CHECK_H

#include "pg/pg_xlsx.h"

#include "check/cell.h"
#include "check/cell_rule.h"
#include "kept/error_form.h"
#include "kept/packet.h"
#include "profile/headers.h"

typedef struct RowCheck
{
	const Profile *profile;
	CellRules	rules;
	const uint32 *source;		/* sheet column of each profile column, 0: none */
	bool		date1904;
	SourceIndex sources;

	/* of the row at hand, by profile column */
	const XlsxCell **cells;		/* NULL: blank */
	CheckedValue *values;
	Violation  *violations;		/* code NULL: fine */
} RowCheck;

typedef enum RowVerdict
{
	ROW_GOOD,
	ROW_BAD,
	ROW_OPEN					/* somebody has to look at it who can say more */
} RowVerdict;

/* What became of a row that was checked elsewhere. */
typedef struct CheckedRow
{
	RowVerdict	verdict;		/* good or bad */
	PackedRow	packed;			/* of a good one */
	const ArrayType *cells;		/* of a bad one, as error_row_add takes them */
	const Jsonb *violations;
} CheckedRow;

/* Can it find the good rows of this profile? */
extern bool row_check_suits(const Profile *profile);

/* In the current memory context; profile, which it must suit, and source must live as long. */
extern void row_check_init(RowCheck *check, const Profile *profile, const CellRules *rules, const uint32 *source,
						   bool date1904);

/* What it finds lives as long as the row, or in the current memory context. Open are bad rows of a profile that is not plain. */
extern RowVerdict row_check(RowCheck *check, const XlsxRow *row);

/* The same under the conditions of check_cell_alone. A row that has nothing in any column is open, too: it may be blank. */
extern RowVerdict row_check_alone(RowCheck *check, const XlsxRow *row);

/* The row at hand, which is bad, of a plain profile, into a form that has just begun. */
extern void row_check_report(const RowCheck *check, uint32 number, ErrorForm *form);

#endif							/* PG_XLSX_ROW_CHECK_H */
