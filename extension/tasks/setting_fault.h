/*
 * setting_fault.h
 *	  Settings of a role, a database or the server that make imports fail.
 *
 * The user who sees the error did not choose the setting, and the server's message does not name
 * it. So the error of the task says which setting it is, what set it, and the statement that
 * mends it.
 */
#ifndef PG_XLSX_SETTING_FAULT_H
#define PG_XLSX_SETTING_FAULT_H

#include "pg/pg_xlsx.h"

/*
 * Adds to the error of a task, if such a setting of this session is its cause: lock_timeout,
 * default_transaction_read_only, transaction_timeout. What is added lives in the current memory
 * context. Needs a transaction.
 */
extern void setting_fault_explain(int64 task, ErrorData *error);

#endif							/* PG_XLSX_SETTING_FAULT_H */
