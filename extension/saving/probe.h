/*
 * probe.h
 *	  What the target is, as far as saving has to know.
 *
 * The answer holds for a transaction that has locked the target, and until
 * save_probe_changes says another number: somebody may add a trigger, a rule, a
 * policy, a partition or a constraint between two batches.
 */
#ifndef PG_XLSX_SAVING_PROBE_H
#define PG_XLSX_SAVING_PROBE_H

#include "pg/pg_xlsx.h"

#include "saving/save.h"

typedef struct SaveProbe
{
	/* A plain heap table, to which nothing happens on an INSERT but constraints, indexes and AFTER row triggers. */
	bool		direct;

	/*
	 * An INSERT takes its rows one by one all the way, so that the row it has
	 * come to is the one at fault when it throws.  Where another server or an extension
	 * has a part in it, rows may be buffered.
	 */
	bool		row_by_row;

	/*
	 * No row can reach another server, which would commit by itself: not by a
	 * foreign table or an extension, and no trigger is there that could send it.
	 */
	bool		local;
} SaveProbe;

extern SaveProbe save_probe(const SaveTask *task);

/* Rises whenever some relation of the database has changed, as far as this process has heard. */
extern uint64 save_probe_changes(void);

#endif							/* PG_XLSX_SAVING_PROBE_H */
