/*
 * prepared.c
 *	  Starts tasks that were submitted in a prepared transaction.
 */
#include "tasks/prepared.h"

#include "pg/subtransaction.h"
#include "tables/owner.h"
#include "tables/private_sql.h"
#include "tasks/dispatch.h"
#include "tcop/utility.h"
#include "utils/snapmgr.h"

static ProcessUtility_hook_type previous_hook = NULL;

/*
 * Any role may have prepared the transaction. With thousands of prepared transactions, a sweep
 * for each would cost more than this check.
 */
static void
want_sweep_if_tasks_wait(void *argument)
{
	static PrivateStatement select = {
		"SELECT FROM xlsx_private.task WHERE status = 'PENDING' LIMIT 1", 0, {0}, NULL
	};

	(void) argument;
	PushActiveSnapshot(GetTransactionSnapshot());
	if (private_sql_run(&select, NULL, NULL, NULL) > 0)
		dispatch_want(DISPATCH_SWEEP);
	PopActiveSnapshot();
}

static bool
commits_prepared(const Node *statement)
{
	return IsA(statement, TransactionStmt) && ((const TransactionStmt *) statement)->kind == TRANS_STMT_COMMIT_PREPARED;
}

static void
process_utility(PlannedStmt *statement, const char *query, bool read_only_tree, ProcessUtilityContext context,
				ParamListInfo parameters, QueryEnvironment *environment, DestReceiver *receiver,
				QueryCompletion *completion)
{
	ErrorData  *error = NULL;

	if (previous_hook != NULL)
		previous_hook(statement, query, read_only_tree, context, parameters, environment, receiver, completion);
	else
		standard_ProcessUtility(statement, query, read_only_tree, context, parameters, environment, receiver,
								completion);
	/* The transaction is committed, so an error would be misleading. */
	if (commits_prepared(statement->utilityStmt) && OidIsValid(owner_table("task")))
		error = subtransaction_try(want_sweep_if_tasks_wait, NULL);
	if (error != NULL)
		ereport(LOG,
				(errmsg("could not look for tasks after COMMIT PREPARED: %s", error->message)));
}

void
prepared_init(void)
{
	previous_hook = ProcessUtility_hook;
	ProcessUtility_hook = process_utility;
}
