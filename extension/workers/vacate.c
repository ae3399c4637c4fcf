/*
 * vacate.c
 *	  Stops workers for commands that they would be in the way of.
 */
#include "workers/vacate.h"

#include "access/xact.h"
#include "commands/dbcommands.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "tables/version.h"
#include "tcop/utility.h"
#include "utils/memutils.h"
#include "workers/shut.h"
#include "workers/uninstall.h"

static ProcessUtility_hook_type previous_hook = NULL;

/*
 * Databases that the current transaction has shut. Lives in TopTransactionContext. A statement
 * that can be rolled back holds its locks until the transaction ends, so the workers come back
 * then.
 */
static List *vacated = NIL;

/* The one of them that is gone if the transaction commits. */
static Oid	dropped = InvalidOid;

/* The database that a statement needs without connections; NULL for all other statements. */
static const char *
vacated_by(const Node *statement)
{
	if (IsA(statement, DropdbStmt))
		return ((const DropdbStmt *) statement)->dbname;
	if (IsA(statement, RenameStmt) && ((const RenameStmt *) statement)->renameType == OBJECT_DATABASE)
		return ((const RenameStmt *) statement)->subname;
	return NULL;
}

/* Only for a role that may carry out the statement: no other may stop workers. */
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
	ListCell   *cell;

	(void) arg;
	if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT && event != XACT_EVENT_PREPARE)
		return;
	foreach(cell, vacated)
		shut_open(lfirst_oid(cell), event != XACT_EVENT_COMMIT || lfirst_oid(cell) != dropped);
	vacated = NIL;
	dropped = InvalidOid;
}

/* Allows no workers in this database until the transaction has ended. */
static void
vacate(Oid database)
{
	static bool registered = false;
	MemoryContext caller = MemoryContextSwitchTo(TopTransactionContext);

	if (!registered)
		RegisterXactCallback(at_transaction_end, NULL);
	registered = true;
	vacated = list_append_unique_oid(vacated, database);
	MemoryContextSwitchTo(caller);
	shut_database(database);
}

static bool
is_our_extension(const char *name)
{
	return strcmp(name, "pg_xlsx") == 0 && OidIsValid(get_extension_oid(name, true)) &&
		compat_owns_extension(get_extension_oid(name, true), GetUserId());
}

/* DROP or ALTER EXTENSION, by a role that may do it. */
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

static void
process_utility(PlannedStmt *statement, const char *query, bool read_only_tree, ProcessUtilityContext context,
				ParamListInfo parameters, QueryEnvironment *environment, DestReceiver *receiver,
				QueryCompletion *completion)
{
	Oid			database = database_to_vacate(statement->utilityStmt);
	Uninstall	uninstall;

	if (changes_extension(statement->utilityStmt))
		vacate(MyDatabaseId);
	if (OidIsValid(database))
		vacate(database);
	uninstall_begin(&uninstall, statement->utilityStmt);
	if (previous_hook != NULL)
		previous_hook(statement, query, read_only_tree, context, parameters, environment, receiver, completion);
	else
		standard_ProcessUtility(statement, query, read_only_tree, context, parameters, environment, receiver,
								completion);
	uninstall_end(&uninstall);
	/* The update is rolled back: the server must be restarted first. */
	if (IsA(statement->utilityStmt, AlterExtensionStmt) || IsA(statement->utilityStmt, CreateExtensionStmt))
		version_check(ERROR);
	if (OidIsValid(database) && IsA(statement->utilityStmt, DropdbStmt))
		dropped = database;
}

void
vacate_init(void)
{
	previous_hook = ProcessUtility_hook;
	ProcessUtility_hook = process_utility;
}
