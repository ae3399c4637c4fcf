/*
 * step.h
 *	  The transactions of an import.
 *
 * A step is one transaction; in a caller's transaction it is one command. It takes batches until
 * import_step_is_full. Rows, error rows, counters, the cursor and the events of a step are in one
 * commit, so a crash loses all of them or none. That is why the commit may be asynchronous,
 * unless import_step_make_durable is called.
 *
 * Order of calls: import_step_begin, import_step_next_batch before each further batch,
 * import_step_end. In between, the current memory context is import->batch_context, the current
 * role is the task's owner, and the lock of the task is held. When something throws, the caller
 * aborts the transaction.
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
	RoleSql		sql;			/* everything in the step runs as the task's owner */
	bool		durable;		/* the commit shall be as durable as the submitter's own commits */
} ImportStep;

extern void import_step_begin(struct Import *import);

/* Has the step lasted long enough, or is an event due? */
extern bool import_step_is_full(const struct Import *import);

/* Begins the next batch of the step, with a snapshot that sees the batches before. Resets batch_context. */
extern void import_step_next_batch(struct Import *import);

extern void import_step_end(struct Import *import);

/*
 * Makes the commit of this step as durable as the submitter's own commits, also on standbys, and
 * at least flushed on this server.
 */
extern void import_step_make_durable(struct Import *import);

#endif							/* PG_XLSX_IMPORT_STEP_H */
