/*
 * method.h
 *	  A way of putting rows into the target, and what is known of it.
 *
 * There are three. direct.c writes straight into the heap, as COPY does, for plain tables.
 * by_unnest.c runs INSERT ... SELECT FROM unnest(...) through SPI, which is right for every
 * target that accepts an INSERT. by_key.c serves the modes that look for rows with the same key.
 *
 * Code that uses a method asks for the facts below. It never asks which method it has.
 */
#ifndef PG_XLSX_SAVING_METHOD_H
#define PG_XLSX_SAVING_METHOD_H

#include "pg/pg_xlsx.h"

#include "kept/packet.h"
#include "kept/row_fates.h"
#include "saving/probe.h"
#include "saving/save_task.h"

/* What became of rows that were saved. */
typedef struct SaveCounts
{
	int64		inserted;
	int64		updated;
	int64		unchanged;		/* found, and equal already */
	int64		deleted;		/* by rows of the file that ask for it */
	int64		skipped;		/* left out without an error: by mode skip, a BEFORE or INSTEAD OF trigger, a rule, a policy */
} SaveCounts;

/* What a method reports of rows first to last - 1. */
typedef struct SaveOutcome
{
	SaveCounts	counts;
	bool		careful;		/* in: the rows have failed before, so take the time to find the row at fault */
	int			failed;			/* after a throw: the row at fault, -1: not known; knows_row says how sure it is */
	int			key_column;		/* of the profile: the first column of the key that was looked for */
	bool	   *bad;			/* by row of the batch; save_fitting reads and sets it, a keyed save sets it */
	RowFates   *fates;			/* NULL: the task keeps no rows; else the method sets those of the rows it saves */
} SaveOutcome;

typedef struct SaveMethod
{
	const char *name;

	/* Which tasks it is for. */
	bool		by_key;			/* the modes that look for keys; false: all others */
	bool		plain_only;		/* only for targets whose probe says "plain": it observes no rule, policy or partition */

	/*
	 * outcome->failed is the row at fault, whatever the target is. When this is false and the
	 * probe does not say "row_by_row", it is only the likeliest row, and has to be tried by
	 * itself.
	 */
	bool		knows_row;

	/*
	 * How many times a single row is tried again that has failed with this error, because another
	 * session may have changed what the method has looked at. NULL: never.
	 */
	int			(*races) (const void *state, const ErrorData *error);

	/* It does not maintain suspended indexes (late_index.h), so they can be built when all rows are in. */
	bool		indexes_late;

	/*
	 * It gives rows to the target exactly as they are in the packet, so other constraints can be
	 * asked about a refused row.
	 */
	bool		whole_rows;

	/*
	 * Returns the state for a task, allocated in the current memory context, which must live as
	 * long as the state is used.
	 */
	void	   *(*create) (const SaveTask *task, const SaveProbe *probe);

	/* Saves rows first to last - 1. When it throws, the caller rolls back what was written. */
	void		(*save) (void *state, const PacketRows *rows, int first, int last, SaveOutcome *outcome);

	/*
	 * Saves, one by one, the rows that are not marked in bad and that break no NOT NULL, CHECK,
	 * unique or exclusion constraint. Marks the others. NULL when the method cannot check that
	 * beforehand.
	 */
	void		(*save_fitting) (void *state, const PacketRows *rows, int first, int last, SaveOutcome *outcome);
} SaveMethod;

extern const SaveMethod save_direct;
extern const SaveMethod save_unnest;
extern const SaveMethod save_keyed;

#endif							/* PG_XLSX_SAVING_METHOD_H */
