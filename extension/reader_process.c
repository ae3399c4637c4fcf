/*
 * reader_process.c
 *	  The process of a reader: reads a stored workbook and sends its rows.
 */
#include "reader.h"

#include "access/xact.h"
#include "glue.h"
#include "lib/stringinfo.h"
#include "libpq/pqsignal.h"
#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "process_memory.h"
#include "storage/dsm.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "storage/shm_mq.h"
#include "store.h"
#include "tcop/tcopprot.h"
#include "transaction.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

PGDLLEXPORT void pg_xlsx_reader_main(Datum arg);

typedef struct Process
{
	ReaderOrder *order;
	shm_mq_handle *queue;
	MemoryContext context;
	XlsxSource	store;
	XlsxBook   *book;
	size_t		index;			/* of the sheet */
	XlsxSheet  *sheet;
	XlsxSheet  *scout;			/* a second cursor, which runs ahead to the end; NULL: not begun, or there */
	bool		scouted;		/* it has been to the end, or to what is wrong */
	TimestampTz began;			/* the reading of rows */
	ReaderCheck *check;			/* NULL: rows are not to be checked, or not yet */
	StringInfoData message;		/* begins with a ReaderMessage */
	bool		sending;		/* part of it may be in the queue */
} Process;

/*
 * Each read is a transaction of its own: one for all of the sheet would keep
 * vacuum from cleaning up for as long as the import takes.
 */
static XlsxStatus
read_store(void *context, uint64_t offset, void *buffer, size_t length, size_t *got, XlsxError *error)
{
	Process    *process = context;
	MemoryContext caller = CurrentMemoryContext;
	XlsxStatus	status;

	transaction_start();
	PushActiveSnapshot(GetTransactionSnapshot());
	status = process->store.read(process->store.context, offset, buffer, length, got, error);
	PopActiveSnapshot();
	CommitTransactionCommand();
	MemoryContextSwitchTo(caller);
	return status;
}

/* A message must fit into one allocation on either side. */
#define MOST_ROW_BYTES ((Size) MaxAllocSize / 2)

/* What a check makes of a row may be several times as long; for long ones the import's own limits hold. */
#define MOST_CHECKED_BYTES ((Size) 1024 * 1024)

static Size
row_text_bytes(const XlsxRow *row)
{
	Size		bytes = 0;

	for (uint32 i = 0; i < row->count; i++)
		bytes += row->cells[i].length;
	return bytes;
}

/* In a message. */
static Size
row_bytes(const XlsxRow *row, Size text_bytes)
{
	return sizeof(ReaderRow) + sizeof(ReaderCell) * (Size) row->count + MAXALIGN(text_bytes);
}

/*
 * The scout: no row may be committed before the sheet is known to be whole,
 * and the import is slower than this process, so the time in which the queue
 * is full goes to a second cursor that runs to the end of the sheet.  An import that is over
 * before anybody wants to see how far it is needs no commit on the way, and
 * is faster alone.
 */

/* It begins after the first, when the rest seems to take the second. */
#define SCOUT_AFTER_MS	250
#define SCOUT_REST_MS	500

/* Rows between two attempts to send: some tenths of a millisecond, in which the import does not run dry. */
#define SCOUT_ROWS 1000

/* The scout's news end with it: what is wrong is told when the rows before have been sent. */
static void
scout_end(Process *process, bool whole)
{
	xlsx_sheet_close(process->scout);
	process->scout = NULL;
	process->scouted = true;
	if (whole)
		pg_atomic_write_u32(&process->order->whole, 1);
}

static bool
scout_is_due(const Process *process)
{
	int64		elapsed = TimestampDifferenceMilliseconds(process->began, GetCurrentTimestamp());
	uint64_t	done;
	uint64_t	total;

	if (process->scout != NULL)
		return true;
	xlsx_sheet_position(process->sheet, &done, &total);
	return elapsed >= SCOUT_AFTER_MS && (uint64) elapsed * (total - Min(done, total)) / Max(done, 1) >= SCOUT_REST_MS;
}

/* Waits for room in the queue, or until the scout may be due. */
static void
wait_for_room(void)
{
	CHECK_FOR_INTERRUPTS();
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, SCOUT_AFTER_MS, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
}

static void
scout_ahead(Process *process)
{
	const XlsxRow *row;
	XlsxError	error;
	XlsxStatus	status = XLSX_OK;

	CHECK_FOR_INTERRUPTS();
	if (process->scout == NULL)
		status = xlsx_sheet_open(process->book, process->index, &process->scout, &error);
	for (int i = 0; i < SCOUT_ROWS && status == XLSX_OK; i++)
	{
		status = xlsx_sheet_next(process->scout, &row, &error);
		if (status == XLSX_OK && row_bytes(row, row_text_bytes(row)) > MOST_ROW_BYTES)
			status = XLSX_LIMIT;
	}
	if (status != XLSX_OK)
		scout_end(process, status == XLSX_DONE);
}

/*
 * Messages
 */

static ReaderMessage *
message_begin(Process *process, ReaderMessageKind kind)
{
	ReaderMessage head = {.kind = kind};

	resetStringInfo(&process->message);
	appendBinaryStringInfo(&process->message, (char *) &head, sizeof(head));
	return (ReaderMessage *) process->message.data;
}

/* Without anybody who listens there is nothing to do any more. */
static void
message_send(Process *process)
{
	shm_mq_result result;

	process->sending = true;
	/* Asked again, a send that found no room goes on where it was. */
	while ((result = shm_mq_send(process->queue, (Size) process->message.len, process->message.data,
								 !process->scouted, true)) == SHM_MQ_WOULD_BLOCK)
	{
		if (scout_is_due(process))
			scout_ahead(process);
		else
			wait_for_room();
	}
	if (result != SHM_MQ_SUCCESS)
		proc_exit(0);
	process->sending = false;
}

static void
send_opened(Process *process, const char *name)
{
	ReaderMessage *head = message_begin(process, READER_OPENED);

	head->date1904 = xlsx_book_date1904(process->book);
	head->declared_rows = xlsx_sheet_declared_rows(process->sheet);
	appendBinaryStringInfo(&process->message, name, (int) strlen(name) + 1);
	message_send(process);
}

static void
send_failure(Process *process, const ErrorData *error)
{
	const char *const texts[] = {error->message, error->detail, error->hint};

	message_begin(process, READER_FAILED)->sqlstate = error->sqlerrcode;
	for (int i = 0; i < lengthof(texts); i++)
		appendBinaryStringInfo(&process->message, texts[i] != NULL ? texts[i] : "", texts[i] != NULL ? (int) strlen(texts[i]) + 1 : 1);
	message_send(process);
}

/* What follows begins at a multiple of 8 bytes. */
static void
pad_message(StringInfo message)
{
	static const char zeros[MAXIMUM_ALIGNOF];

	appendBinaryStringInfo(message, zeros, (int) (MAXALIGN(message->len) - (Size) message->len));
}

/* False: it is for the import to check. */
static bool
add_checked_row(Process *process, const XlsxRow *row)
{
	StringInfo	message = &process->message;
	int			start = message->len;
	ReaderRow	head = {.number = row->number};

	appendBinaryStringInfo(message, (char *) &head, sizeof(head));
	head.verdict = reader_check_row(process->check, row, message);
	if (head.verdict == ROW_OPEN)
	{
		message->len = start;
		return false;
	}
	head.bytes = (uint64) (message->len - start) - sizeof(head);
	memcpy(message->data + start, &head, sizeof(head));
	pad_message(message);
	return true;
}

static void
add_cells(StringInfo message, const XlsxRow *row, Size text_bytes)
{
	Size		bytes = row_bytes(row, text_bytes);
	ReaderRow	head = {.number = row->number, .count = row->count, .verdict = ROW_OPEN, .bytes = text_bytes};
	ReaderCell *cell;
	char	   *text;

	enlargeStringInfo(message, (int) bytes);
	text = message->data + message->len;
	memcpy(text, &head, sizeof(head));
	cell = (ReaderCell *) (text + sizeof(head));
	text = (char *) (cell + row->count);
	for (uint32 i = 0; i < row->count; i++, cell++)
	{
		const XlsxCell *source = &row->cells[i];

		*cell = (ReaderCell) {
			source->number, source->column, (uint32) source->length, source->kind, source->shape, source->boolean
		};
		if (source->length > 0)
			memcpy(text, source->text, source->length);
		text += source->length;
	}
	message->len += (int) bytes;
}

static void
add_row(Process *process, const XlsxRow *row)
{
	Size		text_bytes = row_text_bytes(row);
	Size		bytes = row_bytes(row, text_bytes);

	if (bytes > MOST_ROW_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("row %u is too long", row->number)));
	if (process->check == NULL || bytes > MOST_CHECKED_BYTES || !add_checked_row(process, row))
		add_cells(&process->message, row, text_bytes);
}

static void
send_rows(Process *process, uint32 rows)
{
	ReaderMessage *head = (ReaderMessage *) process->message.data;

	head->rows = rows;
	xlsx_sheet_position(process->sheet, &head->done, &head->total);
	message_send(process);
	message_begin(process, READER_ROWS);
	if (process->check == NULL)
		process->check = reader_check_create(process->order, xlsx_book_date1904(process->book));
}

/*
 * The work
 */

static void
open_sheet(Process *process)
{
	const ReaderOrder *order = process->order;
	XlsxSource	source = {.read = read_store,.size = order->size,.context = process,.descriptor = -1};
	XlsxError	error;

	transaction_start();
	PushActiveSnapshot(GetTransactionSnapshot());
	MemoryContextSwitchTo(process->context);
	store_source(&process->store, order->file, order->size, process->context);
	PopActiveSnapshot();
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
	process->book = glue_book_open(&source, process->context);
	process->index = glue_find_sheet(process->book, order->has_sheet ? order->sheet : NULL);
	if (xlsx_sheet_open(process->book, process->index, &process->sheet, &error) != XLSX_OK)
		glue_throw(&error);
	send_opened(process, xlsx_book_sheet(process->book, process->index)->name);
}

static void
send_sheet(Process *process)
{
	const XlsxRow *row;
	XlsxError	error;
	XlsxStatus	status;
	uint32		rows = 0;

	open_sheet(process);
	process->began = GetCurrentTimestamp();
	message_begin(process, READER_ROWS);
	while ((status = xlsx_sheet_next(process->sheet, &row, &error)) == XLSX_OK)
	{
		CHECK_FOR_INTERRUPTS();
		add_row(process, row);
		rows++;
		if (process->message.len >= READER_MESSAGE_BYTES)
		{
			send_rows(process, rows);
			rows = 0;
		}
	}
	if (rows > 0)
		send_rows(process, rows);
	if (status != XLSX_DONE)
		glue_throw(&error);
	message_begin(process, READER_ENDED);
	message_send(process);
}

static void
run(Process *process)
{
	PG_TRY();
	{
		send_sheet(process);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		/* The scout's store failed it, with half a message in the queue: the import sees this process end, and tries again. */
		if (process->sending)
			PG_RE_THROW();
		/* Told to the import, which raises it; only the end of this process is its own affair. */
		MemoryContextSwitchTo(process->context);
		error = CopyErrorData();
		FlushErrorState();
		AbortOutOfAnyTransaction();
		MemoryContextSwitchTo(process->context);
		process->scouted = true;
		send_failure(process, error);
	}
	PG_END_TRY();
}

void
pg_xlsx_reader_main(Datum arg)
{
	dsm_segment *segment;
	Process		process = {0};
	shm_mq	   *queue;

	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	process_memory_keep();
	CurrentResourceOwner = ResourceOwnerCreate(NULL, "pg_xlsx reader");
	segment = dsm_attach(DatumGetUInt32(arg));
	if (segment == NULL)
		proc_exit(0);			/* the import is over */
	dsm_pin_mapping(segment);
	process.order = dsm_segment_address(segment);
	queue = READER_QUEUE((char *) dsm_segment_address(segment));
	shm_mq_set_sender(queue, MyProc);
	process.queue = shm_mq_attach(queue, segment, NULL);
	BackgroundWorkerInitializeConnectionByOid(process.order->database, process.order->login, 0);
	process.context = AllocSetContextCreate(TopMemoryContext, "pg_xlsx reader", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(process.context);
	initStringInfo(&process.message);
	run(&process);
	proc_exit(0);
}
