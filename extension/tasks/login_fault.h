/*
 * login_fault.h
 *	  Why no worker can log in as a role.
 *
 * The server refuses such a worker before it has a task, so its tasks would wait for ever without
 * a word.
 */
#ifndef PG_XLSX_LOGIN_FAULT_H
#define PG_XLSX_LOGIN_FAULT_H

#include "pg/pg_xlsx.h"

/*
 * Fills the error of the tasks of a login, with the statement that mends it, and returns true;
 * false when a worker can log in to this database. *passes: it may end by itself, as a limit on
 * connections does. The texts live in the current memory context. Needs a transaction.
 */
extern bool login_fault_find(Oid login, ErrorData *error, bool *passes);

#endif							/* PG_XLSX_LOGIN_FAULT_H */
