/*
 * vacate.c
 *	  Commands that our workers would be in the way of.
 */
#include "vacate.h"

#include "access/xact.h"
#include "commands/extension.h"
#include "commands/dbcommands.h"
#include "dispatch.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "tcop/utility.h"

static ProcessUtility_hook_type previous_hook = NULL;

/* Has the current transaction stopped the workers of its own database? */
static bool vacated_here = false;

/* The database that a statement can only take without connections; NULL for all other statements. */
static const char *
vacated_by(const Node *statement)
{
	if (IsA(statement, DropdbStmt))
		return ((const DropdbStmt *) statement)->dbname;
	if (IsA(statement, RenameStmt) && ((const RenameStmt *) statement)->renameType == OBJECT_DATABASE)
		return ((const RenameStmt *) statement)->subname;
	return NULL;
}

/* Only for whoever may carry out the statement: nobody else shall stop workers. */
static Oid
database_to_vacate(const Node *statement)
{
	const char *name = vacated_by(statement);
	Oid			database = name != NULL ? get_database_oid(name, true) : InvalidOid;

	return OidIsValid(database) && database != MyDatabaseId && compat_owns_database(database, GetUserId()) ? database :
		InvalidOid;
}

static void
at_transaction_end(XactEvent event, void *arg)
{
	(void) arg;
	if (vacated_here && (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT))
	{
		vacated_here = false;
		dispatch_reopen(MyDatabaseId, true);
	}
}

static bool
is_our_extension(const char *name)
{
	return strcmp(name, "pg_xlsx") == 0 && OidIsValid(get_extension_oid(name, true)) &&
		compat_owns_extension(get_extension_oid(name, true), GetUserId());
}

/* DROP or ALTER EXTENSION, by whoever may. */
static bool
changes_extension(const Node *statement)
{
	ListCell   *cell;

	if (IsA(statement, AlterExtensionStmt))
		return is_our_extension(((const AlterExtensionStmt *) statement)->extname);
	if (!IsA(statement, DropStmt) || ((const DropStmt *) statement)->removeType != OBJECT_EXTENSION)
		return false;
	foreach(cell, ((const DropStmt *) statement)->objects)
		if (is_our_extension(strVal(lfirst(cell))))
			return true;
	return false;
}

/* The statement can be rolled back, so the workers come back when its transaction has ended. */
static void
vacate_this_database(void)
{
	static bool registered = false;

	if (!registered)
		RegisterXactCallback(at_transaction_end, NULL);
	registered = true;
	vacated_here = true;
	dispatch_shut(MyDatabaseId);
}

static void
process_utility(PlannedStmt *statement, const char *query, bool read_only_tree, ProcessUtilityContext context,
				ParamListInfo parameters, QueryEnvironment *environment, DestReceiver *receiver,
				QueryCompletion *completion)
{
	Oid			database = database_to_vacate(statement->utilityStmt);

	if (changes_extension(statement->utilityStmt))
		vacate_this_database();
	if (OidIsValid(database))
		dispatch_shut(database);
	PG_TRY();
	{
		if (previous_hook != NULL)
			previous_hook(statement, query, read_only_tree, context, parameters, environment, receiver, completion);
		else
			standard_ProcessUtility(statement, query, read_only_tree, context, parameters, environment, receiver,
									completion);
	}
	PG_CATCH();
	{
		if (OidIsValid(database))
			dispatch_reopen(database, true);
		PG_RE_THROW();
	}
	PG_END_TRY();
	if (OidIsValid(database))
		dispatch_reopen(database, !IsA(statement->utilityStmt, DropdbStmt));
}

void
vacate_init(void)
{
	previous_hook = ProcessUtility_hook;
	ProcessUtility_hook = process_utility;
}
