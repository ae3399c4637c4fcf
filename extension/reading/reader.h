/*
 * reader.h
 *	  A second process that reads a sheet ahead of the import that checks and saves it.
 *
 * The process logs in as the same role, reads the stored file and sends the rows through a queue in
 * shared memory; it writes nothing. On request it also checks the rows that can be checked without the
 * database, and sends them in their stored form, which balances the work of the two processes. Rows
 * that the import has not taken wait in temporary files (spool.h). So the sheet is read and checked at
 * full speed, and is known to be whole once it is read. Errors of the process are raised here, as if
 * the import had read the sheet itself. The process ends with the memory context in which the reader
 * was started.
 *
 * It also sends the import's progress events (events.h) while the import is
 * in the middle of a transaction.
 */
#ifndef PG_XLSX_READER_H
#define PG_XLSX_READER_H

#include "pg/pg_xlsx.h"

#include "core/ref.h"
#include "core/sheet.h"
#include "files/sheet_table.h"
#include "port/atomics.h"
#include "tasks/events.h"
#include "validate/validator.h"

typedef struct Reader Reader;

/* What is known once the sheet is open. */
typedef struct ReaderSheet
{
	const char *name;
	uint32		declared_rows;
	SheetTable	table;
} ReaderSheet;

/* What is to be read. */
typedef struct ReaderFile
{
	int64		file;			/* in the store */
	uint64		size;
	const char *sheet;			/* as workbook_find_sheet has it; NULL: the first visible */
	int			sheet_number;	/* from 1 on: that sheet, whatever sheet says; 0: none */
} ReaderFile;

/* Which rows the process counts, and where rows may wait. */
typedef struct ReaderScope
{
	uint32		header_row;
	uint32		after_row;		/* rows up to this one are known */
	XlsxRange	range;
	bool		spool;			/* rows that the import has not taken may wait in a file */
} ReaderScope;

/*
 * Starts reading, in the current transaction and memory context, which may
 * outlive the transaction. NULL if no process is free, or if the database's
 * encoding is not UTF-8. The process also sends events through *to while the
 * import sends none.
 */
extern Reader *reader_start(const ReaderFile *file, const EventsTo *to);

/*
 * A process that only sends the import's progress events, in a transaction of
 * its own, for an import that saves in one transaction. NULL as above.
 */
extern Reader *reader_start_sender(const EventsTo *to);

/* Call it before reader_go: the process continues to send events after all rows were sent, until the import ends. */
extern void reader_stay(Reader *reader);

/* Does the process live, to tell? */
extern bool reader_is_there(const Reader *reader);

/* Waits until the sheet is open; call it once, before the first row. Raises an error if it cannot be opened. */
extern const ReaderSheet *reader_open(Reader *reader);

/*
 * Requests rows that are judged by a plan (plan_is_portable). False: there is no shared memory left for the
 * plan. Rows that are under way come unchecked, and so does a row whose check needs more than its cells.
 */
extern bool reader_check(Reader *reader, const JudgePlan *plan, const ReaderScope *scope);

/* Copies what was found of columns (PlanColumn.found_order) into the plan by which the process judges. */
extern void reader_found(const Reader *reader, const JudgePlan *plan);

/* The next row, NULL at the end. It lives until the next call. */
extern const XlsxRow *reader_next(Reader *reader);

/* That row, if it was checked; it then has no cells. Otherwise NULL. */
extern const CheckedRow *reader_checked(const Reader *reader);

/*
 * Lets the process read at full speed. Until then it is at most one message
 * ahead, because the header row is not known and so not how rows must be
 * checked.
 */
extern void reader_go(Reader *reader);

/* What the process has seen in the rows that it examined; NULL before the end, and if it examined none. */
extern const Sightings *reader_sightings(const Reader *reader);

/* Has the process examined that row, whether it could judge it or not? */
extern bool reader_looked(const Reader *reader);

/* How the reading stands. */
typedef enum ReaderOutlook
{
	READER_READS,				/* the end is not in sight */
	READER_WAITS,				/* it is not known and will not be: the files have reached their limit */
	READER_IS_WHOLE,			/* the sheet is in order down to its end */
	READER_IS_BROKEN			/* one of the next calls of reader_next will raise the error */
} ReaderOutlook;

extern ReaderOutlook reader_outlook(const Reader *reader);

/* As xlsx_sheet_position, for the rows that have arrived. */
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
	pid_t		import;			/* its process */
	int64		file;			/* 0: there is nothing to read */
	uint64		size;
	bool		has_sheet;
	int			sheet_number;
	char		sheet[READER_SHEET_NAME];
	int64		task;
	int			live;			/* the import's place, as live_at takes it */
	uint64		turn;
	NameData	channel;
	int			interval;		/* pg_xlsx.progress_interval */
	uint64		spool_bytes;
	ReaderScope scope;			/* written before plan */
	pg_atomic_uint32 outlook;	/* ReaderOutlook, set by the process */
	pg_atomic_uint32 go;		/* set by the import: reader_go */
	pg_atomic_uint32 received;	/* messages that the import has taken, until then */
	pg_atomic_uint32 stay;		/* set by the import: reader_stay */
	pg_atomic_uint32 plan;		/* set by the import when it asks for checked rows: dsm_handle of the JudgePlan; 0: not yet */
} ReaderOrder;

typedef enum ReaderMessageKind
{
	READER_OPENED,				/* ReaderMessage, the name of the sheet */
	READER_ROWS,				/* ReaderMessage, rows times: ReaderRow, its cells, its bytes, padding to 8 bytes */
	READER_ENDED,				/* ReaderMessage; Sightings, if it says looked */
	READER_FAILED				/* ReaderMessage with the SQLSTATE, then message, detail and hint, each with its NUL */
} ReaderMessageKind;

typedef struct ReaderMessage
{
	ReaderMessageKind kind;
	int			sqlstate;
	uint32		rows;
	uint32		declared_rows;
	bool		looked;			/* the process has examined all rows of the message */
	SheetTable	table;			/* READER_OPENED */
	uint64		done;
	uint64		total;
} ReaderMessage;

/* A row that was checked has no cells. */
typedef struct ReaderRow
{
	uint32		number;
	uint32		count:29;		/* of its cells */
	uint32		verdict:2;		/* ROW_OPEN: it was not checked */
	uint32		warned:1;		/* it was, and there are warnings */
	uint64		bytes;			/* text of its cells, or the bytes of check_ahead.h */
} ReaderRow;

typedef struct ReaderCell
{
	double		number;
	uint32		column;
	uint32		length;			/* of its text, which stands behind that of the cell before */
	uint8		kind;
	uint8		shape;
	bool		boolean;
	uint8		shown;			/* bytes of the text that the format shows, behind that of the cell */
} ReaderCell;

#define READER_QUEUE(order) ((void *) ((char *) (order) + MAXALIGN(sizeof(ReaderOrder))))

#endif							/* PG_XLSX_READER_H */
