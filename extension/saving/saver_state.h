/*
 * saver_state.h
 *	  The inside of a saver, for saver.c, batch.c and faults.c.
 */
#ifndef PG_XLSX_SAVER_STATE_H
#define PG_XLSX_SAVER_STATE_H

#include "saving/check_constraints.h"
#include "saving/probe.h"
#include "saving/saver.h"
#include "saving/tell.h"

struct Saver
{
	SaveTask	task;
	Profile    *profile;

	/* Set again by saver_follow_target when the target has changed. */
	SaveProbe	probe;
	const SaveMethod *method;
	MemoryContext context;		/* of state, checks and refusals; reset when they are set again */
	void	   *state;			/* of the method */
	Tell	   *tell;			/* NULL: the task keeps no rows */
	bool		refers_to_itself;
	CheckConstraints *checks;			/* NULL: not made yet */
	List	   *refusals;		/* what refusal.c keeps */

	/* What one batch tells batch.c about the next. */
	bool		wary;			/* the last batch had bad rows */
	bool		unfit;			/* in it, rows passed every constraint and a trigger still refused them */
	int			stride;			/* rows to try together while bad rows are searched for */
};

/*
 * Call it before rows are saved. Raises an error when the current role has lost a right that the
 * task needs. Chooses the method again when the target has changed. Does nothing when the target
 * is gone: the method's own error is clearer.
 */
extern void saver_follow_target(Saver *saver);

#endif							/* PG_XLSX_SAVER_STATE_H */
