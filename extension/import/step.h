/*
 * step.h
 *	  The transactions of an import.
 *
 * A step is one transaction, or, in a caller's transaction, one command of it.  It takes
 * batches until import_step_is_full.  Rows, error rows, counters, the cursor and the events of
 * a step are in one commit, so a crash loses all of them or none; so a step
 * commits asynchronously, unless it is asked for more.
 *
 * Order of calls: import_step_begin, then for each further batch import_step_next_batch, then
 * import_step_end.  In between, the current memory context is import->batch_context, the role is the
 * task's owner, and the lock of the task is held.  An error leaves the transaction to the caller to abort.
 */
#ifndef PG_XLSX_IMPORT_STEP_H
#define PG_XLSX_IMPORT_STEP_H

#include "pg/pg_xlsx.h"

#include "datatype/timestamp.h"
#include "tables/role_sql.h"

struct Import;

typedef struct ImportStep
{
	TimestampTz began;
	int			batches;		/* so far */
	RoleSql		sql;			/* all that the step does is done as the task's owner */
	bool		durable;		/* the commit is to be as durable as the submitter's own transactions */
} ImportStep;

extern void import_step_begin(struct Import *import);

/* Has the step lasted long enough, or is an event due? */
extern bool import_step_is_full(const struct Import *import);

/* The next batch of the step, with a snapshot that sees those before; batch_context is reset. */
extern void import_step_next_batch(struct Import *import);

extern void import_step_end(struct Import *import);

/* Makes the commit of the step at hand as durable as the submitter's own transactions are, on standbys too, and at least flushed here. */
extern void import_step_make_durable(struct Import *import);

#endif							/* PG_XLSX_IMPORT_STEP_H */
