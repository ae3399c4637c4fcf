/*
 * reader.h
 *	  A second process that reads a sheet ahead of the import that checks and saves it.
 *
 * It logs in as the same role, reads the stored file and sends the rows
 * through a queue in shared memory; it writes nothing.  What goes wrong there is
 * raised here, as if the import had read the sheet itself.  The process ends
 * with the memory context that the reader was started in.
 */
#ifndef PG_XLSX_READER_H
#define PG_XLSX_READER_H

#include "pg_xlsx.h"

#include "core/sheet.h"
#include "port/atomics.h"

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
 * process is free for it.
 */
extern Reader *reader_start(int64 file, uint64 size, const char *sheet);

/* Waits until the sheet is open; call it once, before the first row. Raises an error when it cannot be opened. */
extern const ReaderSheet *reader_open(Reader *reader);

/* The next row, NULL at the end. It lives until the next call. */
extern const XlsxRow *reader_next(Reader *reader);

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

/* At the start of the shared memory; the queue follows. */
typedef struct ReaderOrder
{
	Oid			database;
	Oid			login;
	int64		file;
	uint64		size;
	bool		has_sheet;
	char		sheet[READER_SHEET_NAME];
	pg_atomic_uint32 whole;		/* set by the process once it has seen the end of the sheet */
} ReaderOrder;

typedef enum ReaderMessageKind
{
	READER_OPENED,				/* ReaderMessage, the name of the sheet */
	READER_ROWS,				/* ReaderMessage, rows times: ReaderRow, its cells, their text, padding to 8 bytes */
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

typedef struct ReaderRow
{
	uint32		number;
	uint32		count;
	uint64		text_bytes;
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

#define READER_QUEUE(order) ((void *) ((char *) (order) + MAXALIGN(sizeof(ReaderOrder))))

#endif							/* PG_XLSX_READER_H */
