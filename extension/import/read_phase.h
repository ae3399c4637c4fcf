/*
 * read_phase.h
 *	  LOADING_WORKBOOK and VALIDATING_HEADERS: the rows of the sheet, and which column is which.
 *
 * Order of calls: import_sheet_open, import_sheet_find_header within a step, any number of rows_next
 * on rows, import_sheet_close.  An error in between is undone with the memory context.
 */
#ifndef PG_XLSX_IMPORT_READ_PHASE_H
#define PG_XLSX_IMPORT_READ_PHASE_H

#include "pg/pg_xlsx.h"

#include "import/state.h"
#include "profile/headers.h"
#include "reading/rows.h"

typedef struct ImportSheet
{
	SheetRows  *rows;
	Reader	   *reader;			/* a second process, which reads and sends events; NULL: this process reads */

	/* Set by import_sheet_find_header. */
	uint32		header_row;		/* the last row of the headers; 0: there is none */
	HeaderMatch match;
	TextList	extras;			/* header of each sheet column that no profile column takes; NULL for others */

	MemoryContext book_context; /* of the workbook, when this process reads it; NULL once it is closed */
} ImportSheet;

/* Where and how the rows of the task are read. Within a step; may read the workbook. options lives as long as the import. */
extern void import_rows_options(Import *import, RowsOptions *options);

/* The phase LOADING_WORKBOOK, in steps of its own, with the profile of the task. */
extern void import_sheet_open(Import *import, ImportSheet *sheet);

/* Finds the header row, and keeps what it says, also for later attempts: task->source.  An error where headers do not fit the profile. */
extern void import_sheet_find_header(Import *import, ImportSheet *sheet);

/* Keeps what was seen in all rows. An error if the profile's header_check does not allow it. */
extern void import_sheet_note(Import *import, const ImportSheet *sheet, const Sightings *sightings);

/* Rows below the header row, as the sheet declares them; 0 when it declares nothing. */
extern int64 import_sheet_declared_rows(const ImportSheet *sheet);

/* Frees the workbook, whose shared strings may be large.  The reader stays. */
extern void import_sheet_close(ImportSheet *sheet);

/* A source of the bytes of a task's workbook. It lives in the context. */
extern void import_open_source(const Task *task, XlsxSource *source, MemoryContext context);

#endif							/* PG_XLSX_IMPORT_READ_PHASE_H */
