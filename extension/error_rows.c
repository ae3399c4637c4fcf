/*
 * error_rows.c
 *	  The rows of one batch that are not saved.
 */
#include "error_rows.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "core/ref.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "owner_rows.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

/* Columns of xlsx_private.error_row and warning_row; kept, and not made before there is a transaction. */
static TupleDesc
descriptor_of(ErrorRows *errors)
{
	MemoryContext caller;
	TupleDesc	descriptor;

	if (errors->descriptor != NULL)
		return errors->descriptor;
	caller = MemoryContextSwitchTo(MemoryContextGetParent(errors->context));
	descriptor = errors->descriptor = CreateTemplateTupleDesc(4);
	TupleDescInitEntry(descriptor, 1, "task_id", INT8OID, -1, 0);
	TupleDescInitEntry(descriptor, 2, "row_number", INT4OID, -1, 0);
	TupleDescInitEntry(descriptor, 3, "cells", TEXTARRAYOID, -1, 0);
	TupleDescInitEntry(descriptor, 4, "violations", JSONBOID, -1, 0);
	MemoryContextSwitchTo(caller);
	return descriptor;
}

void
error_rows_init(ErrorRows *errors, int64 task, bool warnings, MemoryContext parent)
{
	memset(errors, 0, sizeof(*errors));
	errors->context = AllocSetContextCreate(parent, "pg_xlsx error rows", ALLOCSET_DEFAULT_SIZES);
	errors->task = task;
	errors->warnings = warnings;
}

void
error_rows_begin(ErrorRows *errors)
{
	MemoryContextReset(errors->context);
	errors->count = errors->capacity = 0;
	errors->rows = NULL;
}

/* The first row of a batch: most have none. */
static void
prepare(ErrorRows *errors)
{
	errors->capacity = 64;
	errors->rows = palloc(sizeof(HeapTuple) * (size_t) errors->capacity);
	text_array_init(&errors->values);
	violation_json_init(&errors->violations);
}

static void
add_tuple(ErrorRows *errors, HeapTuple tuple)
{
	if (errors->count == errors->capacity)
	{
		errors->capacity *= 2;
		errors->rows = repalloc(errors->rows, sizeof(HeapTuple) * (size_t) errors->capacity);
	}
	errors->rows[errors->count++] = tuple;
}

void
error_row_begin(ErrorRows *errors)
{
	if (errors->rows == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(errors->context);

		prepare(errors);
		MemoryContextSwitchTo(caller);
	}
	text_array_begin(&errors->values);
	violation_json_begin(&errors->violations);
}

void
error_row_value(ErrorRows *errors, const char *value, size_t length)
{
	text_array_add(&errors->values, value, length);
}

void
error_row_violation(ErrorRows *errors, const ProfileColumn *column, uint32 sheet_row, uint32 source,
					const char *value, const Violation *violation)
{
	char		cell[19];
	const char *members[VIOLATION_MEMBERS] = {
		[VIOLATION_CELL] = source > 0 ? cell : NULL,
		[VIOLATION_CODE] = violation->code,
		[VIOLATION_HINT] = violation->hint,
		[VIOLATION_VALUE] = value,
		[VIOLATION_COLUMN] = column != NULL ? column->header : NULL,
		[VIOLATION_DETAIL] = violation->detail,
		[VIOLATION_MESSAGE] = violation->message,
		[VIOLATION_SQLSTATE] = violation->sqlstate,
		[VIOLATION_CONSTRAINT] = violation->constraint
	};

	if (source > 0)
		xlsx_ref_cell(sheet_row, source, cell);
	violation_json_add(&errors->violations, members);
}

void
error_row_end(ErrorRows *errors, uint32 sheet_row)
{
	MemoryContext caller = MemoryContextSwitchTo(errors->context);
	ArrayType  *cells = text_array_end(&errors->values);
	Jsonb	   *violations = violation_json_end(&errors->violations);
	Datum		values[] = {
		Int64GetDatum(errors->task), Int32GetDatum((int32) sheet_row), PointerGetDatum(cells), JsonbPGetDatum(violations)
	};
	bool		nulls[lengthof(values)] = {false};

	add_tuple(errors, heap_form_tuple(descriptor_of(errors), values, nulls));
	pfree(cells);
	pfree(violations);
	MemoryContextSwitchTo(caller);
}

static void
write_rows(ErrorRows *errors)
{
	MemoryContext caller = MemoryContextSwitchTo(errors->context);
	Relation	relation = owner_rows_open(errors->warnings ? "warning_row" : "error_row", RowExclusiveLock);

	owner_rows_insert(relation, errors->rows, errors->count);
	owner_rows_close(relation);
	MemoryContextSwitchTo(caller);
}

static void
hold_rows(ErrorRows *errors)
{
	for (int i = 0; i < errors->count; i++)
		tuplestore_puttuple(errors->held, errors->rows[i]);
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
	TupleTableSlot *slot = MakeSingleTupleTableSlot(descriptor_of(errors), &TTSOpsMinimalTuple);

	errors->held = NULL;
	error_rows_begin(errors);
	while (tuplestore_gettupleslot(held, true, false, slot))
	{
		MemoryContext caller = MemoryContextSwitchTo(errors->context);

		if (errors->rows == NULL)
			prepare(errors);
		add_tuple(errors, ExecCopySlotHeapTuple(slot));
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
