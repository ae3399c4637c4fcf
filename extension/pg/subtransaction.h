/*
 * subtransaction.h
 *	  Work that may fail without failing the transaction.
 */
#ifndef PG_XLSX_SUBTRANSACTION_H
#define PG_XLSX_SUBTRANSACTION_H

#include "pg/pg_xlsx.h"

/*
 * Runs work(argument) in a subtransaction and the current memory context.
 * NULL when it went through; else the error, in that context, and all
 * that the work did is undone.
 */
extern ErrorData *subtransaction_try(void (*work) (void *argument), void *argument);

/* The same, but all that the work did is undone unless *keep is true when it returns. */
extern ErrorData *subtransaction_try_keep(void (*work) (void *argument), void *argument, const bool *keep);

/* Can one row of a batch be at fault for this?  If not, the error is the task's. */
extern bool subtransaction_row_fault(const ErrorData *error);

/*
 * The same for work that must not wait long for locks that a session may hold
 * as long as it likes: false, and nothing is done, where it would have to.
 * Other errors are raised.
 */
extern bool subtransaction_try_unlocked(void (*work) (void *argument), void *argument);

#endif							/* PG_XLSX_SUBTRANSACTION_H */
