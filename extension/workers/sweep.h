/*
 * sweep.h
 *	  What a database needs from time to time, without anyone asking.
 *
 * The launcher starts a worker for it: at its own start, after the death of a
 * worker, and when something is due.  Each function needs a transaction, as any
 * role that may become the extension's owner; a transaction for each, so that
 * tasks start whatever tidying meets.
 */
#ifndef PG_XLSX_SWEEP_H
#define PG_XLSX_SWEEP_H

#include "pg/pg_xlsx.h"

/* Wants workers for tasks that are due or lost theirs, and a sweep for the next one that is. */
extern void sweep_start(void);

/* Removes files, tasks and jobs whose time is over; waits for nobody who holds one. */
extern void sweep_tidy(void);

/* Keeps files alive, and wants a sweep for what expires next. */
extern void sweep_plan(void);

#endif							/* PG_XLSX_SWEEP_H */
