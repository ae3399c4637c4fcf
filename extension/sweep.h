/*
 * sweep.h
 *	  What a database needs from time to time, without anyone asking.
 *
 * The launcher starts a worker for it: at its own start, after the death of a
 * worker, and when something is due.  Needs a transaction, as any role that
 * may become the extension's owner.
 */
#ifndef PG_XLSX_SWEEP_H
#define PG_XLSX_SWEEP_H

#include "pg_xlsx.h"

#include "datatype/timestamp.h"

/* Wants workers for tasks that are due or lost theirs, keeps files alive, tidies; returns the next due time. */
extern TimestampTz sweep_run(void);

/* Removes files, tasks and jobs whose time is over. */
extern void sweep_tidy(void);

#endif							/* PG_XLSX_SWEEP_H */
