/*
 * owner.h
 *	  Bookkeeping as the extension's owner, in the middle of a user's work.
 *
 * The private tables belong to the owner of the extension, and nobody else
 * may write them.  C code that keeps the books (private_sql.h) becomes that owner for a
 * statement, with a search_path that holds pg_catalog only, and goes back.  An
 * error in between is undone by the abort of the (sub)transaction.
 *
 * All functions need a transaction.
 */
#ifndef PG_XLSX_OWNER_H
#define PG_XLSX_OWNER_H

#include "pg/pg_xlsx.h"

typedef struct OwnerState
{
	Oid			user;
	int			security_context;
	int			guc_level;
} OwnerState;

extern void owner_enter(OwnerState *state);
extern void owner_leave(const OwnerState *state);

/* The extension's owner; an error when the extension is not installed in this database. */
extern Oid	owner_oid(void);

/*
 * Keeps the extension from being dropped until the transaction ends; false
 * when it is not here (any more).  What writes to several tables in a transaction of its
 * own calls this first: a DROP EXTENSION that already has some of them would
 * wait for the others, and this one for those.
 */
extern bool owner_hold(void);

/* Oid of a private table, or InvalidOid when the extension is not here (any more). */
extern Oid	owner_table(const char *name);

#endif							/* PG_XLSX_OWNER_H */
