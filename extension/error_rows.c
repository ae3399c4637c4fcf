/*
 * error_rows.c
 *	  The rows of one batch that are not saved.
 */
#include "error_rows.h"

#include "catalog/pg_type.h"
#include "core/ref.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "owner.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/memutils.h"

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
	errors->count = 0;
	errors->capacity = 0;
	errors->row_numbers = errors->cells = errors->violations = NULL;
	errors->cells_text.data = errors->violations_text.data = NULL;
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
		initStringInfo(&errors->cells_text);
		initStringInfo(&errors->violations_text);
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
	resetStringInfo(&errors->cells_text);
	appendStringInfoChar(&errors->cells_text, '{');
	resetStringInfo(&errors->violations_text);
	appendStringInfoChar(&errors->violations_text, '[');
	MemoryContextSwitchTo(caller);
}

/* An element of an array literal. */
void
error_row_value(ErrorRows *errors, const char *value)
{
	StringInfo	text = &errors->cells_text;

	if (text->len > 1)
		appendStringInfoChar(text, ',');
	if (value == NULL)
	{
		appendStringInfoString(text, "NULL");
		return;
	}
	appendStringInfoChar(text, '"');
	for (;;)
	{
		size_t		plain = strcspn(value, "\"\\");

		appendBinaryStringInfo(text, value, (int) plain);
		value += plain;
		if (*value == '\0')
			break;
		appendStringInfoChar(text, '\\');
		appendStringInfoChar(text, *value++);
	}
	appendStringInfoChar(text, '"');
}

/* Mostly there is nothing to escape. */
static void
append_json(StringInfo json, const char *value)
{
	const char *end = value;

	while ((unsigned char) *end >= ' ' && *end != '"' && *end != '\\')
		end++;
	if (*end != '\0')
	{
		escape_json(json, value);
		return;
	}
	appendStringInfoChar(json, '"');
	appendBinaryStringInfo(json, value, (int) (end - value));
	appendStringInfoChar(json, '"');
}

static void
append_member(StringInfo json, const char *name, const char *value)
{
	if (value == NULL)
		return;
	appendStringInfoString(json, json->data[json->len - 1] == '{' ? "\"" : ",\"");
	appendStringInfoString(json, name);
	appendStringInfoString(json, "\":");
	append_json(json, value);
}

void
error_row_violation(ErrorRows *errors, const ProfileColumn *column, uint32 sheet_row, uint32 source,
					const char *value, const Violation *violation)
{
	StringInfo	json = &errors->violations_text;
	char		cell[19];

	if (json->len > 1)
		appendStringInfoChar(json, ',');
	appendStringInfoChar(json, '{');
	append_member(json, "column", column != NULL ? column->header : NULL);
	if (source > 0)
	{
		xlsx_ref_cell(sheet_row, source, cell);
		append_member(json, "cell", cell);
	}
	append_member(json, "code", violation->code);
	append_member(json, "message", violation->message);
	append_member(json, "value", value);
	append_member(json, "detail", violation->detail);
	append_member(json, "hint", violation->hint);
	append_member(json, "constraint", violation->constraint);
	append_member(json, "sqlstate", violation->sqlstate);
	appendStringInfoChar(json, '}');
}

void
error_row_end(ErrorRows *errors, uint32 sheet_row)
{
	MemoryContext caller = MemoryContextSwitchTo(errors->context);

	appendStringInfoChar(&errors->cells_text, '}');
	appendStringInfoChar(&errors->violations_text, ']');
	errors->row_numbers[errors->count] = Int32GetDatum((int32) sheet_row);
	errors->cells[errors->count] = CStringGetTextDatum(errors->cells_text.data);
	errors->violations[errors->count] = CStringGetTextDatum(errors->violations_text.data);
	errors->count++;
	MemoryContextSwitchTo(caller);
}

static void
write_rows(ErrorRows *errors)
{
	static OwnerStatement insert_errors = {
		"INSERT INTO xlsx_private.error_row (task_id, row_number, cells, violations)"
		" SELECT $1, u.r, u.c::text[], u.v::jsonb FROM unnest($2, $3, $4) AS u (r, c, v)",
		4, {INT8OID, INT4ARRAYOID, TEXTARRAYOID, TEXTARRAYOID}, NULL
	};
	static OwnerStatement insert_warnings = {
		"INSERT INTO xlsx_private.warning_row (task_id, row_number, cells, violations)"
		" SELECT $1, u.r, u.c::text[], u.v::jsonb FROM unnest($2, $3, $4) AS u (r, c, v)",
		4, {INT8OID, INT4ARRAYOID, TEXTARRAYOID, TEXTARRAYOID}, NULL
	};
	MemoryContext caller = MemoryContextSwitchTo(errors->context);
	Datum		values[4];

	values[0] = Int64GetDatum(errors->task);
	values[1] = PointerGetDatum(construct_array(errors->row_numbers, errors->count, INT4OID, 4, true, TYPALIGN_INT));
	values[2] = PointerGetDatum(construct_array(errors->cells, errors->count, TEXTOID, -1, false, TYPALIGN_INT));
	values[3] = PointerGetDatum(construct_array(errors->violations, errors->count, TEXTOID, -1, false, TYPALIGN_INT));
	owner_run(errors->warnings ? &insert_warnings : &insert_errors, values, NULL, NULL);
	MemoryContextSwitchTo(caller);
}

/* Row number, cells, violations. */
static TupleDesc
held_descriptor(void)
{
	TupleDesc	descriptor = CreateTemplateTupleDesc(3);

	TupleDescInitEntry(descriptor, 1, "row_number", INT4OID, -1, 0);
	TupleDescInitEntry(descriptor, 2, "cells", TEXTOID, -1, 0);
	TupleDescInitEntry(descriptor, 3, "violations", TEXTOID, -1, 0);
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
