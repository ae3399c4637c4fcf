/*
 * probe.h
 *	  What saving has to know about the target.
 *
 * Another session may add a trigger, a rule, a policy, a partition or a constraint between two
 * batches. So lock the target, ask save_probe_holds(), and probe again when it returns false. The
 * answer is then valid until the lock is released.
 */
#ifndef PG_XLSX_SAVING_PROBE_H
#define PG_XLSX_SAVING_PROBE_H

#include "pg/pg_xlsx.h"

#include "saving/save_task.h"

typedef struct SaveProbe
{
	/*
	 * It is a heap table by itself. On an INSERT nothing happens to it but constraints, indexes
	 * and AFTER row triggers.
	 */
	bool		plain;

	/*
	 * The executor completes a row before it takes the next one, so the row it has reached is the
	 * one at fault when it throws. False when another server or an extension takes part: these
	 * may buffer rows.
	 */
	bool		row_by_row;

	/*
	 * It completes each row before the next one also where rows are usually buffered, if the
	 * statement has a RETURNING. False when an extension or rules make another plan of it.
	 */
	bool		returns_in_order;

	/*
	 * No row can reach another server, which would commit on its own: there is no foreign table,
	 * no extension in the plan, and no trigger that could send rows.
	 */
	bool		local;

	uint64		changes;		/* changes of relations that this process had seen; for save_probe_holds */
} SaveProbe;

/*
 * Examines the target of a task whose profile and mode are set. Keeps no state, so it can be
 * called at any time.
 */
extern SaveProbe save_probe(const SaveTask *task);

/* Would another probe return the same? Also false when any other relation of the database has changed. */
extern bool save_probe_holds(const SaveProbe *probe, Oid target);

#endif							/* PG_XLSX_SAVING_PROBE_H */
