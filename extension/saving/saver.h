/*
 * saver.h
 *	  A saver from inside: for save.c, which makes it, and save_faults.c, which uses it.
 */
#ifndef PG_XLSX_SAVER_H
#define PG_XLSX_SAVER_H

#include "saving/probe.h"

struct Saver
{
	SaveTask	task;
	Profile    *profile;
	SaveProbe	probe;
	uint64		changes;		/* when it was asked */
	const SaveMethod *method;
	MemoryContext context;		/* of the state */
	void	   *state;
	bool		wary;			/* the last batch had bad rows */
	bool		unfit;			/* rows of it fitted its constraints and were refused all the same, by triggers */
	int			stride;			/* rows to try together while bad ones are looked for */
	bool		refers_to_itself;
	struct SaveChecks *checks;	/* in context, NULL: not made yet */
};

/*
 * Before rows are saved: an error unless the current role still has the rights that the task
 * needs, and another way where the target has changed since the last time.  A target that is gone is for the method to tell.
 */
extern void saver_follow_target(Saver *saver);

#endif							/* PG_XLSX_SAVER_H */
