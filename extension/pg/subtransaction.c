/*
 * subtransaction.c
 *	  Runs work that may fail without failing the transaction.
 */
#include "pg/subtransaction.h"

#include "access/xact.h"
#include "pg/query.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

/* The longest wait for a lock. Most sessions release one within this time. */
#define SHORT_WAIT "200ms"

ErrorData *
subtransaction_try(void (*work) (void *argument), void *argument)
{
	static const bool keep = true;

	return subtransaction_try_keep(work, argument, &keep);
}

ErrorData *
subtransaction_try_keep(void (*work) (void *argument), void *argument, const bool *keep)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData  *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		work(argument);
		if (*keep)
			ReleaseCurrentSubTransaction();
		else
			RollbackAndReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return error;
}

typedef struct Hurry
{
	void		(*work) (void *argument);
	void	   *argument;
} Hurry;

static void
work_in_a_hurry(void *argument)
{
	Hurry	   *hurry = argument;
	int			level = NewGUCNestLevel();

	query_set_option("lock_timeout", SHORT_WAIT);
	hurry->work(hurry->argument);
	AtEOXact_GUC(true, level);
}

bool
subtransaction_try_unlocked(void (*work) (void *argument), void *argument)
{
	Hurry		hurry = {work, argument};
	ErrorData  *error = subtransaction_try(work_in_a_hurry, &hurry);

	if (error != NULL && error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE)
		ReThrowError(error);
	return error == NULL;
}

bool
subtransaction_row_fault(const ErrorData *error)
{
	switch (ERRCODE_TO_CATEGORY(error->sqlerrcode))
	{
		case ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION:
		case ERRCODE_DATA_EXCEPTION:
		case ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION:
		case ERRCODE_WITH_CHECK_OPTION_VIOLATION:
		case ERRCODE_PLPGSQL_ERROR:
		case ERRCODE_CARDINALITY_VIOLATION:
			return true;
		default:
			/* A WITH CHECK of a policy has failed. That the role may insert at all was checked before. */
			return error->sqlerrcode == ERRCODE_INSUFFICIENT_PRIVILEGE;
	}
}
