/*
 * take.c
 *	  The row of a task, and what becomes of it when a worker takes the task.
 */
#include "tasks/take.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "tables/installation.h"
#include "tables/private_sql.h"
#include "tasks/audit.h"
#include "tasks/task_set.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

static void
read_source(Task *task, Datum array)
{
	Datum	   *elements;

	deconstruct_array(DatumGetArrayTypeP(array), INT4OID, 4, true, TYPALIGN_INT, &elements, NULL, &task->source_count);
	task->source = palloc(sizeof(uint32) * (size_t) Max(task->source_count, 1));
	for (int i = 0; i < task->source_count; i++)
		task->source[i] = (uint32) DatumGetInt32(elements[i]);
}

/* The columns that task_of_row reads, in this order. */
#define TASK_COLUMNS \
	"id, frozen_id, file_id, file_size, owner::oid, attempts, time_zone, date_style, source_columns," \
	" total_rows, validated_rows, error_rows, saved_rows, cursor_row, validated, packets, packets_saved, deaths, sheet," \
	" file_name, mode, dry_run, coalesce(max_errors, -1), header_row, locale, mapping::text, inserted_rows," \
	" updated_rows, unchanged_rows, deleted_rows, absent_rows, skipped_rows, warning_rows, profile, seq, packet_rows_saved, range, options::text," \
	" pg_get_userbyid(owner::oid)::text, findings::text," \
	" coalesce((SELECT l.rows_per_task FROM xlsx_private.role_limit l WHERE l.role::oid = task.owner::oid), -1)," \
	" tenant, params::text, settings::text, coalesce(set_id, 0), coalesce(set_size, 0)"

static Task *
task_of_row(const PrivateRow *row)
{
	Task	   *task = palloc0(sizeof(Task));
	int			i = 0;

	task->id = task->progress.task = DatumGetInt64(row->values[i++]);
	task->frozen = row->nulls[i] ? 0 : DatumGetInt64(row->values[i]);
	i++;
	task->file = row->nulls[i] ? 0 : DatumGetInt64(row->values[i]);
	i++;
	task->file_size = (uint64) DatumGetInt64(row->values[i++]);
	task->owner = DatumGetObjectId(row->values[i++]);
	task->attempt = DatumGetInt32(row->values[i++]);
	task->time_zone = TextDatumGetCString(row->values[i++]);
	task->date_style = TextDatumGetCString(row->values[i++]);
	if (!row->nulls[i])
		read_source(task, row->values[i]);
	i++;
	task->progress.total_rows = DatumGetInt64(row->values[i++]);
	task->progress.validated_rows = DatumGetInt64(row->values[i++]);
	task->progress.error_rows = DatumGetInt64(row->values[i++]);
	task->progress.saved_rows = DatumGetInt64(row->values[i++]);
	task->progress.cursor_row = DatumGetInt64(row->values[i++]);
	task->progress.validated = DatumGetBool(row->values[i++]);
	task->progress.packets = DatumGetInt32(row->values[i++]);
	task->progress.packets_saved = DatumGetInt32(row->values[i++]);
	i++;						/* deaths */
	task->sheet = private_sql_text(row, i++);
	task->file_name = private_sql_text(row, i++);
	task->mode = save_mode_called(private_sql_text(row, i++));
	task->dry_run = DatumGetBool(row->values[i++]);
	task->max_errors = DatumGetInt64(row->values[i++]);
	task->header_row = private_sql_text(row, i++);
	task->locale = private_sql_text(row, i++);
	task->mapping = private_sql_text(row, i++);
	task->progress.inserted_rows = DatumGetInt64(row->values[i++]);
	task->progress.updated_rows = DatumGetInt64(row->values[i++]);
	task->progress.unchanged_rows = DatumGetInt64(row->values[i++]);
	task->progress.deleted_rows = DatumGetInt64(row->values[i++]);
	task->progress.absent_rows = DatumGetInt64(row->values[i++]);
	task->progress.skipped_rows = DatumGetInt64(row->values[i++]);
	task->progress.warning_rows = DatumGetInt64(row->values[i++]);
	task->profile_name = TextDatumGetCString(row->values[i++]);
	task->seq = DatumGetInt64(row->values[i++]) - LIVE_EVENTS;
	task->progress.packet_rows_saved = DatumGetInt32(row->values[i++]);
	task->range = private_sql_text(row, i++);
	task->options = private_sql_text(row, i++);
	task->owner_name = private_sql_text(row, i++);
	task->findings = private_sql_text(row, i++);
	task->rows_per_task = DatumGetInt64(row->values[i++]);
	task->tenant = private_sql_text(row, i++);
	task->params = private_sql_text(row, i++);
	task->settings = private_sql_text(row, i++);
	task->set = DatumGetInt64(row->values[i++]);
	task->set_size = DatumGetInt32(row->values[i++]);
	return task;
}

/* Does the row of a task say that it may start? */
#define MAY_START(login, home) \
	"login::oid = " login " AND home = " home "::uuid AND (set_size IS NULL OR atomic)" \
	" AND (status = 'PROCESSING' OR (status = 'PENDING' AND NOT held AND xlsx_private.is_due(run_at, wait_ms)))"

Task *
take_task(int64 id, Oid login, bool died, int *deaths)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.task SET status = 'PROCESSING', phase = NULL, phase_progress = 0,"
		" attempts = attempts + CASE WHEN status = 'PENDING' THEN 1 ELSE 0 END,"
		" deaths = CASE WHEN status <> 'PROCESSING' THEN 0 WHEN $6 THEN deaths + 1 ELSE deaths END, worker_pid = $2,"
		" attempt_started_at = clock_timestamp(),"
		" started_at = coalesce(started_at, clock_timestamp()), updated_at = clock_timestamp(),"
		" error_code = NULL, error_message = NULL, error_detail = NULL, error_hint = NULL"
		", seq = seq + $3"
		" WHERE id = (SELECT t.id FROM xlsx_private.task t WHERE t.id = $1 FOR UPDATE SKIP LOCKED)"
		" AND " MAY_START("$4", "$5") " RETURNING " TASK_COLUMNS,
		6, {INT8OID, INT4OID, INT8OID, OIDOID, TEXTOID, BOOLOID}, NULL
	};
	Datum		values[] = {
		Int64GetDatum(id), Int32GetDatum(MyProcPid), Int64GetDatum(LIVE_EVENTS), ObjectIdGetDatum(login),
		CStringGetTextDatum(installation_name()), BoolGetDatum(died)
	};
	Task	   *task;
	PrivateRow	row;

	if (private_sql_run(&update, values, NULL, &row) == 0)
		return NULL;
	*deaths = DatumGetInt32(row.values[17]);
	audit_note(id, AUDIT_RUN, AUDIT_NO_ROWS);
	task = task_of_row(&row);
	task_set_sum(task->set);
	return task;
}

bool
take_is_possible(int64 id, Oid login)
{
	static PrivateStatement select = {
		"SELECT FROM xlsx_private.task WHERE id = $1 AND " MAY_START("$2", "$3"), 3, {INT8OID, OIDOID, TEXTOID}, NULL
	};
	Datum		values[] = {Int64GetDatum(id), ObjectIdGetDatum(login), CStringGetTextDatum(installation_name())};

	return private_sql_run(&select, values, NULL, NULL) > 0;
}

Task *
queue_load(int64 id)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.task SET seq = seq + $2 WHERE id = $1 RETURNING " TASK_COLUMNS, 2, {INT8OID, INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(id), Int64GetDatum(LIVE_EVENTS)};
	PrivateRow	row;

	if (private_sql_run(&update, values, NULL, &row) == 0)
		elog(ERROR, "task " INT64_FORMAT " does not exist", id);
	return task_of_row(&row);
}

void
queue_save_source(const Task *task, TextList sheets, uint32 header_row, char *const *found, int count)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.task SET source_columns = $2, found_headers = $3, found_sheet = $4[1],"
		" found_sheets = CASE WHEN cardinality($4) > 1 THEN $4 END, found_header_row = nullif($5, 0)"
		" WHERE id = $1", 5, {INT8OID, INT4ARRAYOID, TEXTARRAYOID, TEXTARRAYOID, INT4OID}, NULL
	};
	Datum	   *columns = palloc(sizeof(Datum) * (size_t) Max(count, 1));
	Datum	   *headers = palloc0(sizeof(Datum) * (size_t) Max(count, 1));
	bool	   *nulls = palloc(sizeof(bool) * (size_t) Max(count, 1));
	Datum	   *names = palloc(sizeof(Datum) * (size_t) Max(sheets.count, 1));
	int			lower = 1;
	Datum		values[5];

	for (int i = 0; i < count; i++)
	{
		columns[i] = Int32GetDatum((int32) task->source[i]);
		nulls[i] = found[i] == NULL;
		if (found[i] != NULL)
			headers[i] = CStringGetTextDatum(found[i]);
	}
	values[0] = Int64GetDatum(task->id);
	values[1] = PointerGetDatum(construct_array(columns, count, INT4OID, 4, true, TYPALIGN_INT));
	values[2] = PointerGetDatum(construct_md_array(headers, nulls, 1, &count, &lower, TEXTOID, -1, false, TYPALIGN_INT));
	for (int i = 0; i < sheets.count; i++)
		names[i] = CStringGetTextDatum(sheets.items[i]);
	values[3] = PointerGetDatum(construct_array(names, sheets.count, TEXTOID, -1, false, TYPALIGN_INT));
	values[4] = Int32GetDatum((int32) header_row);
	private_sql_run(&update, values, NULL, NULL);
}

void
queue_save_headers(const Task *task, const char *missing, const char *unused, const char *duplicates, const char *notes)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.task SET missing = $2::jsonb, unused = $3::jsonb, duplicates = $4::jsonb,"
		" notes = (SELECT coalesce(jsonb_agg(n), '[]') FROM jsonb_array_elements(notes) AS n WHERE n ->> 'code' IN ('target', 'sequence')) || $5::jsonb"
		" WHERE id = $1",
		5, {INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID}, NULL
	};
	Datum		values[] = {
		Int64GetDatum(task->id), CStringGetTextDatum(missing), CStringGetTextDatum(unused), CStringGetTextDatum(duplicates),
		CStringGetTextDatum(notes)
	};

	private_sql_run(&update, values, NULL, NULL);
}

void
queue_save_target(int64 task, Oid target, const char *word)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.task SET target = xlsx_private.relation_ref($2::regclass, true), notes = CASE WHEN $3 IS NULL THEN notes"
		" ELSE notes || jsonb_build_array(jsonb_build_object('code', 'target', 'row', NULL, 'message', $3)) END"
		" WHERE id = $1 AND (xlsx_private.stored_oid_of(target) IS DISTINCT FROM $2 OR $3 IS NOT NULL)", 3, {INT8OID, OIDOID, TEXTOID}, NULL
	};
	static PrivateStatement learn = {
		"UPDATE xlsx_private.profile SET target = xlsx_private.relation_ref(target::regclass, target_by = 'table')"
		" WHERE id = (SELECT p.id FROM xlsx_private.profile p JOIN xlsx_private.task t ON t.profile_id = p.id WHERE t.id = $1"
		" AND xlsx_private.target_word(p.target, p.name) IS NOT NULL FOR NO KEY UPDATE OF p SKIP LOCKED)", 1, {INT8OID}, NULL
	};
	Datum		values[3] = {Int64GetDatum(task), ObjectIdGetDatum(target)};
	char		nulls[3] = {' ', ' ', ' '};

	private_sql_set_text(values, nulls, 2, word);
	private_sql_run(&update, values, nulls, NULL);
	if (word != NULL)
		private_sql_run(&learn, values, NULL, NULL);
}

void
queue_add_note(int64 task, const char *code, int32 row, const char *message)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.task SET notes = notes || jsonb_build_array(jsonb_build_object('code', $2::text, 'row', nullif($3, 0),"
		" 'message', $4::text)) WHERE id = $1", 4, {INT8OID, TEXTOID, INT4OID, TEXTOID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task), CStringGetTextDatum(code), Int32GetDatum(row), CStringGetTextDatum(message)};

	private_sql_run(&update, values, NULL, NULL);
}
