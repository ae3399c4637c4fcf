/*
 * save.c
 *	  Choosing the way, and finding the rows at fault.
 */
#include "save.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/heap.h"
#include "catalog/pg_am.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_index.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/plannodes.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteHandler.h"
#include "subtransaction.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/syscache.h"

struct Saver
{
	Profile    *profile;
	int64		task;
	const SaveMethod *method;
	void	   *state;
	bool		wary;			/* the last batch had bad rows */
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
may_insert(const Profile *profile)
{
	AclResult	whole = pg_class_aclcheck(profile->target, GetUserId(), ACL_INSERT);

	if (whole == ACLCHECK_OK)
		return true;
	for (int i = 0; i < profile->count; i++)
		if (pg_attribute_aclcheck(profile->target, profile->columns[i].attnum, GetUserId(), ACL_INSERT) != ACLCHECK_OK)
			return false;
	return profile->task_attnum == InvalidAttrNumber ||
		pg_attribute_aclcheck(profile->target, profile->task_attnum, GetUserId(), ACL_INSERT) == ACLCHECK_OK;
}

Saver *
saver_create(Profile *profile, int64 task)
{
	Saver	   *saver = palloc0(sizeof(Saver));

	if (!may_insert(profile))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for table %s", get_rel_name(profile->target)),
				 errhint("The import runs as \"%s\", which needs INSERT.", GetUserNameFromId(GetUserId(), false))));
	saver->profile = profile;
	saver->task = task;
	saver->method = table_is_plain(profile) && plan_is_plain(profile) ? &save_direct : &save_unnest;
	saver->state = saver->method->create(profile, task);
	return saver;
}

const char *
saver_method(const Saver *saver)
{
	return saver->method->name;
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
	const uint32 *source;
	ErrorRows  *errors;
	int			saved;
} Attempt;

/* Can a row be at fault for this?  If not, the error is the task's. */
static bool
is_row_fault(const ErrorData *error)
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
			/* A policy's WITH CHECK; that the role may insert at all was checked before. */
			return error->sqlerrcode == ERRCODE_INSUFFICIENT_PRIVILEGE;
	}
}

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
	}
	for (int i = 0; i < profile->count; i++)
		if (profile->columns[i].attnum == attnum)
			return &profile->columns[i];
	return NULL;
}

static char *
value_text(const ProfileColumn *column, Datum value)
{
	Oid			output;
	bool		varlena;

	if (column->class == COLUMN_TEXT || column->class == COLUMN_OTHER)
		return TextDatumGetCString(value);
	getTypeOutputInfo(column->type, &output, &varlena);
	return OidOutputFunctionCall(output, value);
}

static void
note_error_row(Attempt *attempt, int row, const ErrorData *error)
{
	const Profile *profile = attempt->saver->profile;
	const ProfileColumn *column = column_of_error(profile, error);
	uint32		sheet_row = attempt->rows->sheet_rows[row];
	uint32		source = 0;
	char	   *value = NULL;
	Violation	violation = {
		.code = code_of_sqlstate(error->sqlerrcode), .message = error->message,
		.detail = error->detail, .hint = error->hint, .constraint = error->constraint_name
	};

	error_row_begin(attempt->errors);
	for (int i = 0; i < profile->count; i++)
	{
		int			at = row * attempt->rows->columns + i;
		char	   *text = attempt->rows->nulls[at] ? NULL : value_text(&profile->columns[i], attempt->rows->values[at]);

		error_row_value(attempt->errors, text);
		if (column == &profile->columns[i])
		{
			value = text;
			source = attempt->source[i];
		}
	}
	error_row_violation(attempt->errors, column, sheet_row, source, value, &violation);
	error_row_end(attempt->errors, sheet_row);
}

/* Rows first to last - 1 of an attempt, on their way through the method. */
typedef struct SaveCall
{
	Attempt    *attempt;
	int			first;
	int			last;
	bool	   *bad;			/* for save_fitting, else NULL */
	int			failed;			/* row at fault, -1: unknown */
} SaveCall;

static void
call_method(void *argument)
{
	SaveCall   *call = argument;
	Saver	   *saver = call->attempt->saver;

	if (call->bad != NULL)
		saver->method->save_fitting(saver->state, call->attempt->rows, call->first, call->last, call->bad, &call->failed);
	else
		saver->method->save(saver->state, call->attempt->rows, call->first, call->last, &call->failed);
}

/* Saves rows in a subtransaction. NULL, or the error and in *failed the row at fault (-1: unknown). */
static ErrorData *
try_rows(Attempt *attempt, int first, int last, bool *bad, int *failed)
{
	SaveCall	call = {attempt, first, last, bad, -1};
	ErrorData  *error = subtransaction_try(call_method, &call);

	if (error != NULL && !is_row_fault(error))
		ReThrowError(error);
	*failed = call.failed;
	return error;
}

/* One row by itself: it is saved, or its own error is noted. */
static void
save_row(Attempt *attempt, int row)
{
	int			failed;
	ErrorData  *error = try_rows(attempt, row, row + 1, NULL, &failed);

	if (error == NULL)
		attempt->saved++;
	else
		note_error_row(attempt, row, error);
}

/* Saves what fits, then asks the others one by one what is wrong with them. False when that did not work. */
static bool
save_fitting_rows(Attempt *attempt)
{
	int			count = attempt->rows->count;
	bool	   *bad = palloc0(sizeof(bool) * (size_t) Max(count, 1));
	int			failed;

	if (attempt->saver->method->save_fitting == NULL || try_rows(attempt, 0, count, bad, &failed) != NULL)
		return false;
	for (int row = 0; row < count; row++)
		if (bad[row])
			save_row(attempt, row);
		else
			attempt->saved++;
	return true;
}

/* Saves what can be saved of rows first to last - 1, by halving and by stepping over rows that are known to be bad. */
static void
save_by_halves(Attempt *attempt, int first, int last)
{
	while (first < last)
	{
		int			failed;
		ErrorData  *error = try_rows(attempt, first, last, NULL, &failed);
		int			middle = first + (last - first) / 2;

		if (error == NULL)
		{
			attempt->saved += last - first;
			return;
		}
		if (last - first == 1)
			failed = first;
		if (failed < 0)
		{
			/* The row is not known: one half has it. */
			save_by_halves(attempt, first, middle);
			first = middle;
			continue;
		}
		/* The rows before it may still hold one that only the end of the statement would show. */
		save_by_halves(attempt, first, failed);
		note_error_row(attempt, failed, error);
		first = failed + 1;
	}
}

int
saver_save(Saver *saver, const PacketRows *rows, const uint32 *source, ErrorRows *errors)
{
	Attempt		attempt = {saver, rows, source, errors, 0};
	int			failed;

	/* Where the batch before had bad rows, this one is likely to. */
	if (!saver->wary && try_rows(&attempt, 0, rows->count, NULL, &failed) == NULL)
		return rows->count;
	if (!save_fitting_rows(&attempt))
		save_by_halves(&attempt, 0, rows->count);
	saver->wary = attempt.saved < rows->count;
	return attempt.saved;
}
