/*
 * reader_process.c
 *	  The process of a reader: reads a stored workbook and sends its rows.
 */
#include "reading/reader.h"

#include "access/xact.h"
#include "files/store.h"
#include "files/workbook.h"
#include "lib/stringinfo.h"
#include "libpq/pqsignal.h"
#include "miscadmin.h"
#include "pg/place.h"
#include "pg/process_memory.h"
#include "pg/transaction.h"
#include "pg/wait_events.h"
#include "postmaster/bgworker.h"
#include "reading/check_ahead.h"
#include "reading/row_message.h"
#include "reading/rows.h"
#include "reading/spool.h"
#include "storage/dsm.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "storage/shm_mq.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

PGDLLEXPORT void pg_xlsx_reader_main(Datum arg);

typedef struct Process
{
	ReaderOrder *order;
	shm_mq_handle *queue;
	MemoryContext context;
	MemoryContext book_context;
	XlsxSource	store;
	XlsxBook   *book;
	XlsxSheet  *sheet;
	SheetTable	table;			/* of it */
	CheckAhead *check;			/* NULL: rows are not checked, or not yet */
	Live	   *live;			/* NULL: nobody else could see it */
	LiveReader	looked;			/* what is published there */
	uint32		sent;			/* messages, before reader_go */
	StringInfoData message;		/* under way; begins with a ReaderMessage */
	StringInfoData flight;		/* part of it may be in the queue */
	bool		in_flight;
	Spool		spool;			/* what comes after it */
} Process;

/*
 * Each read is a transaction of its own, because a single one would keep
 * vacuum from cleaning up during the whole import.
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

/* A checked row may be several times as long; for long rows the import's own limits apply. */
#define MOST_CHECKED_BYTES ((Size) 1024 * 1024)

/*
 * Telling
 */

/*
 * Least time between two events of this process; with an interval of 0 the
 * import itself sends an event for each batch, if it can.
 */
#define LEAST_INTERVAL_MS 10

static int
send_interval(const Process *process)
{
	return Max(process->order->interval, LEAST_INTERVAL_MS);
}

/* A normal transaction, whatever the login's settings; nothing waits for its commit. */
static void
transaction_begin(void)
{
	transaction_start();
	XactIsoLevel = XACT_READ_COMMITTED;
	PushActiveSnapshot(GetTransactionSnapshot());
}

static void
transaction_end(MemoryContext caller)
{
	PopActiveSnapshot();
	CommitTransactionCommand();
	MemoryContextSwitchTo(caller);
}

/*
 * Sends an event if the import has sent none for an interval. Never waits for
 * a lock, because the import may be waiting for this process.
 */
static void
send_if_due(Process *process, bool mirror)
{
	const ReaderOrder *order = process->order;
	MemoryContext caller = CurrentMemoryContext;
	EventsTo		to = {order->task, process->live, NameStr(order->channel), mirror};

	if (process->live == NULL ||
		!(events_are_urgent(process->live) || events_are_due(process->live, send_interval(process), GetCurrentTimestamp())))
		return;
	transaction_begin();
	if (events_lock(order->task, false) && live_is_at(process->live, order->turn))
		events_send_state(&to, events_are_due(process->live, send_interval(process), GetCurrentTimestamp()));
	transaction_end(caller);
}

/* Waits for room in the queue, for the end of the import, or until something may be due. */
static void
wait_a_while(Process *process)
{
	CHECK_FOR_INTERRUPTS();
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, send_interval(process), wait_event_of(WAIT_FOR_ROOM));
	ResetLatch(MyLatch);
	if (BackendPidGetProc(process->order->import) == NULL)
		proc_exit(0);			/* it ended without a word */
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

/*
 * Sends what has been made, as far as the queue takes it; false: something
 * waits. Ends the process if the import has gone.
 */
static bool
push(Process *process)
{
	for (;;)
	{
		shm_mq_result result;

		if (!process->in_flight && !spool_take(&process->spool, &process->flight))
			return true;
		process->in_flight = true;
		/* A send that found no room continues where it stopped when it is called again. */
		result = shm_mq_send(process->queue, (Size) process->flight.len, process->flight.data, true, true);
		if (result == SHM_MQ_WOULD_BLOCK)
			return false;
		if (result != SHM_MQ_SUCCESS)
			proc_exit(0);
		process->in_flight = false;
	}
}

static void
send_at_once(Process *process)
{
	StringInfoData message = process->message;

	process->message = process->flight;
	process->flight = message;
	process->in_flight = true;
	(void) push(process);
}

/* The import requests checked rows when it knows the header row; then it also knows whether it saves meanwhile. */
static bool
is_asked(Process *process)
{
	dsm_handle	handle = pg_atomic_read_u32(&process->order->plan);
	dsm_segment *segment;

	if (process->check != NULL || handle == DSM_HANDLE_INVALID)
		return process->check != NULL;
	pg_read_barrier();
	segment = dsm_attach(handle);
	if (segment == NULL)
		proc_exit(0);			/* the import is over */
	dsm_pin_mapping(segment);
	process->check = check_ahead_create(dsm_segment_address(segment));
	return true;
}

/*
 * Puts the message into the spool; false: it may not. Only an import that
 * saves meanwhile needs that; any other takes rows as soon as they are read.
 */
static bool
put_aside(Process *process)
{
	ReaderOrder *order = process->order;

	if (!is_asked(process) || !order->scope.spool)
		return false;
	if (spool_put(&process->spool, process->message.data, (Size) process->message.len))
		return true;
	if (process->spool.at_limit && pg_atomic_read_u32(&order->outlook) == READER_READS)
		pg_atomic_write_u32(&order->outlook, READER_WAITS);
	return false;
}

/* The import has not said how to check rows: it has the rows that it needs to find the header row. */
static void
wait_for_go(Process *process)
{
	ReaderOrder *order = process->order;

	process->sent++;
	while (pg_atomic_read_u32(&order->go) == 0 && pg_atomic_read_u32(&order->received) < process->sent)
		wait_a_while(process);
}

/* Puts a message into the queue, behind those that wait; if that is full, into the spool; if that is full too, reading waits. */
static void
message_send(Process *process)
{
	for (;;)
	{
		if (push(process))
		{
			send_at_once(process);
			break;
		}
		if (put_aside(process))
			break;
		wait_a_while(process);
		send_if_due(process, false);
	}
	wait_for_go(process);
	send_if_due(process, false);
}

static void
send_opened(Process *process, const char *name)
{
	ReaderMessage *head = message_begin(process, READER_OPENED);

	head->declared_rows = xlsx_sheet_declared_rows(process->sheet);
	head->table = process->table;
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

/* Counts the row as the import would, and judges it if possible. */
static void
count_row(Process *process, const XlsxRow *row, RowVerdict verdict)
{
	const ReaderScope *scope = &process->order->scope;

	if (row->number <= scope->after_row || row->number < scope->range.first_row || row->number > scope->range.last_row)
		return;
	if (verdict == ROW_OPEN)
		process->looked.open_rows += rows_is_blank(row, &scope->range) ? 0 : 1;
	else
	{
		process->looked.judged_rows++;
		process->looked.error_rows += verdict == ROW_BAD ? 1 : 0;
	}
}

/* False: it is for the import to check. */
static bool
add_checked_row(Process *process, const XlsxRow *row)
{
	const ReaderScope *scope = &process->order->scope;
	StringInfo	message = &process->message;
	int			start = message->len;
	ReaderRow	head = {.number = row->number};
	bool		warned;

	if (row->number <= scope->header_row || row->number < scope->range.first_row || row->number > scope->range.last_row ||
		rows_is_blank(row, &scope->range))
		return false;
	appendBinaryStringInfo(message, (char *) &head, sizeof(head));
	head.verdict = check_ahead_row(process->check, row, message, &warned);
	head.warned = warned;
	if (head.verdict == ROW_OPEN)
	{
		message->len = start;
		return false;
	}
	head.bytes = (uint64) (message->len - start) - sizeof(head);
	memcpy(message->data + start, &head, sizeof(head));
	row_message_pad(message);
	count_row(process, row, head.verdict);
	return true;
}

static void
add_row(Process *process, const XlsxRow *row)
{
	Size		text_bytes = rows_text_bytes(row);
	Size		bytes = row_message_bytes(row, text_bytes);

	if (bytes > MOST_ROW_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("row %u is too long", row->number)));
	if (process->check != NULL && bytes <= MOST_CHECKED_BYTES && add_checked_row(process, row))
		return;
	row_message_cells(&process->message, row, text_bytes);
	if (process->check != NULL)
		count_row(process, row, ROW_OPEN);
}

/* Percentage of the sheet: by rows if it says how many it has, otherwise by bytes. Never 100. */
static int
percent_read(const Process *process, uint32 last_row)
{
	const ReaderScope *scope = &process->order->scope;
	uint32		declared = Min(xlsx_sheet_declared_rows(process->sheet), scope->range.last_row);
	uint64		done;
	uint64		total;

	xlsx_sheet_position(process->sheet, &done, &total);
	if (declared > scope->header_row)
	{
		done = last_row > scope->header_row ? last_row - scope->header_row : 0;
		total = declared - scope->header_row;
	}
	return total == 0 ? 0 : (int) Min(done * 100 / total, 99);
}

static void
publish(Process *process, uint32 last_row, bool ended)
{
	if (process->live == NULL || process->check == NULL)
		return;
	process->looked.percent = percent_read(process, last_row);
	process->looked.ended = ended;
	live_publish_reader(process->live, process->order->turn, &process->looked);
}

static void
begin_rows(Process *process)
{
	bool		looked = is_asked(process);

	message_begin(process, READER_ROWS)->looked = looked;
}

static void
send_rows(Process *process, uint32 rows, uint32 last_row)
{
	ReaderMessage *head = (ReaderMessage *) process->message.data;

	head->rows = rows;
	xlsx_sheet_position(process->sheet, &head->done, &head->total);
	publish(process, last_row, false);
	message_send(process);
	begin_rows(process);
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
	size_t		index;

	transaction_start();
	PushActiveSnapshot(GetTransactionSnapshot());
	MemoryContextSwitchTo(process->book_context);
	store_source(&process->store, order->file, order->size, process->book_context);
	PopActiveSnapshot();
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
	process->book = workbook_open(&source, process->book_context);
	index = order->sheet_number > 0 ? (size_t) order->sheet_number - 1 :
		workbook_find_sheet(process->book, order->has_sheet ? order->sheet : NULL);
	if (xlsx_sheet_open(process->book, index, &process->sheet, &error) != XLSX_OK)
		workbook_throw(&error);
	sheet_table_find(process->book, index, &process->table);
	send_opened(process, xlsx_book_sheet(process->book, index)->name);
}

/* The sheet is known to be whole as soon as it is read, wherever its rows wait. */
static void
send_end(Process *process, uint32 last_row)
{
	pg_atomic_write_u32(&process->order->outlook, READER_IS_WHOLE);
	publish(process, last_row, true);
	message_begin(process, READER_ENDED)->looked = process->check != NULL;
	if (process->check != NULL)
		appendBinaryStringInfo(&process->message, (const char *) check_ahead_sightings(process->check), sizeof(Sightings));
	message_send(process);
}

/* Is the row behind all that the import reads? */
static bool
is_behind(const Process *process, const XlsxRow *row)
{
	const XlsxRange *range = &process->order->scope.range;

	return process->check != NULL && row->number > Max(range->last_row, process->table.last_row) && !rows_is_blank(row, range);
}

static void
send_sheet(Process *process)
{
	const XlsxRow *row;
	XlsxError	error;
	XlsxStatus	status;
	uint32		rows = 0;
	uint32		last_row = 0;
	bool		ended = false;

	open_sheet(process);
	begin_rows(process);
	while (!ended && (status = xlsx_sheet_next(process->sheet, &row, &error)) == XLSX_OK)
	{
		CHECK_FOR_INTERRUPTS();
		last_row = row->number;
		ended = is_behind(process, row);
		add_row(process, row);
		rows++;
		if (process->message.len >= READER_MESSAGE_BYTES)
		{
			send_rows(process, rows, last_row);
			rows = 0;
		}
	}
	if (rows > 0)
		send_rows(process, rows, last_row);
	if (!ended && status != XLSX_DONE)
		workbook_throw(&error);
	send_end(process, last_row);
}

static void
read_sheet(Process *process)
{
	PG_TRY();
	{
		send_sheet(process);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		/* Sends the error to the import, which raises it. Only its own termination concerns this process alone. */
		MemoryContextSwitchTo(process->context);
		error = CopyErrorData();
		FlushErrorState();
		AbortOutOfAnyTransaction();
		MemoryContextSwitchTo(process->context);
		pg_atomic_write_u32(&process->order->outlook, READER_IS_BROKEN);
		send_failure(process, error);
	}
	PG_END_TRY();
}

/* Sends what waits. The workbook is closed before, because its shared strings may be large. */
static void
send_the_rest(Process *process)
{
	MemoryContextDelete(process->book_context);
	while (!push(process))
	{
		wait_a_while(process);
		send_if_due(process, false);
	}
}

/* Until the import gives its place back. */
static void
send_until_the_end(Process *process)
{
	while (pg_atomic_read_u32(&process->order->stay) != 0)
	{
		wait_a_while(process);
		if (!live_is_at(process->live, process->order->turn))
			break;
		send_if_due(process, true);
	}
}

static void
run(Process *process)
{
	if (process->order->file != 0)
	{
		read_sheet(process);
		send_the_rest(process);
	}
	if (process->live != NULL)
		send_until_the_end(process);
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
	queue = READER_QUEUE(process.order);
	shm_mq_set_sender(queue, MyProc);
	process.queue = shm_mq_attach(queue, segment, NULL);
	BackgroundWorkerInitializeConnectionByOid(process.order->database, process.order->login, 0);
	process.context = AllocSetContextCreate(TopMemoryContext, "pg_xlsx reader", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(process.context);
	process.book_context = AllocSetContextCreate(process.context, "pg_xlsx book", ALLOCSET_DEFAULT_SIZES);
	SetConfigOption("synchronous_commit", "off", PGC_USERSET, PGC_S_SESSION);
	place_read_ahead(process.order->task);
	process.live = live_at(process.order->live, process.order->turn);
	initStringInfo(&process.message);
	initStringInfo(&process.flight);
	spool_init(&process.spool, process.order->spool_bytes);
	run(&process);
	proc_exit(0);
}
