/*
 * reader.c
 *	  The import's side of a reader: starts the process and takes its rows.
 */
#include "reading/reader.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "pg/guc.h"
#include "postmaster/bgworker.h"
#include "reading/check_ahead.h"
#include "storage/dsm.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "storage/shm_mq.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

struct Reader
{
	MemoryContext context;
	dsm_segment *segment;
	ReaderOrder *order;			/* in it */
	dsm_segment *plan;			/* NULL: nobody has asked for checked rows */
	BackgroundWorkerHandle *worker;
	shm_mq_handle *queue;
	ReaderSheet sheet;
	uint64		done;
	uint64		total;
	const char *next;			/* in the message at hand */
	uint32		rows_left;		/* in it */
	bool		looked;			/* at the rows of that message */
	bool		ended;
	Sightings  *sightings;		/* NULL: not known */
	XlsxRow		row;
	CheckedRow	checked;		/* ROW_OPEN: the row has cells */
	XlsxCell   *cells;
	uint32		capacity;
};

/* Stops the process before the memory is freed, because its rows are not needed any more. */
static void
reader_stop(void *argument)
{
	Reader	   *reader = argument;

	if (reader->worker != NULL)
		TerminateBackgroundWorker(reader->worker);
	if (reader->plan != NULL)
		dsm_detach(reader->plan);
	dsm_detach(reader->segment);
}

static void
create_segment(Reader *reader, const ReaderOrder *order)
{
	MemoryContextCallback *callback = palloc0(sizeof(MemoryContextCallback));
	Size		size = MAXALIGN(sizeof(ReaderOrder)) + READER_QUEUE_BYTES;
	shm_mq	   *queue;

	reader->segment = dsm_create(size, 0);
	callback->func = reader_stop;
	callback->arg = reader;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, callback);
	dsm_pin_mapping(reader->segment);	/* beyond this transaction */
	reader->order = dsm_segment_address(reader->segment);
	memcpy(reader->order, order, sizeof(*order));
	pg_atomic_init_u32(&reader->order->outlook, READER_READS);
	pg_atomic_init_u32(&reader->order->go, 0);
	pg_atomic_init_u32(&reader->order->received, 0);
	pg_atomic_init_u32(&reader->order->stay, order->file == 0 ? 1 : 0);
	pg_atomic_init_u32(&reader->order->plan, DSM_HANDLE_INVALID);
	queue = shm_mq_create(READER_QUEUE(reader->order), READER_QUEUE_BYTES);
	shm_mq_set_receiver(queue, MyProc);
	reader->queue = shm_mq_attach(queue, reader->segment, NULL);
}

static bool
start_process(Reader *reader)
{
	BackgroundWorker worker = {
		.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION,
		.bgw_start_time = BgWorkerStart_RecoveryFinished, .bgw_restart_time = BGW_NEVER_RESTART,
		.bgw_main_arg = UInt32GetDatum(dsm_segment_handle(reader->segment)), .bgw_notify_pid = MyProcPid
	};

	strlcpy(worker.bgw_library_name, "pg_xlsx", sizeof(worker.bgw_library_name));
	strlcpy(worker.bgw_function_name, "pg_xlsx_reader_main", sizeof(worker.bgw_function_name));
	strlcpy(worker.bgw_name, "pg_xlsx reader", sizeof(worker.bgw_name));
	strlcpy(worker.bgw_type, "pg_xlsx reader", sizeof(worker.bgw_type));
	if (!RegisterDynamicBackgroundWorker(&worker, &reader->worker))
		return false;
	/* Does not wait for a process that never starts. */
	shm_mq_set_handle(reader->queue, reader->worker);
	return true;
}

static Reader *
start(ReaderOrder *order, const EventsTo *to)
{
	Reader	   *reader = palloc0(sizeof(Reader));

	order->database = MyDatabaseId;
	order->login = GetSessionUserId();
	order->import = MyProcPid;
	order->task = to->task;
	order->live = live_number(to->live);
	order->turn = live_turn(to->live);
	order->interval = pg_xlsx_progress_interval;
	order->spool_bytes = (uint64) pg_xlsx_max_spool_bytes << 20;
	namestrcpy(&order->channel, to->channel);
	reader->context = CurrentMemoryContext;
	create_segment(reader, order);
	return start_process(reader) ? reader : NULL;
}

Reader *
reader_start(const ReaderFile *file, const EventsTo *to)
{
	ReaderOrder order = {.file = file->file, .size = file->size, .has_sheet = file->sheet != NULL, .sheet_number = file->sheet_number};

	/* Converting from UTF-8 to another encoding needs a function from the catalog, which the process does not read for rows. */
	if (GetDatabaseEncoding() != PG_UTF8)
		return NULL;
	if (file->sheet != NULL && strlcpy(order.sheet, file->sheet, sizeof(order.sheet)) >= sizeof(order.sheet))
		return NULL;
	return start(&order, to);
}

Reader *
reader_start_sender(const EventsTo *to)
{
	ReaderOrder order = {.file = 0};

	return live_number(to->live) < 0 ? NULL : start(&order, to);
}

void
reader_stay(Reader *reader)
{
	pg_atomic_write_u32(&reader->order->stay, 1);
}

bool
reader_is_there(const Reader *reader)
{
	pid_t		pid;
	BgwHandleStatus status = GetBackgroundWorkerPid(reader->worker, &pid);

	return status == BGWH_STARTED || status == BGWH_NOT_YET_STARTED;
}

/*
 * Messages
 */

static void
raise_failure(const ReaderMessage *message)
{
	const char *text = (const char *) (message + 1);
	const char *detail = text + strlen(text) + 1;
	const char *hint = detail + strlen(detail) + 1;

	ereport(ERROR,
			(errcode(message->sqlstate),
			 errmsg_internal("%s", text),
			 detail[0] != '\0' ? errdetail_internal("%s", detail) : 0,
			 hint[0] != '\0' ? errhint("%s", hint) : 0));
}

static void
wake_process(Reader *reader)
{
	PGPROC	   *process = shm_mq_get_sender(READER_QUEUE(reader->order));

	if (process != NULL)
		SetLatch(&process->procLatch);
}

void
reader_go(Reader *reader)
{
	pg_atomic_write_u32(&reader->order->go, 1);
	wake_process(reader);
}

static const ReaderMessage *
receive(Reader *reader)
{
	const ReaderMessage *message;
	Size		length;
	void	   *data;

	if (shm_mq_receive(reader->queue, &length, &data, false) != SHM_MQ_SUCCESS)
		ereport(ERROR,
				(errcode(ERRCODE_ADMIN_SHUTDOWN),
				 errmsg("lost connection to the process that reads the workbook")));
	if (pg_atomic_read_u32(&reader->order->go) == 0)
	{
		pg_atomic_fetch_add_u32(&reader->order->received, 1);
		wake_process(reader);
	}
	message = data;
	reader->done = message->done;
	reader->total = message->total;
	if (message->kind == READER_FAILED)
		raise_failure(message);
	return message;
}

const ReaderSheet *
reader_open(Reader *reader)
{
	const ReaderMessage *message = receive(reader);

	Assert(message->kind == READER_OPENED);
	reader->sheet = (ReaderSheet) {
		MemoryContextStrdup(reader->context, (const char *) (message + 1)), message->declared_rows, message->table
	};
	return &reader->sheet;
}

static void
grow_cells(Reader *reader, uint32 count)
{
	if (reader->cells != NULL)
		pfree(reader->cells);
	reader->capacity = Max(count, 64);
	reader->cells = MemoryContextAllocHuge(reader->context, sizeof(XlsxCell) * (Size) reader->capacity);
}

/* The row that next points to. */
static const XlsxRow *
take_row(Reader *reader)
{
	const ReaderRow *row = (const ReaderRow *) reader->next;
	const ReaderCell *cells = (const ReaderCell *) (row + 1);
	const char *text = (const char *) (cells + row->count);

	reader->next = text + MAXALIGN(row->bytes);
	reader->rows_left--;
	reader->checked.verdict = ROW_OPEN;
	if (row->verdict != ROW_OPEN)
		check_ahead_take(&reader->checked, row->verdict, row->warned, text, row->bytes);
	if (row->count > reader->capacity)
		grow_cells(reader, row->count);
	for (uint32 i = 0; i < row->count; i++)
	{
		reader->cells[i] = (XlsxCell) {
			.column = cells[i].column, .kind = cells[i].kind, .shape = cells[i].shape, .boolean = cells[i].boolean,
			.number = cells[i].number, .text = text, .length = cells[i].length, .shown = cells[i].shown
		};
		text += cells[i].length + cells[i].shown;
	}
	reader->row = (XlsxRow) {row->number, row->count, reader->cells};
	return &reader->row;
}

const XlsxRow *
reader_next(Reader *reader)
{
	while (reader->rows_left == 0 && !reader->ended)
	{
		const ReaderMessage *message = receive(reader);

		reader->ended = message->kind == READER_ENDED;
		reader->rows_left = message->rows;
		reader->looked = message->looked;
		reader->next = (const char *) (message + 1);
		if (reader->ended && message->looked)
			reader->sightings = memcpy(MemoryContextAlloc(reader->context, sizeof(Sightings)), reader->next, sizeof(Sightings));
	}
	return reader->ended ? NULL : take_row(reader);
}

const Sightings *
reader_sightings(const Reader *reader)
{
	return reader->sightings;
}

const CheckedRow *
reader_checked(const Reader *reader)
{
	return reader->checked.verdict != ROW_OPEN ? &reader->checked : NULL;
}

bool
reader_looked(const Reader *reader)
{
	return reader->looked;
}

bool
reader_check(Reader *reader, const JudgePlan *plan, const ReaderScope *scope)
{
	reader->plan = dsm_create(plan->bytes, DSM_CREATE_NULL_IF_MAXSEGMENTS);
	if (reader->plan == NULL)
		return false;
	dsm_pin_mapping(reader->plan);	/* beyond this transaction */
	memcpy(dsm_segment_address(reader->plan), plan, plan->bytes);
	reader->order->scope = *scope;
	pg_write_barrier();
	pg_atomic_write_u32(&reader->order->plan, dsm_segment_handle(reader->plan));
	return true;
}

void
reader_found(const Reader *reader, const JudgePlan *plan)
{
	PlanColumn *shared;

	if (reader->plan == NULL)
		return;
	shared = (PlanColumn *) plan_columns(dsm_segment_address(reader->plan));
	for (int i = 0; i < plan->column_count; i++)
	{
		shared[i].found_order = plan_columns(plan)[i].found_order;
		shared[i].found_decimal = plan_columns(plan)[i].found_decimal;
	}
}

ReaderOutlook
reader_outlook(const Reader *reader)
{
	return reader->ended ? READER_IS_WHOLE : (ReaderOutlook) pg_atomic_read_u32(&reader->order->outlook);
}

void
reader_position(const Reader *reader, uint64 *done, uint64 *total)
{
	*done = reader->done;
	*total = reader->total;
}
