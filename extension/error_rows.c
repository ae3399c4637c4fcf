/*
 * error_rows.c
 *	  The rows of one batch that are not saved.
 */
#include "error_rows.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "owner_rows.h"
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

/* For the first row of a batch: most have none. */
static void
prepare(ErrorRows *errors)
{
	MemoryContext caller;

	if (errors->rows != NULL)
		return;
	caller = MemoryContextSwitchTo(errors->context);
	errors->capacity = 64;
	errors->rows = palloc(sizeof(HeapTuple) * (size_t) errors->capacity);
	error_form_init(&errors->form);
	MemoryContextSwitchTo(caller);
}

/* The tuple lives in errors->context. */
static void
add_tuple(ErrorRows *errors, HeapTuple tuple)
{
	prepare(errors);
	if (errors->count == errors->capacity)
	{
		errors->capacity *= 2;
		errors->rows = repalloc(errors->rows, sizeof(HeapTuple) * (size_t) errors->capacity);
	}
	errors->rows[errors->count++] = tuple;
}

ErrorForm *
error_row_begin(ErrorRows *errors)
{
	prepare(errors);
	error_form_begin(&errors->form);
	return &errors->form;
}

void
error_row_add(ErrorRows *errors, uint32 sheet_row, const ArrayType *cells, const Jsonb *violations)
{
	MemoryContext caller = MemoryContextSwitchTo(errors->context);
	Datum		values[] = {
		Int64GetDatum(errors->task), Int32GetDatum((int32) sheet_row), PointerGetDatum(cells), PointerGetDatum(violations)
	};
	bool		nulls[lengthof(values)] = {false};

	add_tuple(errors, heap_form_tuple(descriptor_of(errors), values, nulls));
	MemoryContextSwitchTo(caller);
}

void
error_row_end(ErrorRows *errors, uint32 sheet_row)
{
	ArrayType  *cells = text_array_end(&errors->form.values);
	Jsonb	   *violations = violation_json_end(&errors->form.violations);

	error_row_add(errors, sheet_row, cells, violations);
	pfree(cells);
	pfree(violations);
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
