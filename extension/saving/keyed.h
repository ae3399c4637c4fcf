/*
 * keyed.h
 *	  The inside of the method that saves by key.
 *
 * by_key.c runs the statement, keyed_look.c makes the part that finds rows, keyed_write.c the
 * parts that write them, keyed_count.c the result and what is read from it. keyed_tell.c adds what
 * is kept of each row to all of them.
 *
 * The parts of the statement, as each of them calls those before it:
 *
 *		given	the rows of the batch: c0, c1, ... by profile column, ord from 1
 *		twice	one row for each key that comes more than once
 *		looked	given with found, differs, lacks, part and spot, one row for each row of the target that it meets;
 *				spot is the place of a found row in the table part if a transaction has marked it
 *		held	rows of looked that differ, locked; in the form with locks only
 *		upd		one row for each row of the target that was updated
 *		ins		one row for each that was inserted
 */
#ifndef PG_XLSX_KEYED_H
#define PG_XLSX_KEYED_H

#include "pg/pg_xlsx.h"

#include "executor/spi.h"
#include "saving/key.h"
#include "saving/method.h"
#include "saving/tell.h"

typedef struct KeyedState
{
	const SaveTask *task;
	SaveKey		key;
	bool	   *is_updated;		/* by profile column */
	bool	   *watched;		/* keyed_watched_columns() */
	bool	   *left_out;		/* by profile column: of those, the ones without a cell in the rows of the round */
	bool	   *plan_left_out;	/* the same in the rows for which the plan was made */
	bool		may_doubt;		/* found rows can be looked at again (keyed_doubt.h) */
	int			vanished;		/* rows of the last round that were deleted after the statement had seen them */
	bool		may_hold;		/* rows of the target can be locked */
	bool		holds;			/* rows that differ are locked first */
	Tell	   *tell;			/* NULL: the task keeps no rows */
	bool		one_by_one;		/* a statement has one row: otherwise it could not say which rows it has inserted */
	Oid		   *types;
	int			arguments;
	MemoryContext plan_context;
	SPIPlanPtr	plan;			/* in plan_context; NULL: not made yet */
	bool		plan_holds;		/* the plan is that of the form with locks */
	struct KeyedDelete *deletion;	/* of keyed_delete.c; NULL: no row has asked for it yet */
	int64		batches;		/* saved so far */
	int64		plan_batches;	/* use the plan up to this number of batches */
} KeyedState;

/* Some rows of a batch in one statement. */
typedef struct Round
{
	const PacketRows *rows;
	int			first;			/* the rows of the round: first to last - 1 */
	int			last;
	const int  *index;			/* their places in the batch; NULL: first to last - 1 themselves */
} Round;

#endif							/* PG_XLSX_KEYED_H */
