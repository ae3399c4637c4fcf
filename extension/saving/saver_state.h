/*
 * saver_state.h
 *	  A saver from inside, for saver.c, batch.c and faults.c.
 */
#ifndef PG_XLSX_SAVER_STATE_H
#define PG_XLSX_SAVER_STATE_H

#include "saving/check_constraints.h"
#include "saving/probe.h"
#include "saving/saver.h"

struct Saver
{
	SaveTask	task;
	Profile    *profile;

	/* Chosen again by saver_follow_target when the target has changed. */
	SaveProbe	probe;
	const SaveMethod *method;
	MemoryContext context;		/* of the three below; reset with each choice */
	void	   *state;			/* of the method */
	bool		refers_to_itself;
	CheckConstraints *checks;			/* NULL: not made yet */

	/* What batch.c learns from one batch for the next. */
	bool		wary;			/* the last batch had bad rows */
	bool		unfit;			/* in it, rows passed every constraint and a trigger still refused them */
	int			stride;			/* rows to try together while bad ones are looked for */
};

/*
 * Call it before rows are saved.  Raises an error when the current role has lost a right that the task
 * needs.  Chooses the method again when the target has changed since the last time.  Does nothing when
 * the target is gone: the method's own error says that best.
 */
extern void saver_follow_target(Saver *saver);

#endif							/* PG_XLSX_SAVER_STATE_H */
