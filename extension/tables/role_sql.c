/*
 * role_sql.c
 *	  Runs SQL of a role in a session that could become another role.
 */
#include "tables/role_sql.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "commands/async.h"
#include "commands/prepare.h"
#include "commands/sequence.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "pg/query.h"
#include "tables/private_sql.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/portal.h"
#include "utils/rel.h"

bool
role_sql_must_confine(Oid role)
{
	return InSecurityRestrictedOperation() || role != GetUserId() || role != GetSessionUserId() ||
		role != GetAuthenticatedUserId();
}

/*
 * The server's message says what a restricted operation refuses, but not why the operation is
 * restricted. This adds the reason. The messages can be recognized only by their untranslated
 * text.
 */
static void
explain_refusal(void *role)
{
	MemoryContext caller;
	ErrorData  *error;

	if (geterrcode() != ERRCODE_INSUFFICIENT_PRIVILEGE)
		return;
	caller = MemoryContextSwitchTo(TopMemoryContext);
	error = CopyErrorData();
	MemoryContextSwitchTo(caller);
	if (error->hint == NULL && error->message_id != NULL && strstr(error->message_id, "security-restricted operation") != NULL)
		errhint("This SQL runs as \"%s\" in a session that serves other roles too, so it can leave nothing behind:"
				" no temporary table, no deferred trigger, no prepared statement, no cursor, no other role."
				" Let the trigger or the function do without.",
				GetUserNameFromId(*(Oid *) role, true));
	FreeErrorData(error);
}

static void
confine(RoleSql *state, Oid role)
{
	OwnerState *caller = &state->caller;

	GetUserIdAndSecContext(&caller->user, &caller->security_context);
	caller->guc_level = NewGUCNestLevel();
	CommandCounterIncrement();
	state->since = GetCurrentCommandId(false);
	SetUserIdAndSecContext(role, caller->security_context | SECURITY_RESTRICTED_OPERATION);
	state->role = role;
	state->hurried = false;
	state->explain = (ErrorContextCallback) {.callback = explain_refusal, .arg = &state->role, .previous = error_context_stack};
	error_context_stack = &state->explain;
}

void
role_sql_enter(RoleSql *state, Oid role)
{
	state->confined = role_sql_must_confine(role);
	if (!state->confined)
		return;
	AfterTriggerSetState(makeNode(ConstraintsSetStmt));
	confine(state, role);
	state->hurried = true;
}

void
role_sql_enter_query(RoleSql *state, bool confined)
{
	state->confined = confined;
	if (confined)
		confine(state, GetUserId());
}

/* Was this catalog row inserted since that command? */
static bool
is_new(HeapTuple tuple, CommandId since)
{
	return TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(tuple->t_data)) &&
		HeapTupleHeaderGetCmin(tuple->t_data) >= since;
}

/*
 * The server refuses temporary relations in a restricted operation, but not functions, nor, in
 * older minor releases, types. Later SQL in this session would find such a pg_temp.text before
 * the type of pg_catalog.
 */
static void
refuse_temporary(const RoleSql *state)
{
	Oid			namespace;
	Oid			toast;
	Relation	depend;
	SysScanDesc scan;
	ScanKeyData keys[2];
	HeapTuple	tuple;
	bool		found = false;

	GetTempNamespaceState(&namespace, &toast);
	if (!OidIsValid(namespace))
		return;
	depend = table_open(DependRelationId, AccessShareLock);
	ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(NamespaceRelationId));
	ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(namespace));
	scan = systable_beginscan(depend, DependReferenceIndexId, true, NULL, 2, keys);
	while (!found && HeapTupleIsValid(tuple = systable_getnext(scan)))
		found = is_new(tuple, state->since);
	systable_endscan(scan);
	table_close(depend, AccessShareLock);
	if (found)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("cannot create temporary object within security-restricted operation")));
}

void
role_sql_leave(RoleSql *state)
{
	if (!state->confined)
		return;
	refuse_temporary(state);
	if (state->hurried)
		AfterTriggerSetState(makeNode(ConstraintsSetStmt));
	error_context_stack = state->explain.previous;
	AtEOXact_GUC(false, state->caller.guc_level);
	SetUserIdAndSecContext(state->caller.user, state->caller.security_context);
	state->confined = false;
}

/* Finds the search_path as the server does at a login. The value in postgresql.conf cannot be read here. */
void
role_sql_set_path(const RoleSql *state, Oid login)
{
	static PrivateStatement select = {
		"SELECT substr(s, length('search_path=') + 1) FROM pg_db_role_setting d, unnest(d.setconfig) AS s"
		" WHERE d.setrole IN (0, $1) AND s LIKE 'search\\_path=%' AND d.setdatabase IN"
		" (0, (SELECT oid FROM pg_database WHERE datname = current_database()))"
		" ORDER BY d.setrole <> 0 DESC, d.setdatabase <> 0 DESC LIMIT 1",
		1, {OIDOID}, NULL
	};
	Datum		values[] = {ObjectIdGetDatum(login)};
	PrivateRow	row;

	if (!state->confined)
		return;
	query_set_option("search_path", private_sql_run(&select, values, NULL, &row) > 0 ? private_sql_text(&row, 0) : "\"$user\", public");
}

/* The next task must not know the random numbers that it gets. */
static void
seed_random(void)
{
	double		seed;
	uint64		bits;

	if (!pg_strong_random(&bits, sizeof(bits)))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not generate a random number")));
	seed = (double) (bits >> 11) / (double) (UINT64CONST(1) << 52) - 1.0;
	DirectFunctionCall1(setseed, Float8GetDatum(seed));
}

/*
 * The same as DISCARD ALL, without two parts. Session locks stay, because one of them is the
 * worker's own. Cached plans stay, because they belong to nobody.
 */
void
role_sql_clean_session(void)
{
	PortalHashTableDeleteAll();
	SetPGVariable("session_authorization", NIL, false);
	ResetAllOptions();
	DropAllPreparedStatements();
	Async_UnlistenAll();
	ResetTempTableNamespace();
	ResetSequenceCaches();
	seed_random();
}
