/*
 * audit.h
 *	  Appends to xlsx.audit who did what to which task.
 *
 * Call it in the transaction of what is recorded, while the task has its row, and after that row
 * has its new state. The actor is the role in force.
 */
#ifndef PG_XLSX_AUDIT_H
#define PG_XLSX_AUDIT_H

#include "pg/pg_xlsx.h"

#include "pg/names.h"

#define AUDIT_ACTIONS(X) \
	X(AUDIT_SUBMIT, "submit") \
	X(AUDIT_IMPORT, "import") \
	X(AUDIT_RUN, "run") \
	X(AUDIT_END, "end") \
	X(AUDIT_CANCEL, "cancel") \
	X(AUDIT_RETRY, "retry") \
	X(AUDIT_UNDO, "undo") \
	X(AUDIT_DELETE, "delete") \
	X(AUDIT_RELEASE, "release") \
	X(AUDIT_ERASE, "erase")

typedef enum AuditAction
{
	AUDIT_ACTIONS(NAMES_VALUE)
} AuditAction;

extern const Names audit_action_names;

/* For an action that changes no rows of the target, or of which that is not known. */
#define AUDIT_NO_ROWS (-1)

/* changed_rows: rows of the target that were taken back. */
extern void audit_note(int64 task, AuditAction action, int64 changed_rows);

/* Claim "sub" of the token that this transaction serves; NULL: none. Lives until the transaction ends. */
extern const char *audit_subject(void);

#endif							/* PG_XLSX_AUDIT_H */
