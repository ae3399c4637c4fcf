/*
 * sweep.h
 *	  What a database needs from time to time.
 *
 * The launcher starts a worker for it when the launcher itself starts, after the death of a
 * worker, and when something is due. Each function needs a transaction of its own, as a role that
 * may become the extension's owner. The transactions are separate so that tasks start even when
 * tidying fails.
 *
 * A function does a bounded piece of work, and returns true when it should be called again, in the
 * next transaction.
 */
#ifndef PG_XLSX_SWEEP_H
#define PG_XLSX_SWEEP_H

#include "pg/pg_xlsx.h"

/*
 * Wants workers for tasks that are due or have lost their worker. Asks for a sweep when the next
 * task is due.
 */
extern bool sweep_start(void);

/* Removes files, tasks and jobs whose time is over. Skips those that a session holds. */
extern bool sweep_tidy(void);

/* Keeps files from expiring, and asks for a sweep when the next thing expires. */
extern bool sweep_plan(void);

#endif							/* PG_XLSX_SWEEP_H */
