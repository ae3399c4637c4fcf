/*
 * reader.h
 *	  A second process that reads a sheet ahead of the import that checks and saves it.
 *
 * It logs in as the same role, reads the stored file and sends the rows
 * through a queue in shared memory; it writes nothing.  Asked to, it also checks
 * the rows that can be checked without the database, and sends them in the
 * bytes in which they will be kept: that evens out the work of the two processes.  What goes wrong there is
 * raised here, as if the import had read the sheet itself.  The process ends
 * with the memory context that the reader was started in.
 */
#ifndef PG_XLSX_READER_H
#define PG_XLSX_READER_H

#include "pg_xlsx.h"

#include "core/sheet.h"
#include "port/atomics.h"
#include "row_check.h"

typedef struct Reader Reader;

/* What is known once the sheet is open. */
typedef struct ReaderSheet
{
	const char *name;
	bool		date1904;
	uint32		declared_rows;
} ReaderSheet;

/*
 * Starts reading a sheet (as glue_find_sheet has it; NULL: the first) of a stored file, in the
 * current transaction and memory context, which may outlive it.  NULL when no
 * process is free for it, or the database's encoding is not UTF-8.
 */
extern Reader *reader_start(int64 file, uint64 size, const char *sheet);

/* Waits until the sheet is open; call it once, before the first row. Raises an error when it cannot be opened. */
extern const ReaderSheet *reader_open(Reader *reader);

/*
 * Asks for rows that are checked as check does it.
 * Rows on their way already come unchecked, and so does any whose check takes more than its cells.
 */
extern void reader_check(Reader *reader, const RowCheck *check);

/* The next row, NULL at the end. It lives until the next call. */
extern const XlsxRow *reader_next(Reader *reader);

/* That row, if it was checked: it has no cells then; else NULL. */
extern const CheckedRow *reader_checked(const Reader *reader);

/* Is it known already that nothing is wrong with the sheet down to its end? */
extern bool reader_is_whole(const Reader *reader);

/* As xlsx_sheet_position, of the rows that have come. */
extern void reader_position(const Reader *reader, uint64 *done, uint64 *total);

/*
 * Between the two processes
 */

#define READER_QUEUE_BYTES		(1024 * 1024)
#define READER_MESSAGE_BYTES	(64 * 1024)	/* a message is sent once it has so many */
#define READER_SHEET_NAME		256
#define READER_PROFILE_BYTES	(128 * 1024)	/* room for 1,600 columns, their null tokens and rules */

/* At the start of the shared memory; the columns and rules of the profile follow, and the queue. */
typedef struct ReaderOrder
{
	Oid			database;
	Oid			login;
	int64		file;
	uint64		size;
	bool		has_sheet;
	char		sheet[READER_SHEET_NAME];
	pg_atomic_uint32 whole;		/* set by the process once it has seen the end of the sheet */
	pg_atomic_uint32 profile;	/* set by the import when it asks for checked rows: bytes of the profile, written before */
} ReaderOrder;

typedef enum ReaderMessageKind
{
	READER_OPENED,				/* ReaderMessage, the name of the sheet */
	READER_ROWS,				/* ReaderMessage, rows times: ReaderRow, its cells, its bytes, padding to 8 bytes */
	READER_ENDED,
	READER_FAILED				/* ReaderMessage with the SQLSTATE, then message, detail and hint, each with its NUL */
} ReaderMessageKind;

typedef struct ReaderMessage
{
	ReaderMessageKind kind;
	int			sqlstate;
	uint32		rows;
	uint32		declared_rows;
	bool		date1904;
	uint64		done;
	uint64		total;
} ReaderMessage;

/* A row that was checked has no cells. */
typedef struct ReaderRow
{
	uint32		number;
	uint32		count:30;		/* of its cells */
	uint32		verdict:2;		/* ROW_OPEN: it was not checked */
	uint64		bytes;			/* text of its cells; or the packed row; or the array of values, then the violations, at multiples of 4 */
} ReaderRow;

typedef struct ReaderCell
{
	double		number;
	uint32		column;
	uint32		length;			/* of its text, which stands behind that of the cell before */
	uint8		kind;
	uint8		shape;
	bool		boolean;
} ReaderCell;

/*
 * Checking ahead (reader_check.c)
 */

typedef struct ReaderCheck ReaderCheck;

/* The import's side. Asks for nothing where the profile does not fit into the order. */
extern void reader_check_ask(ReaderOrder *order, const RowCheck *check);

/* The process's side: NULL while nobody has asked. Lives in the current memory context. */
extern ReaderCheck *reader_check_create(ReaderOrder *order, bool date1904);

/* Appends the bytes of a row that is good or bad to a buffer whose length is a multiple of 8; nothing of one that is open. */
extern RowVerdict reader_check_row(ReaderCheck *check, const XlsxRow *row, StringInfo buffer);

#define READER_PROFILE(order) ((char *) (order) + MAXALIGN(sizeof(ReaderOrder)))
#define READER_QUEUE(order) ((void *) (READER_PROFILE(order) + READER_PROFILE_BYTES))

#endif							/* PG_XLSX_READER_H */
