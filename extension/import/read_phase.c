/*
 * read_phase.c
 *	  LOADING_WORKBOOK and VALIDATING_HEADERS.
 */
#include "import/read_phase.h"

#include "files/store.h"
#include "files/workbook.h"
#include "pg/guc.h"
#include "profile/header_report.h"
#include "utils/memutils.h"

/* A smaller file would be read before another process has started. */
#define READER_LEAST_BYTES (1024 * 1024)

/* Options that change rows by what stands elsewhere in the sheet. */
static bool
needs_own_process(const Profile *profile)
{
	/* A reader sends no number formats. */
	for (int i = 0; i < profile->count; i++)
		if (profile->columns[i].sees & CELL_NUMBER_FORMAT)
			return true;
	return profile->fill_merged || profile->skip_hidden || profile->stop_at != NULL || profile->header_rows > 1 || profile->sheets != NULL;
}

/*
 * A second process that reads the file, where the settings allow one and the file is large
 * enough; otherwise NULL.
 */
static Reader *
start_reader(const Import *import)
{
	const Task *task = import->task;
	ReaderFile	file = {task->file, task->file_size, task->sheet, task->sheet_number};
	EventsTo	to;

	if (!pg_xlsx_read_ahead || task->content != NULL || task->file == 0 || task->file_size < READER_LEAST_BYTES ||
		needs_own_process(import->profile))
		return NULL;
	to = import_events_to(import);
	return reader_start(&file, &to);
}

/* Reads in this process, where no reader does it. */
static void
open_book(const Import *import, ImportSheet *sheet, const RowsOptions *options)
{
	MemoryContext caller = MemoryContextSwitchTo(sheet->book_context);
	XlsxSource	source;

	import_open_source(import->task, &source, sheet->book_context);
	sheet->rows = rows_open(workbook_open(&source, sheet->book_context), options);
	MemoryContextSwitchTo(caller);
}

void
import_rows_options(Import *import, RowsOptions *options)
{
	Task	   *task = import->task;
	const Profile *profile = import->profile;
	XlsxSource	source;

	*options = (RowsOptions) {
		.sheet = task->sheet,.range = task->range,.skip_end = profile->skip_end,.header_rows = profile->header_rows,
		.fill_merged = profile->fill_merged,.skip_hidden = profile->skip_hidden,.stop_at = profile->stop_at,.sheets = profile->sheets
	};
	if (profile->sheets == NULL && ROWS_SHEET_IS_BEST(task->sheet) && task->sheet_number == 0)
	{
		MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx book", ALLOCSET_DEFAULT_SIZES);
		MemoryContext caller = MemoryContextSwitchTo(context);

		import_open_source(task, &source, context);
		task->sheet_number = rows_best_sheet(workbook_open(&source, context), options, profile, task->mapping);
		MemoryContextSwitchTo(caller);
		MemoryContextDelete(context);
	}
	options->sheet_number = task->sheet_number;
}

void
import_sheet_open(Import *import, ImportSheet *sheet)
{
	RowsOptions options;

	import_enter_phase(import, PHASE_LOADING_WORKBOOK, 0);
	import_step_begin(import);
	MemoryContextSwitchTo(import->context);
	import_load_profile(import);
	import_rows_options(import, &options);
	*sheet = (ImportSheet) {
		.book_context = AllocSetContextCreate(import->context, "pg_xlsx book", ALLOCSET_DEFAULT_SIZES),
		.reader = start_reader(import)
	};
	if (sheet->reader == NULL)
		open_book(import, sheet, &options);
	import_step_end(import);
	/* Waits for the other process outside of a transaction. */
	if (sheet->reader != NULL)
		sheet->rows = rows_open_reader(sheet->reader, &options);
}

/* The message is a part of the contract with frontends; the detail says more. */
static void
refuse_headers(const Profile *profile, const HeaderMatch *match, const char *sheet)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s", match->message != NULL ? match->message : header_report_message(profile, match)),
			 errdetail("%s", header_report_detail(profile, match, profile->header_check, sheet, match->row)),
			 match->fitting_row > 0 ? errhint("Row %u fits the profile: give header_row => '%u', or 'auto'.", match->fitting_row, match->fitting_row) :
			 errhint("Correct the headers in the sheet, or give a mapping, or an alias with xlsx.set_column.")));
}

void
import_sheet_find_header(Import *import, ImportSheet *sheet)
{
	Task	   *task = import->task;
	const Profile *profile = import->profile;
	HeaderMatch *match = &sheet->match;

	rows_find_header(sheet->rows, profile, header_row_said(task->header_row), task->mapping, match);
	if (!header_report_passes(profile, match, profile->header_check))
		refuse_headers(profile, match, rows_sheet_name(sheet->rows));
	sheet->header_row = match->last_row;
	task->source = match->source;
	sheet->extras = headers_of_extras(match, profile->count);
	queue_save_source(task, rows_sheet_names(sheet->rows), match->row, match->found, profile->count);
	queue_save_headers(task, header_report_missing(profile, match), header_report_unused(profile, match, rows_range(sheet->rows), NULL, 0),
					   header_report_duplicates(match), "[]");
}

/* A column without a header that holds values is found when the rows are read. */
static void
refuse_columns(const Profile *profile, const HeaderMatch *match, const char *sheet, const char *unused)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s", header_report_message(profile, match)),
			 errdetail("Sheet \"%s\" has columns that hold values and go nowhere: %s.", sheet, unused),
			 errhint("Give them headers, leave them out by a range, or give header_check => 'any'.")));
}

void
import_sheet_note(Import *import, const ImportSheet *sheet, const Sightings *sightings)
{
	const Profile *profile = import->profile;
	const HeaderMatch *match = &sheet->match;
	char	   *unused = header_report_unused(profile, match, rows_range(sheet->rows), sightings->filled, SIGHTED_COLUMNS);

	if (profile->header_check != HEADER_CHECK_ANY && strcmp(unused, "[]") != 0 &&
		strcmp(unused, header_report_unused(profile, match, rows_range(sheet->rows), NULL, 0)) != 0)
		refuse_columns(profile, match, rows_sheet_name(sheet->rows), unused);
	queue_save_headers(import->task, header_report_missing(profile, match), unused, header_report_duplicates(match),
					   psprintf("[%s]", sightings_notes(sightings, rows_notes(sheet->rows))));
}

int64
import_sheet_declared_rows(const ImportSheet *sheet)
{
	uint32		last = rows_declared(sheet->rows);

	return last > sheet->header_row ? last - sheet->header_row : 0;
}

void
import_sheet_close(ImportSheet *sheet)
{
	MemoryContextDelete(sheet->book_context);
	sheet->book_context = NULL;
}

void
import_open_source(const Task *task, XlsxSource *source, MemoryContext context)
{
	if (task->content != NULL)
		*source = *task->content;
	else if (task->file != 0)
		store_source(source, task->file, task->file_size, context);
	else
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("uploaded file is not there any more"),
				 errhint("Upload the file again.")));
}
