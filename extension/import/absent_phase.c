/*
 * absent_phase.c
 *	  What becomes of rows of the target that the file lacks, within SAVING.
 */
#include "import/absent_phase.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "pg/row_number.h"
#include "saving/save_mode.h"
#include "tables/private_sql.h"
#include "utils/memutils.h"

Absent *
import_absent_begin(Import *import, const SaveTask *task)
{
	MemoryContext caller;
	Absent	   *absent;

	if (!save_mode(task->mode)->absents)
		return NULL;
	caller = MemoryContextSwitchTo(import->context);
	absent = absent_create(task);
	MemoryContextSwitchTo(caller);
	return absent;
}

void
import_absent_note(Absent *absent, const PacketRows *rows)
{
	if (absent != NULL)
		absent_note_rows(absent, rows);
}

/* Reads the packets that VALIDATING has made of bad rows, the last number first: it is the first of the sheet. */
static void
note_bad_rows(Import *import, Absent *absent)
{
	static PrivateStatement select = {
		"SELECT no, data FROM xlsx_private.packet WHERE task_id = $1 AND no < $2 ORDER BY no DESC LIMIT 1", 2, {INT8OID, INT4OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(import->task->id), Int32GetDatum(0)};
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx bad rows", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	PrivateRow	row;
	PacketRows	rows;

	while (private_sql_run(&select, values, NULL, &row) > 0)
	{
		values[1] = row.values[0];
		packet_read(import->profile, DatumGetByteaP(row.values[1]), &rows);
		absent_note_bad_rows(absent, &rows);
		MemoryContextReset(context);
		CHECK_FOR_INTERRUPTS();
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}

/* row: of the sheet, 0: none */
static void
add_note(const Import *import, const char *code, uint32 row, const char *message)
{
	queue_add_note(import->task->id, code, (int32) row_in_sheet(row), message);
}

static char *
limit_words(const Import *import, const AbsentResult *result)
{
	const char *max_absent = import->profile->max_absent;

	return result->in_scope < 0 ? psprintf("max_absent is %s", max_absent) :
		psprintf("max_absent is %s of the " INT64_FORMAT " in scope", max_absent, result->in_scope);
}

/* What a person should know of it. */
static void
note_result(Import *import, const AbsentResult *result)
{
	switch (result->verdict)
	{
		case ABSENT_DONE:
			if (result->stayed > 0)
				add_note(import, "absent_kept", 0,
						 psprintf(INT64_FORMAT " of the rows that the file lacks stay, because a trigger or a policy keeps them.", result->stayed));
			return;
		case ABSENT_REPORTED:
			add_note(import, "absent_rows", 0,
					 psprintf("The file lacks " INT64_FORMAT " rows of the target; they stay as they are.", result->rows));
			return;
		case ABSENT_KEPT_UNREADABLE:
			add_note(import, "absent_kept", result->unreadable_row,
					 psprintf("The key of row %u cannot be read, so the " INT64_FORMAT " rows that the file lacks stay as they are.",
							  row_in_sheet(result->unreadable_row), result->rows));
			return;
		case ABSENT_KEPT_DRAWN:
			add_note(import, "absent_kept", result->drawn_row,
					 psprintf("Row %u has no key of its own and was given a new one, so rows that the file lacks cannot be told from it; they stay as they are.",
							  row_in_sheet(result->drawn_row)));
			return;
		case ABSENT_KEPT_EMPTY:
			add_note(import, "not_emptied", 0,
					 psprintf("The file has no good row, so the " INT64_FORMAT " rows of the target that it lacks stay; allow_empty lets them go.",
							  result->rows));
			return;
		case ABSENT_TOO_MANY:
			add_note(import, "max_absent", 0,
					 psprintf("The file lacks " INT64_FORMAT " rows, and %s: the import will save nothing.", result->rows,
							  limit_words(import, result)));
			return;
	}
}

void
import_absent_end(Import *import, Absent *absent)
{
	Progress   *progress = import->progress;
	AbsentResult result;
	bool		counts;

	if (absent == NULL)
		return;
	note_bad_rows(import, absent);
	result = absent_apply(absent, progress->saved_rows + progress->skipped_rows, import->task->dry_run);
	absent_free(absent);
	counts = result.verdict == ABSENT_DONE || result.verdict == ABSENT_REPORTED || result.verdict == ABSENT_TOO_MANY;
	progress->absent_rows = counts ? result.rows : 0;
	if (result.verdict == ABSENT_TOO_MANY && !import->task->dry_run)
	{
		import->refusal = MemoryContextStrdup(import->context, psprintf(
			"the file lacks " INT64_FORMAT " rows, and %s, so nothing was saved", result.rows, limit_words(import, &result)));
		import->refusal_hint = "If they shall go all the same, import the file again with a greater max_absent.";
	}
	import->absent = result;
}

void
import_absent_report(Import *import)
{
	if (import->refusal == NULL && import->absent.rows + import->absent.stayed > 0)
		note_result(import, &import->absent);
}
