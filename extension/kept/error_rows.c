/*
 * error_rows.c
 *	  Collects the rows of one batch that are not saved.
 */
#include "kept/error_rows.h"

#include "access/htup_details.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "utils/memutils.h"

/* A batch ends early at this size. Otherwise long texts could make it arbitrarily large. */
#define FULL_BYTES ((size_t) 8 * 1024 * 1024)

/* Made when first needed, because that takes a transaction, and then kept. */
static TupleDesc
descriptor_of(ErrorRows *errors)
{
	MemoryContext caller;

	if (errors->descriptor == NULL)
	{
		caller = MemoryContextSwitchTo(MemoryContextGetParent(errors->context));
		errors->descriptor = error_pages_descriptor();
		MemoryContextSwitchTo(caller);
	}
	return errors->descriptor;
}

void
error_rows_init(ErrorRows *errors, int64 task, bool warnings, int64 after, MemoryContext parent)
{
	memset(errors, 0, sizeof(*errors));
	errors->context = AllocSetContextCreate(parent, "pg_xlsx error rows", ALLOCSET_DEFAULT_SIZES);
	errors->task = task;
	errors->warnings = warnings;
	errors->after = after;
}

void
error_rows_begin(ErrorRows *errors)
{
	MemoryContextReset(errors->context);
	errors->count = errors->capacity = 0;
	errors->bytes = 0;
	errors->rows = NULL;
}

/* For the first row of a batch, because most batches have none. */
static void
prepare(ErrorRows *errors)
{
	MemoryContext caller;

	if (errors->rows != NULL)
		return;
	caller = MemoryContextSwitchTo(errors->context);
	errors->capacity = 64;
	errors->rows = palloc(sizeof(ReportedRow) * (size_t) errors->capacity);
	error_form_init(&errors->form);
	MemoryContextSwitchTo(caller);
}

/* Copies the columns to errors->context. */
static void
add_row(ErrorRows *errors, Datum *columns)
{
	static const bool nulls[REPORTED_ROW_COLUMNS] = {false};
	MemoryContext caller;
	HeapTuple	row;

	prepare(errors);
	caller = MemoryContextSwitchTo(errors->context);
	row = heap_form_tuple(descriptor_of(errors), columns, (bool *) nulls);
	if (errors->count == errors->capacity)
	{
		errors->capacity *= 2;
		errors->rows = repalloc(errors->rows, sizeof(ReportedRow) * (size_t) errors->capacity);
	}
	errors->bytes += row->t_len;
	errors->rows[errors->count++] = (ReportedRow) {DatumGetInt32(columns[0]), row->t_data};
	MemoryContextSwitchTo(caller);
}

bool
error_rows_full(const ErrorRows *errors)
{
	return errors->count >= PG_XLSX_BATCH_ROWS || errors->bytes >= FULL_BYTES;
}

ErrorForm *
error_row_begin(ErrorRows *errors)
{
	prepare(errors);
	error_form_begin(&errors->form);
	return &errors->form;
}

void
error_row_add(ErrorRows *errors, uint32 sheet_row, const KeptRow *row)
{
	Datum		columns[REPORTED_ROW_COLUMNS] = {
		Int32GetDatum((int32) sheet_row), PointerGetDatum(row->cells), PointerGetDatum(row->violations), PointerGetDatum(row->kinds)
	};

	add_row(errors, columns);
}

void
error_row_end(ErrorRows *errors, uint32 sheet_row)
{
	ArrayType  *cells = text_array_end(&errors->form.values);
	Jsonb	   *violations = violation_json_end(&errors->form.violations);
	text	   *kinds = error_form_kinds(&errors->form);

	error_row_add(errors, sheet_row, &(KeptRow) {cells, violations, kinds});
	pfree(cells);
	pfree(violations);
	pfree(kinds);
}

static void
write_rows(ErrorRows *errors)
{
	MemoryContext caller = MemoryContextSwitchTo(errors->context);

	error_pages_add(errors->warnings ? "warning_page" : "error_page", errors->task, errors->rows, errors->count, errors->after);
	errors->after = Max(errors->after, errors->rows[errors->count - 1].number);
	MemoryContextSwitchTo(caller);
}

static void
hold_rows(ErrorRows *errors)
{
	for (int i = 0; i < errors->count; i++)
	{
		HeapTupleHeader datum = errors->rows[i].datum;
		HeapTupleData row = {.t_len = HeapTupleHeaderGetDatumLength(datum), .t_data = datum};

		tuplestore_puttuple(errors->held, &row);
	}
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
		slot_getallattrs(slot);
		add_row(errors, slot->tts_values);
		if (error_rows_full(errors))
		{
			error_rows_store(errors);
			error_rows_begin(errors);
		}
	}
	error_rows_store(errors);
	ExecDropSingleTupleTableSlot(slot);
	tuplestore_end(held);
}
