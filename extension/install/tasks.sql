/*
 * Tasks
 */

CREATE FUNCTION xlsx.submit(profile text, file bytea, file_name text DEFAULT 'upload.xlsx',
  run_at timestamptz DEFAULT NULL, priority int DEFAULT 0, idempotency_key text DEFAULT NULL, sheet text DEFAULT NULL,
  mode text DEFAULT NULL, dry_run boolean DEFAULT false, max_errors bigint DEFAULT NULL, header_row text DEFAULT NULL,
  locale text DEFAULT NULL, mapping jsonb DEFAULT NULL, params jsonb DEFAULT NULL, range text DEFAULT NULL, header_check text DEFAULT NULL, header_rows int DEFAULT NULL,
  hold boolean DEFAULT NULL, on_duplicate text DEFAULT NULL,
  keep_rows boolean DEFAULT NULL, keep_changes boolean DEFAULT NULL, "returning" name[] DEFAULT NULL,
  fill_merged boolean DEFAULT NULL, skip_hidden boolean DEFAULT NULL, stop_at text DEFAULT NULL, sheets text DEFAULT NULL,
  scope text DEFAULT NULL, absent text DEFAULT NULL, max_absent text DEFAULT NULL, allow_empty boolean DEFAULT NULL,
  duplicate_keys text DEFAULT NULL,
  date_order text DEFAULT NULL, "decimal" text DEFAULT NULL, time_zone text DEFAULT NULL,
  after bigint DEFAULT NULL, blank_cells text DEFAULT NULL, clear_token text DEFAULT NULL)
RETURNS bigint
AS 'MODULE_PATHNAME', 'pg_xlsx_submit' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx.submit IS
'Stores a workbook and returns the id of a task, which imports it in the background as the current role, after the commit. profile: NULL for the default one. run_at: the task starts at this time or later; NULL: at once, whatever the clock. priority: higher goes first. idempotency_key: the same key again returns the first task. sheet, range, header_row, mode, max_errors, locale, header_check, header_rows, keep_rows, keep_changes, "returning", fill_merged, skip_hidden, stop_at, sheets, scope, absent, max_absent, allow_empty: as in xlsx.alter_profile; NULL for the option of the profile. after: a task that the current role sees. The new one starts when that one is COMPLETED or HAS_ERRORS, and is CANCELLED when that one has FAILED or was cancelled. dry_run: checks and saves all rows, rolls back, and keeps the report. mapping: {"Header": "column_name"}, before any other way to find the column; "" leaves the header out. A header that is not there is an error. blank_cells, clear_token: as in xlsx.alter_profile, before what the profile and its columns say; an empty clear_token: none. hold: the task waits for xlsx.release; a profile that holds its tasks cannot be told not to. on_duplicate: as in xlsx.alter_profile. params: JSON object of at most 8 kB that says what this import is for, {"project": 7}; SQL of the profile reads it as params ->> ''project'', and columns with the source "param" take its members.';

CREATE FUNCTION xlsx_private.submit(profile text, file bytea, file_name text, options jsonb) RETURNS bigint
AS 'MODULE_PATHNAME', 'pg_xlsx_submit_options' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx_private.submit IS 'As xlsx.submit, with the other arguments by their names. An error if options are NULL.';

CREATE FUNCTION xlsx_private.members_of_set(options jsonb, OUT profiles text[], OUT options_of jsonb[], OUT common jsonb)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  member record;
  wrong text;
BEGIN
  profiles := '{}';
  options_of := '{}';
  common := options - '{set,run_at,after,hold,idempotency_key}'::text[];
  FOR member IN SELECT e.value, e.place FROM jsonb_array_elements(options -> 'set') WITH ORDINALITY AS e (value, place) LOOP
    IF jsonb_typeof(member.value) <> 'object' OR jsonb_typeof(member.value -> 'profile') IS DISTINCT FROM 'string' THEN
      RAISE EXCEPTION 'member % of the set has no profile', member.place USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It is %s.', left(member.value::text, 200)),
        HINT = 'Write it as {"profile": "people", "sheet": "People"}, with any options of an import.';
    END IF;
    wrong := (SELECT k.name FROM jsonb_object_keys(member.value) AS k (name)
      WHERE k.name IN ('run_at', 'runAt', 'after', 'hold', 'idempotency_key', 'idempotencyKey', 'set') ORDER BY k.name LIMIT 1);
    IF wrong IS NOT NULL THEN
      RAISE EXCEPTION 'member % of the set cannot have "%"', member.place, wrong USING ERRCODE = 'invalid_parameter_value',
        DETAIL = 'Each member starts after the one before it.', HINT = 'Give it to the set.';
    END IF;
    profiles := profiles || (member.value ->> 'profile');
    options_of := options_of || (member.value - 'profile');
  END LOOP;
END
$$;
COMMENT ON FUNCTION xlsx_private.members_of_set IS 'Profiles and options of the members of a set, and the options that all have.';

CREATE FUNCTION xlsx_private.submit_set(file bytea, members jsonb, options jsonb) RETURNS bigint
LANGUAGE sql VOLATILE
BEGIN ATOMIC
  SELECT xlsx_private.submit(NULL, file, coalesce(options OPERATOR(pg_catalog.->>) 'file_name', 'upload.xlsx'),
    (options OPERATOR(pg_catalog.-) 'file_name') OPERATOR(pg_catalog.||) pg_catalog.jsonb_build_object('set', members));
END;
COMMENT ON FUNCTION xlsx_private.submit_set IS 'xlsx.submit_set calls it.';

CREATE FUNCTION xlsx.submit_set(file bytea, members jsonb, file_name text DEFAULT 'upload.xlsx', run_at timestamptz DEFAULT NULL,
  priority int DEFAULT NULL, idempotency_key text DEFAULT NULL, after bigint DEFAULT NULL, dry_run boolean DEFAULT NULL, params jsonb DEFAULT NULL)
RETURNS bigint
AS 'MODULE_PATHNAME', 'pg_xlsx_by_name' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx.submit_set IS
'Stores a workbook once and returns the id of a set: a task for each member, which import its sheets in order, each when the one before it is COMPLETED or HAS_ERRORS. members: [{"profile": "departments", "sheet": "Departments"}, {"profile": "employees", "sheet": "Employees"}], with any options of xlsx.submit. If one fails or is cancelled, the later ones are CANCELLED and say why. The set is a task itself: its status, progress and numbers sum up its tasks, which have its id in xlsx.tasks.set_id; xlsx.wait, cancel, retry, release, erase and delete take it. xlsx.retry goes on with the tasks that have not ended well. The other arguments are as in xlsx.submit, for the whole set.';

CREATE FUNCTION xlsx.import(profile text, file bytea, file_name text DEFAULT 'import.xlsx', sheet text DEFAULT NULL,
  mode text DEFAULT NULL, dry_run boolean DEFAULT false, max_errors bigint DEFAULT NULL, header_row text DEFAULT NULL,
  locale text DEFAULT NULL, mapping jsonb DEFAULT NULL, params jsonb DEFAULT NULL, range text DEFAULT NULL, header_check text DEFAULT NULL, header_rows int DEFAULT NULL,
  on_duplicate text DEFAULT NULL,
  keep_rows boolean DEFAULT NULL, keep_changes boolean DEFAULT NULL, "returning" name[] DEFAULT NULL,
  fill_merged boolean DEFAULT NULL, skip_hidden boolean DEFAULT NULL, stop_at text DEFAULT NULL, sheets text DEFAULT NULL,
  scope text DEFAULT NULL, absent text DEFAULT NULL, max_absent text DEFAULT NULL, allow_empty boolean DEFAULT NULL,
  duplicate_keys text DEFAULT NULL,
  date_order text DEFAULT NULL, "decimal" text DEFAULT NULL, time_zone text DEFAULT NULL,
  blank_cells text DEFAULT NULL, clear_token text DEFAULT NULL,
  OUT task bigint, OUT status text, OUT total_rows bigint, OUT saved_rows bigint, OUT error_rows bigint,
  OUT warning_rows bigint, OUT inserted_rows bigint, OUT updated_rows bigint, OUT unchanged_rows bigint,
  OUT skipped_rows bigint, OUT message text, OUT deleted_rows bigint, OUT absent_rows bigint)
AS 'MODULE_PATHNAME', 'pg_xlsx_import' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx.import IS
'Imports a workbook in the current transaction and returns its task and the number of its rows: total_rows = saved_rows + skipped_rows + error_rows, saved_rows = inserted_rows + updated_rows + unchanged_rows + deleted_rows. Arguments as for xlsx.submit. Bad rows raise no error; xlsx.task_errors(task) has them. A file that cannot be read raises an error.';

CREATE VIEW xlsx.tasks WITH (security_invoker = true) AS
SELECT t.id, t.profile, t.file_name, t.file_size, t.status, now.phase, now.progress, now.total_rows,
  now.validated_rows, now.error_rows, now.saved_rows, t.attempts, t.error_message, t.owner::pg_catalog.regrole AS owner, t.created_at,
  t.updated_at, t.started_at, t.completed_at, t.error_code, t.error_detail, t.error_hint, CASE WHEN t.run_at = 'infinity' AND coalesce(t.after_task, t.set_size) IS NOT NULL THEN t.after_run_at ELSE t.run_at END AS run_at, t.priority,
  t.idempotency_key, now.seq, t.mode, t.dry_run, t.inserted_rows, t.updated_rows, t.unchanged_rows, t.skipped_rows,
  t.warning_rows, t.sheet, t.max_errors, t.header_row, t.locale, t.mapping, t.undone, t.exactly_once, t.deleted_rows,
  t.absent_rows, t.range, t.options, t.params, nullif(t.tenant, '') AS tenant, t.found_sheet, t.found_sheets, t.found_header_row, t.missing, t.unused, t.duplicates, t.notes, t.findings,
  CASE WHEN xlsx_private.is_active(t.status) THEN xlsx_private.waiting_for(now.task, (SELECT pg_catalog.array_agg(h) FROM xlsx_private.held_subject h)) END AS waiting_for,
  t.held, t.run_of, xlsx_private.file_kept_until(now.task) AS file_kept_until, t.erased_at, t.file_hash, t.on_duplicate, t.duplicate_of,
  t.after_task AS after, t.set_id, t.set_size, t.atomic
FROM xlsx_private.task_now AS now, LATERAL (SELECT (now.task).*) AS t;
COMMENT ON VIEW xlsx.tasks IS
'Tasks of the current role, and of the tenant of the session where tenants share a role (pg_xlsx.tenant_setting), with their progress. params: what the submitter said of the import. A running task has its current numbers, as in xlsx.progress. At the end total_rows = saved_rows + skipped_rows + error_rows, and saved_rows = inserted_rows + updated_rows + unchanged_rows + deleted_rows. skipped_rows: rows that mode skip, a trigger, a rule or a policy of the target left out. progress: percent of the whole. waiting_for: what the task waits for, in words, such as its turn or a lock; NULL if it works. after: the task that must end well before this one starts. set_size: the task is a set of so many tasks, whose state and numbers it sums up; set_id: the set that the task is one of. exactly_once: false if rows go to another server, which commits by itself; a crash at that moment can save a batch twice. options: those of the task that have no column here. found_sheet, found_header_row: what was read; found_sheets: all sheets, if they are several. missing: columns of the profile without a header, and the nearest header received. unused: columns of the sheet that go nowhere. duplicates: headers that are there more than once. notes: what else is worth a look, such as rows that look like totals. held: the task waits for xlsx.release. run_of: the dry run that xlsx.run imports by this task. file_kept_until: when its stored file goes; infinity: with the task; NULL: it has none, or the task has not ended. erased_at: when xlsx.erase took its data. file_hash: SHA-256 of the file. duplicate_of: the last task that had imported the same file when this one was submitted.';

CREATE FUNCTION xlsx_private.count_errors(subject bigint) RETURNS bigint
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET jit = off
RETURN coalesce((SELECT sum(b.row_count) FROM xlsx_private.error_block b WHERE b.task_id = subject),
  (SELECT sum(p.row_count) FROM xlsx_private.error_page p WHERE p.task_id = subject), 0);
COMMENT ON FUNCTION xlsx_private.count_errors(bigint) IS 'Number of rows of a task that were not saved and are kept.';

CREATE FUNCTION xlsx_private.page_of_row(subject bigint, row_number int) RETURNS int
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET jit = off
RETURN coalesce((SELECT max(p.first_row) FROM xlsx_private.error_page p WHERE p.task_id = subject AND p.first_row <= row_number), row_number, -1);
COMMENT ON FUNCTION xlsx_private.page_of_row(bigint, int) IS
'First row of the page of error_page in which the rows after row_number begin, or a number before that page.';

CREATE FUNCTION xlsx.task_errors(task bigint, after int DEFAULT NULL,
  OUT row_number int, OUT column_name text, OUT cell text, OUT code text, OUT message text, OUT value text,
  OUT detail text, OUT hint text, OUT constraint_name text, OUT "values" jsonb,
  OUT sqlstate text, OUT sheet text, OUT place int)
RETURNS SETOF record
LANGUAGE sql STABLE ROWS 1000
BEGIN ATOMIC
  SELECT xlsx_private.row_in_sheet(e.row_number), v.item ->> 'column', v.item ->> 'cell', v.item ->> 'code', v.item ->> 'message',
    v.item ->> 'value', v.item ->> 'detail', v.item ->> 'hint', v.item ->> 'constraint',
    pg_catalog.jsonb_object(f.headers, e.cells), v.item ->> 'sqlstate',
    coalesce(t.found_sheets[xlsx_private.row_sheet(e.row_number)], t.found_sheet), e.row_number
  FROM xlsx_private.error_row e
    JOIN xlsx_private.task t ON t.id = e.task_id
    LEFT JOIN xlsx_private.frozen_profile f ON f.id = t.frozen_id
    CROSS JOIN LATERAL pg_catalog.jsonb_array_elements(e.violations) WITH ORDINALITY AS v (item, position)
  WHERE e.task_id = task AND (after IS NULL OR (e.row_number > after AND e.page >= xlsx_private.page_of_row(task, after)))
  ORDER BY e.page, e.row_number, v.position;
END;
COMMENT ON FUNCTION xlsx.task_errors(bigint, int) IS
'Violations of a task, one row each, in the order of the sheet. after: only those behind this row of the sheet (place, if the task reads several sheets); with LIMIT, a long list is read in parts, each after the last row of the one before. row_number: row of the sheet. sheet: its name. place: number of the row among all rows of the task. column_name: header. cell: such as B4. value: value of the cell. values: all original values of the row by header. No rows if there is no such task.';

CREATE FUNCTION xlsx.task_warnings(task bigint,
  OUT row_number int, OUT column_name text, OUT cell text, OUT code text, OUT message text, OUT value text, OUT rule text,
  OUT sheet text)
RETURNS SETOF record
LANGUAGE sql STABLE ROWS 1000
BEGIN ATOMIC
  SELECT xlsx_private.row_in_sheet(w.row_number), v.item ->> 'column', v.item ->> 'cell', v.item ->> 'code', v.item ->> 'message',
    v.item ->> 'value', v.item ->> 'constraint', coalesce(t.found_sheets[xlsx_private.row_sheet(w.row_number)], t.found_sheet)
  FROM xlsx_private.warning_row w JOIN xlsx_private.task t ON t.id = w.task_id
    CROSS JOIN LATERAL pg_catalog.jsonb_array_elements(w.violations) WITH ORDINALITY AS v (item, position)
  WHERE w.task_id = task
  ORDER BY w.page, w.row_number, v.position;
END;
COMMENT ON FUNCTION xlsx.task_warnings(bigint) IS
'Violations of rules of severity "warning", one row each, in the order of the sheet. The rows were saved, unless xlsx.task_errors has them too.';

CREATE FUNCTION xlsx_private.mark_row(row_number bigint) RETURNS boolean
AS 'MODULE_PATHNAME', 'pg_xlsx_mark_row' LANGUAGE C VOLATILE STRICT COST 1;
COMMENT ON FUNCTION xlsx_private.mark_row(bigint) IS 'Notes the row that a statement has reached. Always true.';

CREATE FUNCTION xlsx_private.marked_row() RETURNS bigint
AS 'MODULE_PATHNAME', 'pg_xlsx_marked_row' LANGUAGE C VOLATILE COST 1;
COMMENT ON FUNCTION xlsx_private.marked_row() IS 'The row that xlsx_private.mark_row has noted last; 0 if there is none. For RETURNING.';

CREATE FUNCTION xlsx_private.column_default(kind anyelement, relation oid, column_number smallint) RETURNS anyelement
AS 'MODULE_PATHNAME', 'pg_xlsx_column_default' LANGUAGE C VOLATILE COST 1;
COMMENT ON FUNCTION xlsx_private.column_default(anyelement, oid, smallint) IS
'Default of a column, evaluated as the current role, with any search_path. kind: NULL of the type of the column, or of the base type of its domain.';

CREATE FUNCTION xlsx.wait(task bigint, timeout interval DEFAULT NULL) RETURNS text
AS 'MODULE_PATHNAME', 'pg_xlsx_wait' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx.wait(bigint, interval) IS
'Waits until a task has ended and returns its status. After timeout (NULL: none) it returns the status at that moment. While it waits, its snapshot keeps VACUUM from removing rows of the whole database that have died since, as any long query does; CALL xlsx.wait_for(task) holds none. Error if the submit has not been committed, or in a transaction with a fixed snapshot.';

CREATE PROCEDURE xlsx.wait_for(task bigint, timeout interval DEFAULT NULL, INOUT status text DEFAULT NULL)
AS 'MODULE_PATHNAME', 'pg_xlsx_wait_for' LANGUAGE C;
COMMENT ON PROCEDURE xlsx.wait_for(bigint, interval, text) IS
'Waits until a task has ended, and sets status. After timeout (NULL: none) status is that of the moment. Each look is a transaction of its own, and no snapshot is held between them. status: leave it out, the given value is not used. Error in a transaction block or a function: xlsx.wait works there.';

CREATE FUNCTION xlsx.cancel(task bigint) RETURNS text
AS 'MODULE_PATHNAME', 'pg_xlsx_cancel' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx.cancel(bigint) IS
'Stops a task that has not ended, and returns CANCELLED when its worker has stopped. Saved batches stay. Error if the task has ended.';

CREATE FUNCTION xlsx.retry(task bigint) RETURNS text
AS 'MODULE_PATHNAME', 'pg_xlsx_retry' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx.retry(bigint) IS
'Queues a failed or cancelled task again and returns PENDING. The task continues where it stopped, so no row is saved twice. After xlsx.undo, and if errors kept it from saving anything, it starts at the first row again. Error if its file has expired, or if it was undone in part and inserted rows stayed.';

CREATE FUNCTION xlsx_private.end_task(task bigint) RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_end_task' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx_private.end_task(bigint) IS
'Cancels a task unless it has ended, and locks its row, so that nobody else retries, undoes or deletes it before the end of the transaction.';

CREATE FUNCTION xlsx_private.remove_task(task bigint) RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_remove_task' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx_private.remove_task(bigint) IS
'Removes a task that has ended, its errors and its file, if the current role may; xlsx.delete calls it.';

CREATE FUNCTION xlsx_private.delete_rows(task bigint, OUT deleted bigint, OUT kept bigint, OUT reason text)
AS 'MODULE_PATHNAME', 'pg_xlsx_delete_rows' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx_private.delete_rows(bigint) IS
'Deletes the rows that a task imported, with the rights of its owner. NULL if its profile has no task_column, or if the owner may not delete. kept: number of rows that stayed, because others refer to them or a trigger refused; reason: that of the first. xlsx.delete calls it.';

CREATE FUNCTION xlsx_private.tasks_of_set(task bigint) RETURNS SETOF bigint
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT t.id FROM xlsx_private.task t WHERE t.set_id = tasks_of_set.task ORDER BY t.id DESC;
END;
COMMENT ON FUNCTION xlsx_private.tasks_of_set(bigint) IS 'Tasks of a set that the current role sees, the last one first.';

-- Without a search_path of its own: triggers of the target are to have the session's.
CREATE FUNCTION xlsx.delete(task bigint, OUT deleted_rows bigint, OUT message text)
LANGUAGE plpgsql VOLATILE STRICT
AS $$
DECLARE
  rows record;
  part bigint;
  dry CONSTANT boolean := (SELECT t.dry_run FROM xlsx_private.task t WHERE t.id OPERATOR(pg_catalog.=) task);
BEGIN
  PERFORM xlsx_private.end_task(task);
  -- Of a set, the last task first: others may refer to the rows of the first.
  FOR part IN SELECT s.id FROM xlsx_private.tasks_of_set(task) AS s (id) LOOP
    SELECT d.* INTO rows FROM xlsx.delete(part) AS d;
    deleted_rows := coalesce(deleted_rows OPERATOR(pg_catalog.+) rows.deleted_rows, deleted_rows, rows.deleted_rows);
    message := pg_catalog.concat_ws(' ', message, pg_catalog.format('Task %s: %s', part, rows.message));
  END LOOP;
  IF message IS NOT NULL THEN
    PERFORM xlsx_private.remove_task(task);
    RETURN;
  END IF;
  SELECT d.* INTO rows FROM xlsx_private.delete_rows(task) AS d;
  deleted_rows := rows.deleted;
  PERFORM xlsx_private.remove_task(task);
  message := CASE WHEN dry THEN 'Dry run deleted; it imported no rows.' WHEN deleted_rows IS NULL THEN
    'Task deleted; the rows it imported stay, because its profile names no column that holds the task id, or its owner may not delete them.'
    WHEN rows.kept OPERATOR(pg_catalog.>) 0 THEN pg_catalog.format('Task deleted with %s imported rows; %s stay, the first because: %s', deleted_rows, rows.kept, rows.reason)
    ELSE pg_catalog.format('Task deleted with %s imported rows.', deleted_rows) END;
END
$$;
COMMENT ON FUNCTION xlsx.delete(bigint) IS
'Removes a task with its errors and its file; a running task is stopped first. If the profile has a task_column, the imported rows are deleted too; else deleted_rows is NULL. Rows to which others refer stay, and message says how many.';

CREATE FUNCTION xlsx.emit(task bigint, event text, payload json DEFAULT NULL) RETURNS bigint
AS 'MODULE_PATHNAME', 'pg_xlsx_emit' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx.emit(bigint, text, json) IS
'Sends an event of a task to all sessions that called xlsx.listen: "<task id> <event> <payload>". payload: JSON object; taskId and seq are put in front of its members. Returns seq. For xlsx_admin.';

CREATE FUNCTION xlsx.errors_workbook(task bigint) RETURNS bytea
AS 'MODULE_PATHNAME', 'pg_xlsx_errors_workbook' LANGUAGE C STABLE STRICT;
COMMENT ON FUNCTION xlsx.errors_workbook(bigint) IS
'Workbook (xlsx) of the rows that were not saved: number of the row, original values as text, messages. NULL if there are none.';

CREATE FUNCTION xlsx.errors_workbook_chunks(task bigint) RETURNS SETOF bytea
AS 'MODULE_PATHNAME', 'pg_xlsx_errors_workbook_chunks' LANGUAGE C STABLE STRICT ROWS 100;
COMMENT ON FUNCTION xlsx.errors_workbook_chunks(bigint) IS
'The workbook of xlsx.errors_workbook in pieces of at most 256 kB, in order. In the select list, each piece is made when it is fetched.';
