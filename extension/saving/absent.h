/*
 * absent.h
 *	  Rows of the target that the file lacks, for a mode that takes the file as all rows of a scope.
 *
 * Order of calls, all in one transaction: absent_create before the first row is saved,
 * absent_note_rows and absent_note_bad_rows for every row of the file, absent_apply when all are
 * saved, absent_free. The keys of the file wait in a temporary file when they are many.
 *
 * The conditions and values in SQL of the profile are evaluated read-only. Rows that have no
 * whole key, or that the key's index leaves out, are not looked at.
 */
#ifndef PG_XLSX_SAVING_ABSENT_H
#define PG_XLSX_SAVING_ABSENT_H

#include "pg/pg_xlsx.h"

#include "kept/packet.h"
#include "saving/save_task.h"

typedef struct Absent Absent;

/*
 * Lives in the current memory context, as *task must. Counts the rows in scope if max_absent is a
 * percent. Raises an error when the task has neither scope nor max_absent.
 */
extern Absent *absent_create(const SaveTask *task);

/* Rows that were saved, or that the target has refused: the target has their keys rightly. */
extern void absent_note_rows(Absent *absent, const PacketRows *rows);

/* Rows with errors. The columns that the key reads (save_key_reads) have their values, or NULL where they cannot be read. */
extern void absent_note_bad_rows(Absent *absent, const PacketRows *rows);

typedef enum AbsentVerdict
{
	ABSENT_DONE,				/* rows were deleted or marked */
	ABSENT_REPORTED,			/* the profile wants them to be counted only */
	ABSENT_TOO_MANY,			/* more than max_absent; nothing was done to them */
	ABSENT_KEPT_UNREADABLE,		/* none was touched: a bad row has a key that cannot be read */
	ABSENT_KEPT_DRAWN,			/* none was touched: a row of the file has drawn its key, so that it would be among them */
	ABSENT_KEPT_EMPTY			/* none was touched: the file has no good row */
} AbsentVerdict;

typedef struct AbsentResult
{
	AbsentVerdict verdict;
	int64		rows;			/* deleted or marked; reported; too many; that would have gone */
	int64		stayed;			/* that a trigger or a policy kept */
	int64		in_scope;		/* rows in scope before the import; -1: not counted */
	uint32		unreadable_row;	/* of the sheet, the first; 0: none */
	uint32		drawn_row;		/* the same */
} AbsentResult;

/* tries: the task is a dry run, so that rows beyond max_absent are tried too. good_rows: rows of the file without errors. */
extern AbsentResult absent_apply(Absent *absent, int64 good_rows, bool tries);

extern void absent_free(Absent *absent);

#endif							/* PG_XLSX_SAVING_ABSENT_H */
