/*
 * audit.c
 *	  Appends to xlsx.audit who did what to which task.
 */
#include "tasks/audit.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "tables/private_sql.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(pg_xlsx_note_subject);

NAMES_DEFINE(audit_action_names, AUDIT_ACTIONS);

/* Of the token that this transaction serves, in TopTransactionContext; NULL: none. */
static char *subject = NULL;

static void
forget_subject(XactEvent event, void *arg)
{
	(void) arg;
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
		subject = NULL;
}

Datum
pg_xlsx_note_subject(PG_FUNCTION_ARGS)
{
	static bool registered = false;

	if (PG_ARGISNULL(0) || subject != NULL ||
		!has_privs_of_role(GetSessionUserId(), get_role_oid("xlsx_notifier", false)))
		PG_RETURN_VOID();
	if (!registered)
		RegisterXactCallback(forget_subject, NULL);
	registered = true;
	subject = MemoryContextStrdup(TopTransactionContext, text_to_cstring(PG_GETARG_TEXT_PP(0)));
	PG_RETURN_VOID();
}

const char *
audit_subject(void)
{
	return subject;
}

void
audit_note(int64 task, AuditAction action, int64 changed_rows)
{
	static PrivateStatement insert = {
		"INSERT INTO xlsx_private.audit (action, task, owner, tenant, actor, login, subject, profile, file_name, attempt, status,"
		" saved_rows, error_rows, changed_rows, error_code)"
		" SELECT $2, id, owner, tenant, $3::oid::regrole::xlsx_private.role_ref, $4::oid::regrole::xlsx_private.role_ref, $5, profile,"
		" file_name, attempts, status, saved_rows, error_rows, nullif($6, -1), error_code FROM xlsx_private.task WHERE id = $1",
		6, {INT8OID, TEXTOID, OIDOID, OIDOID, TEXTOID, INT8OID}, NULL
	};
	Datum		values[6] = {
		Int64GetDatum(task), CStringGetTextDatum(audit_action_names.texts[action]), ObjectIdGetDatum(GetUserId()),
		ObjectIdGetDatum(GetSessionUserId()), (Datum) 0, Int64GetDatum(changed_rows)
	};
	char		nulls[6] = {' ', ' ', ' ', ' ', ' ', ' '};

	private_sql_set_text(values, nulls, 4, subject);
	private_sql_run(&insert, values, nulls, NULL);
}
