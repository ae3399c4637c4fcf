/*
 * probe.h
 *	  What the target is, as far as saving has to know.
 *
 * Somebody may add a trigger, a rule, a policy, a partition or a constraint between two
 * batches.  So lock the target, ask save_probe_holds(), and probe again when it says no;
 * the answer then holds until the lock is released.
 */
#ifndef PG_XLSX_SAVING_PROBE_H
#define PG_XLSX_SAVING_PROBE_H

#include "pg/pg_xlsx.h"

#include "saving/save_task.h"

typedef struct SaveProbe
{
	/* A heap table by itself, to which nothing happens on an INSERT but constraints, indexes and AFTER row triggers. */
	bool		plain;

	/*
	 * The executor carries a row all the way before it takes the next, so that the row it has
	 * come to is the one at fault when it throws.  False where another server or an extension
	 * takes part: rows may be buffered there.
	 */
	bool		row_by_row;

	/*
	 * No row can reach another server, which would commit by itself: not by a
	 * foreign table or an extension, and no trigger is there that could send it.
	 */
	bool		local;

	uint64		changes;		/* of the database's relations, as far as this process had heard; for save_probe_holds */
} SaveProbe;

/* Looks at the target, for a task whose profile and mode are set.  Keeps nothing: it can be called at any time. */
extern SaveProbe save_probe(const SaveTask *task);

/* Would another probe say the same?  False also when any other relation of the database has changed. */
extern bool save_probe_holds(const SaveProbe *probe, Oid target);

#endif							/* PG_XLSX_SAVING_PROBE_H */
