/*
 * step.c
 *	  The transactions of an import.
 */
#include "import/step.h"

#include "access/xact.h"
#include "commands/trigger.h"
#include "import/state.h"
#include "miscadmin.h"
#include "pg/transaction.h"
#include "tables/owner.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

/*
 * A commit costs about as much as checking 200 rows, so a step takes batches
 * until an event is due or one of these is reached: what a crash repeats, how
 * long others may wait for a row, and subtransactions, which slow every
 * session once a transaction has more than 64.  Bad rows take one each, so
 * they end a step of SAVING.
 */
#define STEP_MS			100
#define STEP_BATCHES	32

void
import_step_begin(Import *import)
{
	if (!import->inside)
	{
		transaction_start();
		PushActiveSnapshot(GetTransactionSnapshot());
		(void) owner_hold();
		queue_hold(import->task->id);
		role_sql_enter(&import->step.sql, import->task->owner);
	}
	MemoryContextSwitchTo(import->batch_context);
	import->step.began = GetCurrentTimestamp();
	import->step.batches = 1;
}

bool
import_step_is_full(const Import *import)
{
	TimestampTz now = GetCurrentTimestamp();

	return import->step.batches >= STEP_BATCHES || progress_is_due(import->progress, now) ||
		TimestampDifferenceExceeds(import->step.began, now, STEP_MS);
}

void
import_step_next_batch(Import *import)
{
	import->step.batches++;
	if (!import->inside)
		PopActiveSnapshot();
	CommandCounterIncrement();
	if (!import->inside)
		PushActiveSnapshot(GetTransactionSnapshot());
	MemoryContextReset(import->batch_context);
	CHECK_FOR_INTERRUPTS();
}

static void
commit_durably(void)
{
	(void) set_config_option("synchronous_commit", GetConfigOptionResetString("synchronous_commit"), PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
	ForceSyncCommit();
}

/* Whatever SQL of the task could still do at the commit, it does before: then nobody else is served, and its lock is sure. */
static void
commit(Import *import)
{
	AfterTriggerFireDeferred();
	role_sql_leave(&import->step.sql);
	queue_keep(import->task->id);
	if (import->step.durable)
		commit_durably();
	import->step.durable = false;
	PopActiveSnapshot();
	CommitTransactionCommand();
}

void
import_step_end(Import *import)
{
	if (import->inside)
		CommandCounterIncrement();
	else
		commit(import);
	MemoryContextSwitchTo(import->context);
	MemoryContextReset(import->batch_context);
	CHECK_FOR_INTERRUPTS();
}

void
import_step_make_durable(Import *import)
{
	import->step.durable = true;
}
