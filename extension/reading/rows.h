/*
 * rows.h
 *	  The rows of a worksheet that an import reads.
 *
 * Chooses the sheet, keeps to a cell range, leaves out blank rows and the last rows that
 * are not data, and finds the header row. Order of calls: rows_open, rows_find_header,
 * then rows_next until NULL. A row belongs to the cursor and lives until the next call.
 * The book closes the sheet.
 */
#ifndef PG_XLSX_ROWS_H
#define PG_XLSX_ROWS_H

#include "pg/pg_xlsx.h"

#include "core/ref.h"
#include "core/sheet.h"
#include "profile/header_row.h"
#include "profile/headers.h"
#include "reading/reader.h"

typedef struct SheetRows SheetRows;

typedef struct RowsOptions
{
	const char *sheet;			/* as workbook_find_sheet has it; NULL: the first visible sheet */
	int			sheet_number;	/* from 1 on: that sheet, whatever sheet says; 0: none */
	const char *sheets;			/* "~regular expression": all visible sheets that match, one after the other; NULL: one sheet */
	const char *range;			/* cell range; NULL: all */
	int			skip_end;		/* number of rows that are not blank to leave out at the end */
	int			header_rows;	/* rows that the headers take; 0 is 1 */
	bool		fill_merged;
	bool		skip_hidden;
	const char *stop_at;		/* "blank_row", "~regular expression"; NULL: the data end with the sheet */
} RowsOptions;

/* Lives in the current memory context. Raises an error if there is no such sheet. */
extern SheetRows *rows_open(XlsxBook *book, const RowsOptions *options);

/* The same over a reader, which has opened the sheet. */
extern SheetRows *rows_open_reader(Reader *reader, const RowsOptions *options);

/*
 * Number of the visible sheet, from 1 on, that fits a profile best: the one with the best header row, of equals the first. The first
 * visible one if none fits. options: without sheet.
 */
extern int	rows_best_sheet(XlsxBook *book, const RowsOptions *options, const Profile *profile, const char *mapping);

/* Does sheet ask for rows_best_sheet? */
#define ROWS_SHEET_IS_BEST(sheet) ((sheet) != NULL && strcmp(sheet, "?") == 0)

/* The book; NULL where a reader has opened it. */
extern const XlsxBook *rows_book(const SheetRows *rows);

/* The names of all sheets that are read. */
extern TextList rows_sheet_names(const SheetRows *rows);

/* Its index in the book, and its name; of several sheets those of the first. */
extern size_t rows_sheet_index(const SheetRows *rows);
extern const char *rows_sheet_name(const SheetRows *rows);

/*
 * Finds the header row, takes the rows up to it, and fills *match.  "auto" chooses, of the first HEADER_ROW_SEARCH rows
 * that are not blank, the one that fits the profile best: a row with all required columns before others, then the one with
 * more columns, of equals the first. If no row has a header of the profile, all of whose columns are named by their
 * places, the sheet has no header row; else the row is the one that looks like headers.
 */
extern void rows_find_header(SheetRows *rows, const Profile *profile, HeaderRow where, const char *mapping, HeaderMatch *match);

/* A header row that is found without a profile. */
typedef struct SheetHeader
{
	uint32		row;			/* 0: none */
	uint32		last_row;
	const XlsxRow *cells;		/* of all its rows together; NULL: none */
} SheetHeader;

/* The same without a profile. */
extern void rows_guess_header(SheetRows *rows, HeaderRow where, SheetHeader *header);

/* The range that is read, and the columns of it that can have headers: fewer where an Excel table is believed. */
extern const XlsxRange *rows_range(const SheetRows *rows);
extern const XlsxRange *rows_columns(const SheetRows *rows);

/* What was left out, once the last row was returned: items of a JSON array as those of sightings_notes, or "". */
extern char *rows_notes(const SheetRows *rows);

/*
 * The next row that is not blank; NULL at the end. Can be interrupted. Its number is that of row_number.h. Each further sheet is an error
 * if its headers are not in the columns of the first.
 */
extern const XlsxRow *rows_next(SheetRows *rows);

/* Ends the sheet at hand at a row that rows_next has returned, which is left out. A sheet after it follows. */
extern void rows_end_sheet(SheetRows *rows, uint32 number);

/*
 * Lets the reader, if there is one, judge the coming rows by a plan; false: there is no reader that does. The rows
 * that come stay the same. after: rows up to this one are done; spool: as in ReaderScope.
 */
extern bool rows_check_ahead(SheetRows *rows, const JudgePlan *plan, uint32 header_row, uint32 after, bool spool);

/* Gives the reader, if one judges rows by a plan, what has been found meanwhile (PlanColumn.found_order). */
extern void rows_found(const SheetRows *rows, const JudgePlan *plan);

/* The row that rows_next returned last, if it was checked ahead; it then has no cells. Otherwise NULL. */
extern const CheckedRow *rows_checked(const SheetRows *rows);

/* Last row that the sheet or the range claims, 0 if neither claims one. Use it for a progress bar only. */
extern uint32 rows_declared(const SheetRows *rows);

/* What the reader has seen in the rows that it examined; NULL if there is no reader that did. Call it after the last row. */
extern const Sightings *rows_sightings(SheetRows *rows);

/* Has the reader examined that row, whether it was checked or not? */
extern bool rows_looked(const SheetRows *rows);

/* What is known of the rest of the sheet. Only a reader can know before the last row. */
extern ReaderOutlook rows_outlook(const SheetRows *rows);

/* Bytes of the texts of all cells of a row. */
extern Size rows_text_bytes(const XlsxRow *row);

/* Is the row blank within the columns of the range? */
extern bool rows_is_blank(const XlsxRow *row, const XlsxRange *range);

/* Progress: bytes of the sheet's part that were read, and all of them. */
extern void rows_position(const SheetRows *rows, uint64 *done, uint64 *total);

#endif							/* PG_XLSX_ROWS_H */
