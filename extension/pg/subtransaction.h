/*
 * subtransaction.h
 *	  Runs work that may fail without failing the transaction.
 */
#ifndef PG_XLSX_SUBTRANSACTION_H
#define PG_XLSX_SUBTRANSACTION_H

#include "pg/pg_xlsx.h"

/*
 * Runs work(argument) in a subtransaction, in the current memory context. Returns NULL when it
 * succeeded. Otherwise everything that it did is rolled back, and the error is returned,
 * allocated in that context.
 */
extern ErrorData *subtransaction_try(void (*work) (void *argument), void *argument);

/* The same, but everything is also rolled back when *keep is false at the end. */
extern ErrorData *subtransaction_try_keep(void (*work) (void *argument), void *argument, const bool *keep);

/* Can a single row of a batch have caused this error? Otherwise the whole task fails with it. */
extern bool subtransaction_row_fault(const ErrorData *error);

/*
 * The same for work that must not wait long for a lock, because a session may hold it for any
 * time. Returns false, with everything rolled back, when it would have to wait. Other errors are
 * raised.
 */
extern bool subtransaction_try_unlocked(void (*work) (void *argument), void *argument);

#endif							/* PG_XLSX_SUBTRANSACTION_H */
