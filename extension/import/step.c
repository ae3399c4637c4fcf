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
#include "tables/carried.h"
#include "tables/owner.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

/*
 * A commit costs about as much as checking 200 rows, so a step takes many batches. It ends when
 * an event is due, or at one of these limits. They limit what a crash repeats and how long other
 * sessions wait for a row. They also limit the number of subtransactions, because more than 64 in
 * one transaction slow every session. Each bad row takes a subtransaction, so a batch with bad
 * rows ends a step of SAVING.
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
		carried_apply(import->task->settings);
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

/*
 * Deferred triggers run here, before the commit. At the commit the session would already serve
 * other work, and the lock of the task would not be sure.
 */
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
