/*
 * check_ahead.c
 *	  Judges rows ahead of the import.
 *
 * The bytes of a row are its warnings, if there are any, then its errors, then the packed row: of
 * a bad one what the plan keeps, if it keeps anything. Each begins at a multiple of 4.
 */
#include "reading/check_ahead.h"

#include "kept/error_form.h"
#include "utils/memutils.h"

struct CheckAhead
{
	Judge	   *judge;
	JudgedRow	row;			/* at hand */
	CheckedValue *values;		/* of it */
	ErrorForm	form;
	MemoryContext context;		/* of the row at hand */
};

CheckAhead *
check_ahead_create(const JudgePlan *plan)
{
	CheckAhead *ahead = palloc0(sizeof(CheckAhead));

	ahead->judge = judge_create(plan, NULL);
	judge_row_init(ahead->judge, &ahead->row);
	ahead->values = palloc0(sizeof(CheckedValue) * (size_t) Max(plan->column_count, 1));
	error_form_init(&ahead->form);
	ahead->context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx checked row", ALLOCSET_SMALL_SIZES);
	return ahead;
}

static void
append_aligned(StringInfo buffer, const void *datum)
{
	static const char zeros[sizeof(int32)];

	appendBinaryStringInfo(buffer, datum, (int) VARSIZE(datum));
	appendBinaryStringInfo(buffer, zeros, (int) (INTALIGN(buffer->len) - (Size) buffer->len));
}

static void
append_kept(CheckAhead *ahead, bool warnings, StringInfo buffer)
{
	error_form_begin(&ahead->form);
	error_form_row(&ahead->form, ahead->judge, &ahead->row, warnings);
	append_aligned(buffer, text_array_end(&ahead->form.values));
	append_aligned(buffer, violation_json_end(&ahead->form.violations));
	append_aligned(buffer, error_form_kinds(&ahead->form));
}

static RowVerdict
judge_into(CheckAhead *ahead, const XlsxRow *given, StringInfo buffer)
{
	JudgedRow  *row = &ahead->row;
	RowVerdict	verdict;

	judge_take(ahead->judge, row, given);
	verdict = judge_row(ahead->judge, row, ahead->values);
	if (verdict == ROW_OPEN)
		return verdict;
	if (row->warned)
		append_kept(ahead, true, buffer);
	if (verdict == ROW_BAD)
		append_kept(ahead, false, buffer);
	if (verdict == ROW_BAD && ahead->judge->plan->keeps_bad)
		judge_kept(ahead->judge, row, ahead->values);
	if (verdict == ROW_GOOD || ahead->judge->plan->keeps_bad)
		packet_pack(buffer, ahead->judge->classes, ahead->judge->plan->column_count, row->number, ahead->values);
	return verdict;
}

const Sightings *
check_ahead_sightings(const CheckAhead *ahead)
{
	return ahead->judge->sightings;
}

RowVerdict
check_ahead_row(CheckAhead *ahead, const XlsxRow *row, StringInfo buffer, bool *warned)
{
	MemoryContext caller = MemoryContextSwitchTo(ahead->context);
	RowVerdict	verdict = judge_into(ahead, row, buffer);

	*warned = ahead->row.warned;
	MemoryContextSwitchTo(caller);
	MemoryContextReset(ahead->context);
	return verdict;
}

/* Reads values of the server, one after the other; returns their end. */
static const char *
take_kept(KeptRow *kept, const char *bytes)
{
	kept->cells = (const ArrayType *) bytes;
	kept->violations = (const Jsonb *) (bytes + INTALIGN(VARSIZE(bytes)));
	kept->kinds = (const text *) ((const char *) kept->violations + INTALIGN(VARSIZE(kept->violations)));
	return (const char *) kept->kinds + INTALIGN(VARSIZE(kept->kinds));
}

void
check_ahead_take(CheckedRow *row, RowVerdict verdict, bool warned, const char *bytes, size_t length)
{
	const char *main = bytes;

	row->verdict = verdict;
	row->warned = warned;
	if (warned)
		main = take_kept(&row->warnings, bytes);
	if (verdict == ROW_BAD)
		main = take_kept(&row->errors, main);
	row->packed = (PackedRow) {main, length - (size_t) (main - bytes)};
}
