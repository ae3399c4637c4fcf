/*
 * save.c
 *	  Choosing the way, and finding the rows at fault.
 */
#include "save.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/heap.h"
#include "catalog/pg_am.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_index.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "late_index.h"
#include "miscadmin.h"
#include "nodes/plannodes.h"
#include "owner.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteHandler.h"
#include "subtransaction.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/syscache.h"

/* Rows that are tried together after a bad one, at the least. */
#define LEAST_STRIDE 8

/* The array type of xid has no name in the catalog's headers. */
#define XIDARRAYOID 1011

struct Saver
{
	SaveTask	task;
	Profile    *profile;
	const SaveMethod *method;
	void	   *state;
	bool		wary;			/* the last batch had bad rows */
	bool		unfit;			/* rows of it fitted its constraints and were refused all the same, by triggers */
	int			stride;			/* rows to try together while bad ones are looked for */
	bool		refers_to_itself;
};

/*
 * The probe
 */

/* Is the plan of the INSERT a plain ModifyTable on the target itself? */
static bool
plan_is_plain(const Profile *profile)
{
	Oid		   *types = palloc(sizeof(Oid) * (size_t) (profile->count + 1));
	char	   *sql = save_unnest_statement(profile, types);
	int			arguments = profile->count + (profile->task_attnum != InvalidAttrNumber);
	SPIPlanPtr	plan;
	CachedPlan *cached;
	PlannedStmt *statement;
	bool		plain;

	SPI_connect();
	plan = SPI_prepare(sql, arguments, types);
	if (plan == NULL)
		elog(ERROR, "could not prepare \"%s\": %s", sql, SPI_result_code_string(SPI_result));
	cached = SPI_plan_get_cached_plan(plan);
	plain = cached != NULL && list_length(cached->stmt_list) == 1;
	if (plain)
	{
		statement = linitial_node(PlannedStmt, cached->stmt_list);
		plain = IsA(statement->planTree, ModifyTable) &&
			list_length(statement->resultRelations) == 1 &&
			rt_fetch(linitial_int(statement->resultRelations), statement->rtable)->relid == profile->target;
	}
	if (cached != NULL)
		ReleaseCachedPlan(cached, NULL);	/* a plan that is not saved has no owner */
	SPI_finish();
	return plain;
}

static bool
has_insert_triggers(Relation target)
{
	TriggerDesc *triggers = target->trigdesc;

	return triggers != NULL &&
		(triggers->trig_insert_before_row || triggers->trig_insert_instead_row ||
		 triggers->trig_insert_before_statement || triggers->trig_insert_after_statement ||
		 triggers->trig_insert_new_table);
}

static bool
has_deferrable_index(Relation target)
{
	List	   *indexes = RelationGetIndexList(target);
	ListCell   *cell;
	bool		deferrable = false;

	foreach(cell, indexes)
	{
		HeapTuple	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(lfirst_oid(cell)));

		if (!HeapTupleIsValid(tuple))
			elog(ERROR, "cache lookup failed for index %u", lfirst_oid(cell));
		deferrable = deferrable || !((Form_pg_index) GETSTRUCT(tuple))->indimmediate;
		ReleaseSysCache(tuple);
	}
	return deferrable;
}

static bool
has_domain_column(Relation target)
{
	for (int i = 0; i < RelationGetDescr(target)->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(target), i);

		if (!attribute->attisdropped && get_typtype(attribute->atttypid) == TYPTYPE_DOMAIN)
			return true;
	}
	return false;
}

/* What the plan does not show; the list is that of pg-internals: only a plain heap table qualifies. */
static bool
table_is_plain(const Profile *profile)
{
	Relation	target = table_open(profile->target, AccessShareLock);
	bool		plain = target->rd_rel->relkind == RELKIND_RELATION &&
		target->rd_rel->relam == HEAP_TABLE_AM_OID &&
		target->rd_rel->relpersistence != RELPERSISTENCE_TEMP &&
		!target->rd_rel->relispartition &&
		!has_superclass(profile->target) &&
		find_inheritance_children(profile->target, NoLock) == NIL &&
		target->rd_rules == NULL &&
		!has_insert_triggers(target) &&
		!(target->rd_att->constr != NULL && target->rd_att->constr->has_generated_stored) &&
		!has_deferrable_index(target) &&
		!has_domain_column(target) &&
		check_enable_rls(profile->target, InvalidOid, true) != RLS_ENABLED;

	table_close(target, NoLock);
	return plain;
}

static bool
is_keyed(SaveMode mode)
{
	return mode == MODE_UPSERT || mode == MODE_SKIP || mode == MODE_UPDATE;
}

/* On the whole target, or on each column of the profile. */
static bool
may_write(const Profile *profile, AclMode right)
{
	if (pg_class_aclcheck(profile->target, GetUserId(), right) == ACLCHECK_OK)
		return true;
	for (int i = 0; i < profile->count; i++)
		if (pg_attribute_aclcheck(profile->target, profile->columns[i].attnum, GetUserId(), right) != ACLCHECK_OK)
			return false;
	return profile->task_attnum == InvalidAttrNumber ||
		pg_attribute_aclcheck(profile->target, profile->task_attnum, GetUserId(), right) == ACLCHECK_OK;
}

static void
require_right(const Profile *profile, AclMode right, const char *name)
{
	if (!may_write(profile, right))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for table %s", get_rel_name(profile->target)),
				 errhint("The import runs as \"%s\", which needs %s.", GetUserNameFromId(GetUserId(), false), name)));
}

static void
require_rights(const SaveTask *task)
{
	if (is_keyed(task->mode))
		require_right(task->profile, ACL_SELECT, "SELECT");
	if (task->mode == MODE_UPSERT || task->mode == MODE_UPDATE)
		require_right(task->profile, ACL_UPDATE, "UPDATE");
	if (task->mode != MODE_UPDATE)
		require_right(task->profile, ACL_INSERT, "INSERT");
	if (task->mode == MODE_REPLACE && pg_class_aclcheck(task->profile->target, GetUserId(), ACL_DELETE) != ACLCHECK_OK)
		require_right(task->profile, ACL_DELETE, "DELETE");
}

/* Rights may be taken away while the import runs. A target that is gone is for the method to tell. */
static void
require_rights_still(const SaveTask *task)
{
	LockRelationOid(task->profile->target, RowExclusiveLock);
	if (get_rel_name(task->profile->target) != NULL)
		require_rights(task);
}

static const SaveMethod *
choose_method(const SaveTask *task)
{
	if (is_keyed(task->mode))
		return &save_keyed;
	return table_is_plain(task->profile) && plan_is_plain(task->profile) ? &save_direct : &save_unnest;
}

Saver *
saver_create(const SaveTask *task)
{
	Saver	   *saver = palloc0(sizeof(Saver));

	require_rights(task);
	saver->task = *task;
	saver->profile = task->profile;
	saver->method = choose_method(task);
	saver->state = saver->method->create(&saver->task);
	saver->refers_to_itself = save_refers_to_itself(task->profile);
	saver->stride = PG_XLSX_BATCH_ROWS;
	return saver;
}

int64
saver_empty(Saver *saver)
{
	int64		removed;
	Oid			target = saver->profile->target;
	char	   *sql = psprintf("DELETE FROM %s", quote_qualified_identifier(get_namespace_name(get_rel_namespace(target)),
																		 get_rel_name(target)));

	SPI_connect();
	if (SPI_execute(sql, false, 0) != SPI_OK_DELETE)
		elog(ERROR, "could not empty the target");
	removed = (int64) SPI_processed;
	SPI_finish();
	return removed;
}

bool
saver_index_later(Saver *saver, int64 removed, int64 added)
{
	return saver->method == &save_direct && !saver->refers_to_itself &&
		late_index_suspend(saver->profile->target, removed, added);
}

void
saver_index(Saver *saver)
{
	late_index_build(saver->profile->target);
}

const char *
saver_method(const Saver *saver)
{
	return saver->method->name;
}

void
save_note_xids(int64 task, const TransactionId *xids, int count)
{
	static OwnerStatement insert = {
		"INSERT INTO xlsx_private.undo_xid (task_id, xids) VALUES ($1, $2)", 2, {INT8OID, XIDARRAYOID}, NULL
	};
	Datum	   *elements = palloc(sizeof(Datum) * (size_t) count);
	Datum		values[2];

	for (int i = 0; i < count; i++)
		elements[i] = TransactionIdGetDatum(xids[i]);
	values[0] = Int64GetDatum(task);
	values[1] = PointerGetDatum(construct_array(elements, count, XIDOID, sizeof(TransactionId), true, TYPALIGN_INT));
	owner_run(&insert, values, NULL, NULL);
}

Datum
save_input(const ProfileColumn *column, Datum waiting)
{
	return InputFunctionCall((FmgrInfo *) &column->input, TextDatumGetCString(waiting), column->input_param,
							 column->typmod);
}

/*
 * Rows at fault
 */

/* One batch on its way. */
typedef struct Attempt
{
	Saver	   *saver;
	const PacketRows *rows;
	ErrorRows  *errors;
	SaveCounts *counts;
	bool	   *bad;			/* by row */
	bool		careful;		/* it was tried as a whole, in vain */
	List	   *orphans;		/* rows that may find their parent among the rows after them */
	bool		final;			/* no row waits any more */
	TransactionId *xids;		/* of the subtransactions that wrote */
	int			xid_count;
	int			saved;
} Attempt;

static const char *
code_of_sqlstate(int sqlstate)
{
	switch (sqlstate)
	{
		case ERRCODE_UNIQUE_VIOLATION:
			return "unique";
		case ERRCODE_FOREIGN_KEY_VIOLATION:
			return "foreign_key";
		case ERRCODE_CHECK_VIOLATION:
			return "check";
		case ERRCODE_NOT_NULL_VIOLATION:
			return "not_null";
		case ERRCODE_EXCLUSION_VIOLATION:
			return "exclusion";
		default:
			return "rejected";
	}
}

/* First column of a unique index that is no constraint; InvalidAttrNumber when it is none. */
static AttrNumber
first_of_index(Oid index)
{
	HeapTuple	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
	AttrNumber	attnum = InvalidAttrNumber;

	if (!HeapTupleIsValid(tuple))
		return InvalidAttrNumber;
	attnum = ((Form_pg_index) GETSTRUCT(tuple))->indkey.values[0];
	ReleaseSysCache(tuple);
	return attnum;
}

/* The profile column that an error names, by itself or as the first of its constraint's; NULL when it names none. */
static const ProfileColumn *
column_of_error(const Profile *profile, const ErrorData *error)
{
	AttrNumber	attnum = InvalidAttrNumber;

	if (error->column_name != NULL)
		attnum = get_attnum(profile->target, error->column_name);
	else if (error->constraint_name != NULL)
	{
		Oid			constraint = get_relation_constraint_oid(profile->target, error->constraint_name, true);
		Bitmapset  *columns = NULL;

		if (OidIsValid(constraint))
			columns = get_relation_constraint_attnos(profile->target, error->constraint_name, true, &constraint);
		if (columns != NULL)
			attnum = (AttrNumber) (bms_next_member(columns, -1) + FirstLowInvalidHeapAttributeNumber);
		else
			attnum = first_of_index(get_relname_relid(error->constraint_name, get_rel_namespace(profile->target)));
	}
	for (int i = 0; i < profile->count; i++)
		if (profile->columns[i].attnum == attnum)
			return &profile->columns[i];
	return NULL;
}

char *
save_value_text(const ProfileColumn *column, Datum value)
{
	Oid			output;
	bool		varlena;

	if (column->class == COLUMN_TEXT || column->class == COLUMN_OTHER)
		return TextDatumGetCString(value);
	getTypeOutputInfo(column->type, &output, &varlena);
	return OidOutputFunctionCall(output, value);
}

/* The row with its values becomes an error row; column: whom to blame, or NULL. */
static void
note_bad_row(Attempt *attempt, int row, const ProfileColumn *column, const Violation *violation)
{
	const Profile *profile = attempt->saver->profile;
	uint32		sheet_row = attempt->rows->sheet_rows[row];
	uint32		source = 0;
	char	   *value = NULL;
	ErrorForm  *form = error_row_begin(attempt->errors);

	for (int i = 0; i < profile->count; i++)
	{
		int			at = row * attempt->rows->columns + i;
		char	   *text = attempt->rows->nulls[at] ? NULL : save_value_text(&profile->columns[i], attempt->rows->values[at]);

		error_form_value(form, text, text != NULL ? strlen(text) : 0);
		if (column == &profile->columns[i])
		{
			value = text;
			source = attempt->saver->task.source[i];
		}
	}
	error_form_violation(form, column, sheet_row, source, value, violation);
	error_row_end(attempt->errors, sheet_row);
}

static void
note_error_row(Attempt *attempt, int row, const ErrorData *error)
{
	Violation	violation = {
		.code = code_of_sqlstate(error->sqlerrcode), .message = error->message,
		.detail = error->detail, .hint = error->hint, .constraint = error->constraint_name,
		.sqlstate = unpack_sql_state(error->sqlerrcode)
	};

	if (error->sqlerrcode == ERRCODE_FOREIGN_KEY_VIOLATION && attempt->saver->refers_to_itself && !attempt->final)
	{
		attempt->orphans = lcons_int(row, attempt->orphans);	/* the last ones first */
		return;
	}
	violation.sqlstate = pstrdup(violation.sqlstate);
	note_bad_row(attempt, row, column_of_error(attempt->saver->profile, error), &violation);
}

/* Of MODE_UPDATE: there is no row to update. */
static void
note_missing_row(Attempt *attempt, int row, int key_column)
{
	Violation	violation = {.code = "not_found", .message = "No row has this key"};

	note_bad_row(attempt, row, &attempt->saver->profile->columns[key_column], &violation);
}

/* Rows first to last - 1 of an attempt, on their way through the method. */
typedef struct SaveCall
{
	Attempt    *attempt;
	int			first;
	int			last;
	bool		fitting;
	SaveOutcome outcome;
	TransactionId xid;
} SaveCall;

static void
call_method(void *argument)
{
	SaveCall   *call = argument;
	Saver	   *saver = call->attempt->saver;
	void		(*save) (void *, const PacketRows *, int, int, SaveOutcome *) =
		call->fitting ? saver->method->save_fitting : saver->method->save;

	save(saver->state, call->attempt->rows, call->first, call->last, &call->outcome);
	call->xid = GetCurrentTransactionIdIfAny();
}

static void
add_counts(SaveCounts *sum, const SaveCounts *counts)
{
	sum->inserted += counts->inserted;
	sum->updated += counts->updated;
	sum->unchanged += counts->unchanged;
	sum->skipped += counts->skipped;
}

static void
keep_xid(Attempt *attempt, TransactionId xid)
{
	if (!attempt->saver->task.undo || !TransactionIdIsValid(xid))
		return;
	if (attempt->xids == NULL)
		attempt->xids = palloc(sizeof(TransactionId) * 64);
	else if (attempt->xid_count >= 64 && (attempt->xid_count & (attempt->xid_count - 1)) == 0)
		attempt->xids = repalloc(attempt->xids, sizeof(TransactionId) * 2 * (size_t) attempt->xid_count);
	attempt->xids[attempt->xid_count++] = xid;
}

/*
 * Saves rows in a subtransaction.  NULL, and they are counted; or the error and
 * in *failed the row at fault (-1: unknown).
 */
static ErrorData *
try_rows(Attempt *attempt, int first, int last, bool fitting, int *failed)
{
	SaveCall	call = {attempt, first, last, fitting, {.failed = -1, .bad = attempt->bad, .careful = attempt->careful}, InvalidTransactionId};
	ErrorData  *error = subtransaction_try(call_method, &call);
	SaveCounts *counts = &call.outcome.counts;

	*failed = call.outcome.failed;
	if (error != NULL && !subtransaction_row_fault(error))
		ReThrowError(error);
	if (error != NULL)
		return error;
	add_counts(attempt->counts, counts);
	attempt->saved += (int) (counts->inserted + counts->updated + counts->unchanged + counts->skipped);
	keep_xid(attempt, call.xid);
	for (int row = first; row < last && !fitting; row++)
		if (attempt->bad[row])
			note_missing_row(attempt, row, call.outcome.key_column);
	return NULL;
}

/* One row by itself: it is saved, or its own error is noted. */
static void
save_row(Attempt *attempt, int row)
{
	int			failed;
	ErrorData  *error;

	attempt->bad[row] = false;
	error = try_rows(attempt, row, row + 1, false, &failed);
	/* Somebody may have inserted the key since it was looked for. */
	if (error != NULL && attempt->saver->method == &save_keyed && error->sqlerrcode == ERRCODE_UNIQUE_VIOLATION)
		error = try_rows(attempt, row, row + 1, false, &failed);
	if (error != NULL)
		note_error_row(attempt, row, error);
}

/*
 * Saves what can be saved of rows first to last - 1, by halving and by stepping
 * over rows that are known to be bad.  A failure loses the work of all rows that
 * were tried together, so no more are than went well the last time, or twice as many after no failure.
 */
static void
save_by_halves(Attempt *attempt, int first, int last)
{
	Saver	   *saver = attempt->saver;

	while (first < last)
	{
		int			failed;
		int			end = first + Min(last - first, saver->stride);
		ErrorData  *error = NULL;

		if (end - first == 1)
			save_row(attempt, first);
		else
			error = try_rows(attempt, first, end, false, &failed);
		if (error == NULL)
		{
			first = end;
			saver->stride = Min(2 * saver->stride, PG_XLSX_BATCH_ROWS);
			continue;
		}
		if (failed < 0)
		{
			/* The row is not known: one half has it. */
			saver->stride = (end - first) / 2;
			continue;
		}
		/* The rows before it may still hold one that only the end of the statement would show. */
		save_by_halves(attempt, first, failed);
		note_error_row(attempt, failed, error);
		saver->stride = Max(failed - first, LEAST_STRIDE);
		first = failed + 1;
	}
}

/* Rows that are not marked bad, between those that are. */
static void
save_between(Attempt *attempt)
{
	int			count = attempt->rows->count;
	bool	   *orphan = memcpy(palloc((size_t) count), attempt->bad, (size_t) count);
	int			first = 0;

	memset(attempt->bad, 0, (size_t) count);
	for (int row = 0; row <= count; row++)
	{
		if (row < count && !orphan[row])
			continue;
		save_by_halves(attempt, first, row);
		if (row < count)
			save_row(attempt, row);
		first = row + 1;
	}
}

/* Saves what fits, then asks the others one by one what is wrong with them. False when that did not work. */
static bool
save_fitting_rows(Attempt *attempt)
{
	Saver	   *saver = attempt->saver;
	int			count = attempt->rows->count;
	int			failed;

	if (saver->method->save_fitting == NULL || saver->unfit)
		return false;
	saver->unfit = try_rows(attempt, 0, count, true, &failed) != NULL;
	if (saver->unfit)
		return false;
	for (int row = 0; row < count; row++)
		if (attempt->bad[row])
			save_row(attempt, row);
	return true;
}

/* Rows whose parent came after them, as long as one of them finds it; then the rest is bad. */
static void
save_orphans(Attempt *attempt)
{
	while (attempt->orphans != NIL)
	{
		List	   *rows = attempt->orphans;
		int			before = attempt->saved;
		ListCell   *cell;

		attempt->orphans = NIL;
		foreach(cell, rows)
			save_row(attempt, lfirst_int(cell));
		attempt->final = attempt->saved == before;
	}
}

int
saver_save(Saver *saver, const PacketRows *rows, SaveCounts *counts, ErrorRows *errors)
{
	Attempt		attempt = {
		.saver = saver, .rows = rows, .errors = errors, .counts = counts, .bad = palloc0((size_t) rows->count + 1)
	};
	int			failed;

	require_rights_still(&saver->task);
	/* Where the batch before had bad rows, this one is likely to. */
	if (saver->wary || try_rows(&attempt, 0, rows->count, false, &failed) != NULL)
	{
		memset(attempt.bad, 0, (size_t) rows->count);
		save_mark_orphans(saver->profile, rows, attempt.bad);
		if (!save_fitting_rows(&attempt))
		{
			attempt.careful = true;
			save_between(&attempt);
		}
		save_orphans(&attempt);
		saver->wary = attempt.saved < rows->count;
		saver->unfit = saver->unfit && saver->wary;
	}
	if (attempt.xid_count > 0)
		save_note_xids(saver->task.task, attempt.xids, attempt.xid_count);
	return attempt.saved;
}
