/*
 * owner.h
 *	  Works as the extension's owner, in the middle of a user's work.
 *
 * The private tables belong to the owner of the extension, and no other role may write them. C
 * code that writes them (private_sql.h) becomes that owner for a statement, with a search_path of
 * pg_catalog only, and then changes back. After an error, the abort of the (sub)transaction
 * changes back.
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

/* The extension's owner. Raises an error when the extension is not installed in this database. */
extern Oid	owner_oid(void);

/*
 * Keeps the extension from being dropped until the transaction ends. Returns false when it is not
 * installed. Call it first in a transaction that writes to several private tables: otherwise a
 * DROP EXTENSION that has locked some of them would wait for the others, and this transaction for
 * those, a deadlock.
 */
extern bool owner_hold(void);

/* OID of a private table; InvalidOid when the extension is not installed. */
extern Oid	owner_table(const char *name);

#endif							/* PG_XLSX_OWNER_H */
