/*
 * error_rows.c
 *	  The rows of one batch that are not saved.
 */
#include "error_rows.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "core/ref.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "owner.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#include "utils/rel.h"

void
error_rows_init(ErrorRows *errors, int64 task, bool warnings, MemoryContext parent)
{
	memset(errors, 0, sizeof(*errors));
	errors->context = AllocSetContextCreate(parent, "pg_xlsx error rows", ALLOCSET_DEFAULT_SIZES);
	errors->row_context = AllocSetContextCreate(parent, "pg_xlsx error row", ALLOCSET_DEFAULT_SIZES);
	errors->task = task;
	errors->warnings = warnings;
}

void
error_rows_begin(ErrorRows *errors)
{
	MemoryContextReset(errors->context);
	errors->count = 0;
	errors->capacity = 0;
	errors->row_numbers = errors->cells = errors->violations = NULL;
}

static void
grow(ErrorRows *errors)
{
	size_t		capacity = errors->capacity == 0 ? 64 : (size_t) errors->capacity * 2;

	if (errors->capacity == 0)
	{
		errors->row_numbers = palloc(sizeof(Datum) * capacity);
		errors->cells = palloc(sizeof(Datum) * capacity);
		errors->violations = palloc(sizeof(Datum) * capacity);
	}
	else
	{
		errors->row_numbers = repalloc(errors->row_numbers, sizeof(Datum) * capacity);
		errors->cells = repalloc(errors->cells, sizeof(Datum) * capacity);
		errors->violations = repalloc(errors->violations, sizeof(Datum) * capacity);
	}
	errors->capacity = (int) capacity;
}

void
error_row_begin(ErrorRows *errors)
{
	MemoryContext caller = MemoryContextSwitchTo(errors->context);

	if (errors->count == errors->capacity)
		grow(errors);
	MemoryContextReset(errors->row_context);
	errors->value_count = errors->value_capacity = 0;
	MemoryContextSwitchTo(errors->row_context);
	errors->row_violations = NULL;
	pushJsonbValue(&errors->row_violations, WJB_BEGIN_ARRAY, NULL);
	MemoryContextSwitchTo(caller);
}

void
error_row_value(ErrorRows *errors, const char *value)
{
	MemoryContext caller = MemoryContextSwitchTo(errors->row_context);
	int			at = errors->value_count++;

	if (at == errors->value_capacity)
	{
		errors->value_capacity = Max(at * 2, 16);
		errors->values = at == 0 ? palloc(sizeof(Datum) * (size_t) errors->value_capacity) :
			repalloc(errors->values, sizeof(Datum) * (size_t) errors->value_capacity);
		errors->nulls = at == 0 ? palloc(sizeof(bool) * (size_t) errors->value_capacity) :
			repalloc(errors->nulls, sizeof(bool) * (size_t) errors->value_capacity);
	}
	errors->nulls[at] = value == NULL;
	errors->values[at] = value == NULL ? (Datum) 0 : CStringGetTextDatum(value);
	MemoryContextSwitchTo(caller);
}

static JsonbValue
json_text(const char *text)
{
	JsonbValue	value = {.type = jbvString};

	value.val.string.val = (char *) text;
	value.val.string.len = (int) strlen(text);
	return value;
}

/* The text must live until the row ends. */
static void
push_member(ErrorRows *errors, const char *name, const char *text)
{
	JsonbValue	key = json_text(name);
	JsonbValue	value;

	if (text == NULL)
		return;
	value = json_text(text);
	pushJsonbValue(&errors->row_violations, WJB_KEY, &key);
	pushJsonbValue(&errors->row_violations, WJB_VALUE, &value);
}

/* Texts of the caller need not live as long as the row. */
static void
push_copy(ErrorRows *errors, const char *name, const char *text)
{
	push_member(errors, name, text != NULL ? pstrdup(text) : NULL);
}

/* Built as jsonb at once: half of a sheet may be bad, and text would have to be parsed. */
void
error_row_violation(ErrorRows *errors, const ProfileColumn *column, uint32 sheet_row, uint32 source,
					const char *value, const Violation *violation)
{
	MemoryContext caller = MemoryContextSwitchTo(errors->row_context);
	char		cell[19];

	pushJsonbValue(&errors->row_violations, WJB_BEGIN_OBJECT, NULL);
	push_member(errors, "column", column != NULL ? column->header : NULL);
	if (source > 0)
	{
		xlsx_ref_cell(sheet_row, source, cell);
		push_copy(errors, "cell", cell);
	}
	push_copy(errors, "code", violation->code);
	push_copy(errors, "message", violation->message);
	push_copy(errors, "value", value);
	push_copy(errors, "detail", violation->detail);
	push_copy(errors, "hint", violation->hint);
	push_copy(errors, "constraint", violation->constraint);
	push_copy(errors, "sqlstate", violation->sqlstate);
	pushJsonbValue(&errors->row_violations, WJB_END_OBJECT, NULL);
	MemoryContextSwitchTo(caller);
}

void
error_row_end(ErrorRows *errors, uint32 sheet_row)
{
	MemoryContext caller = MemoryContextSwitchTo(errors->row_context);
	int			bounds[] = {1};
	JsonbValue *violations = pushJsonbValue(&errors->row_violations, WJB_END_ARRAY, NULL);
	Jsonb	   *jsonb = JsonbValueToJsonb(violations);

	MemoryContextSwitchTo(errors->context);
	errors->row_numbers[errors->count] = Int32GetDatum((int32) sheet_row);
	errors->cells[errors->count] = PointerGetDatum(construct_md_array(errors->values, errors->nulls, 1, &errors->value_count, bounds,
																	  TEXTOID, -1, false, TYPALIGN_INT));
	errors->violations[errors->count] = datumCopy(JsonbPGetDatum(jsonb), false, -1);
	errors->count++;
	MemoryContextSwitchTo(caller);
}

/* Slots over a descriptor of our own: one over the relation's would pin it. */
static TupleTableSlot **
fill_slots(const ErrorRows *errors, Relation relation)
{
	TupleDesc	descriptor = CreateTupleDescCopy(RelationGetDescr(relation));
	TupleTableSlot **slots = palloc(sizeof(TupleTableSlot *) * (size_t) errors->count);

	for (int i = 0; i < errors->count; i++)
	{
		TupleTableSlot *slot = slots[i] = MakeSingleTupleTableSlot(descriptor, &TTSOpsVirtual);
		Datum		values[] = {Int64GetDatum(errors->task), errors->row_numbers[i], errors->cells[i], errors->violations[i]};

		memcpy(slot->tts_values, values, sizeof(values));
		memset(slot->tts_isnull, false, sizeof(bool) * lengthof(values));
		ExecStoreVirtualTuple(slot);
		slot->tts_tableOid = RelationGetRelid(relation);
	}
	return slots;
}

/* Straight into the table, which is ours: no triggers, no defaults, one unique index. Half of a sheet may be bad. */
static void
write_rows(ErrorRows *errors)
{
	MemoryContext caller = MemoryContextSwitchTo(errors->context);
	Relation	relation = table_open(owner_table(errors->warnings ? "warning_row" : "error_row"), RowExclusiveLock);
	EState	   *estate = CreateExecutorState();
	RangeTblEntry *entry = makeNode(RangeTblEntry);
	ResultRelInfo *info = makeNode(ResultRelInfo);
	TupleTableSlot **slots = fill_slots(errors, relation);

	entry->rtekind = RTE_RELATION;
	entry->relid = RelationGetRelid(relation);
	entry->relkind = relation->rd_rel->relkind;
	entry->rellockmode = RowExclusiveLock;
	compat_init_range_table(estate, entry);
	InitResultRelInfo(info, relation, 1, NULL, 0);
	ExecOpenIndices(info, false);
	table_multi_insert(relation, slots, errors->count, GetCurrentCommandId(true), 0, NULL);
	for (int i = 0; i < errors->count; i++)
		list_free(compat_insert_index_tuples(info, slots[i], estate));
	ExecCloseIndices(info);
	FreeExecutorState(estate);
	table_close(relation, NoLock);
	CommandCounterIncrement();
	MemoryContextSwitchTo(caller);
}

/* Row number, cells, violations. */
static TupleDesc
held_descriptor(void)
{
	TupleDesc	descriptor = CreateTemplateTupleDesc(3);

	TupleDescInitEntry(descriptor, 1, "row_number", INT4OID, -1, 0);
	TupleDescInitEntry(descriptor, 2, "cells", TEXTARRAYOID, -1, 0);
	TupleDescInitEntry(descriptor, 3, "violations", JSONBOID, -1, 0);
	return descriptor;
}

static void
hold_rows(ErrorRows *errors)
{
	MemoryContext caller = MemoryContextSwitchTo(errors->context);
	TupleDesc	descriptor = held_descriptor();

	for (int i = 0; i < errors->count; i++)
	{
		Datum		values[] = {errors->row_numbers[i], errors->cells[i], errors->violations[i]};
		bool		nulls[3] = {false, false, false};

		tuplestore_putvalues(errors->held, descriptor, values, nulls);
	}
	MemoryContextSwitchTo(caller);
}

void
error_rows_store(ErrorRows *errors)
{
	if (errors->count == 0)
		return;
	if (errors->held != NULL)
		hold_rows(errors);
	else
		write_rows(errors);
}

void
error_rows_hold(ErrorRows *errors)
{
	MemoryContext caller = MemoryContextSwitchTo(MemoryContextGetParent(errors->context));

	if (errors->held != NULL)
		tuplestore_end(errors->held);
	errors->held = tuplestore_begin_heap(false, false, work_mem);
	MemoryContextSwitchTo(caller);
}

void
error_rows_release(ErrorRows *errors)
{
	Tuplestorestate *held = errors->held;
	TupleTableSlot *slot = MakeSingleTupleTableSlot(held_descriptor(), &TTSOpsMinimalTuple);

	errors->held = NULL;
	error_rows_begin(errors);
	while (tuplestore_gettupleslot(held, true, false, slot))
	{
		MemoryContext caller = MemoryContextSwitchTo(errors->context);

		slot_getallattrs(slot);
		if (errors->count == errors->capacity)
			grow(errors);
		errors->row_numbers[errors->count] = slot->tts_values[0];
		errors->cells[errors->count] = PointerGetDatum(PG_DETOAST_DATUM_COPY(slot->tts_values[1]));
		errors->violations[errors->count] = PointerGetDatum(PG_DETOAST_DATUM_COPY(slot->tts_values[2]));
		errors->count++;
		MemoryContextSwitchTo(caller);
		if (errors->count == PG_XLSX_BATCH_ROWS)
		{
			error_rows_store(errors);
			error_rows_begin(errors);
		}
	}
	error_rows_store(errors);
	ExecDropSingleTupleTableSlot(slot);
	tuplestore_end(held);
}
