/*
 * method.h
 *	  A way of putting rows into the target, and what is known of it.
 *
 * There are three: straight into the heap, as COPY does, for plain tables
 * (direct.c); INSERT ... SELECT FROM unnest(...) through SPI, which is right for
 * every target that PostgreSQL or an extension lets an INSERT write to (by_unnest.c);
 * and one for the modes that look for rows with the same key (by_key.c).
 *
 * Code that uses a method asks for the facts below.  It never asks which method it has.
 */
#ifndef PG_XLSX_SAVING_METHOD_H
#define PG_XLSX_SAVING_METHOD_H

#include "pg/pg_xlsx.h"

#include "kept/packet.h"
#include "saving/save_task.h"

/* What became of rows that were saved. */
typedef struct SaveCounts
{
	int64		inserted;
	int64		updated;
	int64		unchanged;		/* found, and equal already */
	int64		skipped;		/* left out without an error: by mode skip, a BEFORE or INSTEAD OF trigger, a rule, a policy */
} SaveCounts;

/* What a method reports of rows first to last - 1. */
typedef struct SaveOutcome
{
	SaveCounts	counts;
	bool		careful;		/* in: the rows threw before, so take the time to know the row at fault */
	int			failed;			/* after a throw: the row at fault (knows_row says how sure that is), -1: not known */
	int			key_column;		/* of the profile: the first column of the key that was looked for */
	bool	   *bad;			/* by row of the batch; save_fitting reads it; it and a keyed save mark rows here */
} SaveOutcome;

typedef struct SaveMethod
{
	const char *name;

	/* Which tasks it is for. */
	bool		by_key;			/* the modes that look for keys; false: all others */
	bool		plain_only;		/* only targets whose probe says "plain", so it heeds no rule, policy or partition */

	/*
	 * outcome->failed is the row at fault, whatever the target is.  False: where
	 * the probe does not say "row_by_row", it is only the likeliest row, and
	 * has to be tried by itself.
	 */
	bool		knows_row;

	/*
	 * It looks for rows before it writes, so another session can come in
	 * between.  A single row that fails with unique_violation or
	 * cardinality_violation is worth a second try.
	 */
	bool		may_race;

	/* It leaves indexes alone that are suspended (late_index.h), so that they can be built when all rows are in. */
	bool		indexes_late;

	/* It offers rows to the target as they stand in the packet, so that further constraints can be asked of a refused row. */
	bool		whole_rows;

	/* Returns the state for the task, in the current memory context, which is to outlive the state's use. */
	void	   *(*create) (const SaveTask *task);

	/* Saves rows first to last - 1.  Throws; what was written is then the caller's to take back. */
	void		(*save) (void *state, const PacketRows *rows, int first, int last, SaveOutcome *outcome);

	/*
	 * Saves, one by one, the rows that are not marked bad already and break
	 * neither NOT NULL nor a check nor a unique or exclusion constraint, and
	 * marks the others.  NULL where the method cannot know that beforehand.
	 */
	void		(*save_fitting) (void *state, const PacketRows *rows, int first, int last, SaveOutcome *outcome);
} SaveMethod;

extern const SaveMethod save_direct;
extern const SaveMethod save_unnest;
extern const SaveMethod save_keyed;

#endif							/* PG_XLSX_SAVING_METHOD_H */
