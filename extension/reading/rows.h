/*
 * rows.h
 *	  The rows of a worksheet that an import looks at.
 *
 * Chooses the sheet, keeps to a cell range, leaves out blank rows and those
 * at the end that are no data, and finds the header row.
 * Order of calls: rows_open, rows_find_header, then rows_next until NULL.
 * A row belongs to the cursor and lives until the next call.  The book closes the sheet.
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
	const char *sheet;			/* name, "#2" or "~regular expression"; NULL: the first sheet */
	const char *range;			/* cell range; NULL: all */
	int			skip_end;		/* rows that hold something to leave out at the end */
} RowsOptions;

/* Lives in the current memory context. Raises an error when there is no such sheet. */
extern SheetRows *rows_open(XlsxBook *book, const RowsOptions *options);

/*
 * The same over a reader, which has the sheet already; range and skip_end
 * count.  The header row cannot be "auto" then, because nothing is read twice.
 */
extern SheetRows *rows_open_reader(Reader *reader, const RowsOptions *options);

/* The name of the sheet. */
extern const char *rows_sheet_name(const SheetRows *rows);

/*
 * Finds and takes the header row; HEADER_ROW_AUTO: of the first HEADER_ROW_SEARCH rows
 * that hold something the one that fits the profile best.  NULL when there is none;
 * *match says what it means for the profile in any case.
 */
extern const XlsxRow *rows_find_header(SheetRows *rows, const Profile *profile, HeaderRow where, const char *mapping,
									   HeaderMatch *match);

/* The next row that holds something; NULL at the end. Can be interrupted. */
extern const XlsxRow *rows_next(SheetRows *rows);

/*
 * Lets the reader, if there is one, judge the rows that are still to come by a plan; false: nobody does.
 * Which rows come does not change.  after: rows up to this one have been dealt with; spool: as ReaderScope has it.
 */
extern bool rows_check_ahead(SheetRows *rows, const JudgePlan *plan, uint32 header_row, uint32 after, bool spool);

/* The row that rows_next returned last, when it was checked ahead: it has no cells then; else NULL. */
extern const CheckedRow *rows_checked(const SheetRows *rows);

/* Last row that the sheet or the range claims, 0 when neither says anything: good for a progress bar only. */
extern uint32 rows_declared(const SheetRows *rows);

/* Has the reader looked at that row, whether it was checked or not? */
extern bool rows_looked(const SheetRows *rows);

/* What is known of the rest of the sheet. Only a reader can know before the last row. */
extern ReaderOutlook rows_outlook(const SheetRows *rows);

/* Does the row hold nothing within the columns of the range? */
extern bool rows_is_blank(const XlsxRow *row, const XlsxRange *range);

/* How far: bytes of the sheet's part taken in, and in all. */
extern void rows_position(const SheetRows *rows, uint64 *done, uint64 *total);

#endif							/* PG_XLSX_ROWS_H */
