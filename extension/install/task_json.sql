/*
 * A task as JSON: as the REST interface shows it, and as its events tell it
 */

CREATE FUNCTION xlsx_private.is_undoable(task xlsx_private.task) RETURNS boolean
LANGUAGE sql STABLE
RETURN NOT xlsx_private.is_active((task).status) AND NOT (task).undone AND NOT (task).dry_run AND (task).saved_rows + (task).absent_rows > 0
  AND (EXISTS (SELECT FROM xlsx_private.undo_xid u WHERE u.task_id = (task).id)
    OR EXISTS (SELECT FROM xlsx_private.undo_row u WHERE u.task_id = (task).id));
COMMENT ON FUNCTION xlsx_private.is_undoable(xlsx_private.task) IS 'Did the task save anything that xlsx.undo can revert?';

CREATE FUNCTION xlsx_private.deletes_rows(task xlsx_private.task) RETURNS boolean
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT (task).inserted_rows OPERATOR(pg_catalog.>) 0 AND NOT (task).dry_run AND NOT (task).undone
    AND EXISTS (SELECT FROM xlsx_private.frozen_profile p
      WHERE p.id OPERATOR(pg_catalog.=) (task).frozen_id AND p.content OPERATOR(pg_catalog.->>) 'task_column' IS NOT NULL
        AND pg_catalog.has_table_privilege((task).owner::pg_catalog.oid, coalesce((task).target, p.target)::pg_catalog.oid, 'DELETE'));
END;
COMMENT ON FUNCTION xlsx_private.deletes_rows(xlsx_private.task) IS 'Would xlsx.delete delete imported rows?';

-- It says of the number no more than the caller knows: it is his own task's duplicate_of.
CREATE FUNCTION xlsx_private.duplicate_json(earlier bigint) RETURNS json
LANGUAGE sql STABLE
RETURN CASE WHEN earlier IS NOT NULL THEN pg_catalog.json_build_object('taskId', earlier,
  'completedAt', (SELECT xlsx_private.iso(t.completed_at) FROM xlsx_private.task t WHERE t.id = earlier)) END;
COMMENT ON FUNCTION xlsx_private.duplicate_json(bigint) IS
'The task that had imported the same file, as REST shows it: {"taskId", "completedAt"}. completedAt is null if it has not ended, or is gone. NULL for NULL.';

-- The members of an object are the columns of a row: a function takes at most 100 arguments.
-- In PL/pgSQL, which keeps its plans: lists and events ask for it all the time.
CREATE FUNCTION xlsx_private.tasks_json(tasks bigint[]) RETURNS json
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
BEGIN
  RETURN (SELECT json_agg(row_to_json(r) ORDER BY r.id DESC) FROM (
    SELECT t.id, t.profile, t.file_name AS "fileName", t.file_size AS "fileSize", t.status, now.phase, now.progress, now.total_rows AS "totalRows",
      now.validated_rows AS "validatedRows", now.error_rows AS "errorRows", now.saved_rows AS "savedRows", t.attempts, t.error_message AS "errorMessage",
      t.error_code AS "errorCode", t.error_detail AS "errorDetail", t.error_hint AS "errorHint",
      xlsx_private.iso(t.created_at) AS "createdAt", xlsx_private.iso(t.updated_at) AS "updatedAt",
      xlsx_private.iso(t.started_at) AS "startedAt", xlsx_private.iso(t.completed_at) AS "completedAt",
      t.mode, t.dry_run AS "dryRun", t.inserted_rows AS "insertedRows", t.updated_rows AS "updatedRows",
      t.unchanged_rows AS "unchangedRows", t.deleted_rows AS "deletedRows", t.absent_rows AS "absentRows", t.skipped_rows AS "skippedRows",
      t.warning_rows AS "warningRows", xlsx_private.is_undoable(now.task) AS undoable, t.exactly_once AS "exactlyOnce",
      t.undone, t.undone_rows AS "undoneRows", CASE WHEN t.set_size IS NULL THEN xlsx_private.deletes_rows(now.task)
        ELSE EXISTS (SELECT FROM xlsx_private.task m WHERE m.set_id = t.id AND xlsx_private.deletes_rows(m)) END AS "deletesRows", t.work_ms AS "workMs",
      CASE WHEN xlsx_private.is_active(t.status)
        THEN xlsx_private.waiting_for(now.task, (SELECT array_agg(h) FROM xlsx_private.held_subject h)) END AS "waitingFor",
      t.found_sheet AS sheet, t.found_sheets AS sheets, t.found_header_row AS "headerRow", t.missing, t.unused, t.duplicates, t.notes,
      coalesce(t.findings, '[]') AS findings, t.params,
      t.held, xlsx_private.iso_until(xlsx_private.file_kept_until(now.task)) AS "fileKeptUntil",
      t.run_of AS "runOf", CASE WHEN t.dry_run THEN xlsx_private.last_run_of(t.id) END AS "ranAs", xlsx_private.iso(t.erased_at) AS "erasedAt",
      xlsx_private.duplicate_json(t.duplicate_of) AS "duplicateOf",
      t.after_task AS "after", t.set_id AS "setId", t.set_size AS "setSize", t.atomic,
      CASE WHEN t.set_size IS NOT NULL THEN (SELECT json_agg(m.id ORDER BY m.id) FROM xlsx_private.task m WHERE m.set_id = t.id) END AS tasks
    FROM xlsx_private.task_now AS now, LATERAL (SELECT (now.task).*) AS t
    WHERE t.id = ANY (tasks)) AS r);
END
$$;
COMMENT ON FUNCTION xlsx_private.tasks_json(bigint[]) IS 'Tasks as JSON array of objects, as REST shows them, the newest first. NULL if there are none.';

CREATE FUNCTION xlsx_rest.task_json(task bigint) RETURNS json
LANGUAGE sql STABLE
RETURN xlsx_private.tasks_json(ARRAY[task]) -> 0;
COMMENT ON FUNCTION xlsx_rest.task_json(bigint) IS 'A task as JSON object, as REST shows it. NULL if there is no such task.';

CREATE FUNCTION xlsx_private.first_findings(task xlsx_private.task) RETURNS jsonb
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT pg_catalog.jsonb_object_agg(l.name, coalesce((SELECT pg_catalog.jsonb_agg(i.item ORDER BY i.place)
      FROM pg_catalog.jsonb_array_elements(l.items) WITH ORDINALITY AS i (item, place) WHERE i.place OPERATOR(pg_catalog.<=) 5), '[]'::pg_catalog.jsonb))
  FROM (VALUES ('missing', (task).missing), ('unused', (task).unused), ('duplicates', (task).duplicates), ('notes', (task).notes)) AS l (name, items);
END;
COMMENT ON FUNCTION xlsx_private.first_findings(xlsx_private.task) IS
'The lists missing, unused, duplicates and notes of a task, at most 5 items of each: an event must be short. REST has all of them.';

CREATE FUNCTION xlsx_private.terminal_event(task xlsx_private.task, OUT event text, OUT data json)
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT CASE WHEN xlsx_private.is_success((task).status) THEN 'task-completed' ELSE 'task-failed' END,
    CASE WHEN xlsx_private.is_success((task).status)
      THEN (pg_catalog.jsonb_build_object('taskId', (task).id, 'seq', (task).seq)
        || xlsx_rest.task_json((task).id)::pg_catalog.jsonb || xlsx_private.first_findings(task))::pg_catalog.json
      ELSE (pg_catalog.jsonb_build_object('taskId', (task).id, 'seq', (task).seq, 'status', (task).status,
        'error', pg_catalog.left((task).error_message, 2000), 'code', coalesce((task).error_code, 'XX000'))
        || pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
          'detail', pg_catalog.left((task).error_detail, 1000), 'hint', pg_catalog.left((task).error_hint, 500))))::pg_catalog.json END;
END;
COMMENT ON FUNCTION xlsx_private.terminal_event(xlsx_private.task) IS 'The event that ends a task.';

-- NOTIFY takes less than 8000 bytes; the whole of what is shortened stands in the row of the task.
CREATE FUNCTION xlsx_private.shortened_event(data json, most_bytes int) RETURNS json
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  short json := data;
  most int;
BEGIN
  FOREACH most IN ARRAY ARRAY[2000, 1000, 500, 250, 120, 60, 30] LOOP
    IF octet_length(short::text) <= most_bytes THEN
      RETURN short;
    END IF;
    short := (SELECT json_object_agg(m.key, CASE WHEN json_typeof(m.value) = 'string' AND length(m.value #>> '{}') > most
          THEN to_json(left(m.value #>> '{}', most) || '…')
        WHEN json_typeof(m.value) = 'array' AND length(m.value::text) > most
          THEN (SELECT coalesce(json_agg(e.item ORDER BY e.place), '[]') FROM json_array_elements(m.value) WITH ORDINALITY AS e (item, place) WHERE e.place <= most / 60)
        WHEN json_typeof(m.value) = 'object' AND length(m.value::text) > most THEN 'null'
        ELSE m.value END)
      FROM json_each(data) AS m);
  END LOOP;
  RETURN short;
END
$$;
COMMENT ON FUNCTION xlsx_private.shortened_event(json, int) IS 'An event with its texts and lists cut, and objects left out, so that it has at most most_bytes bytes.';

CREATE FUNCTION xlsx_private.phase_members(phase text, percent int, total_rows bigint, validated_rows bigint, error_rows bigint,
  saved_rows bigint, committed boolean)
RETURNS text
AS 'MODULE_PATHNAME', 'pg_xlsx_phase_members' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION xlsx_private.phase_members(text, int, bigint, bigint, bigint, bigint, boolean) IS
'Members of a task-progress event for a phase, as JSON without braces. NULL if there is no such phase.';

CREATE FUNCTION xlsx_private.set_members(task xlsx_private.task) RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT pg_catalog.format('"status":"%s","progress":%s,"totalRows":%s,"validatedRows":%s,"errorRows":%s,"savedRows":%s',
    (task).status, now.progress, now.total_rows, now.validated_rows, now.error_rows, now.saved_rows)
  FROM xlsx_private.task_now AS now WHERE (now.task).id = (set_members.task).id;
END;
COMMENT ON FUNCTION xlsx_private.set_members(xlsx_private.task) IS 'Members of a task-progress event of a set, as JSON without braces: sums over its tasks.';

CREATE FUNCTION xlsx_private.progress_data(task xlsx_private.task) RETURNS json
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT pg_catalog.format('{"taskId":%s,"seq":%s,%s}', (task).id, now.seq, CASE
    WHEN now.phase IS NOT NULL THEN
      xlsx_private.phase_members(now.phase, now.phase_progress, now.total_rows, now.validated_rows, now.error_rows, now.saved_rows, now.committed)
    WHEN (task).set_size IS NOT NULL THEN xlsx_private.set_members(task)
    WHEN (task).attempts > 0 OR (task).error_code IS NOT NULL THEN
      pg_catalog.format('"phase":"RETRYING","attempt":%s,"retryInMs":%s,"waitingFor":%s', (task).attempts + 1,
        pg_catalog.round(greatest(0, 1000 * extract(epoch FROM (task).run_at - pg_catalog.statement_timestamp()))),
        pg_catalog.to_json(coalesce(xlsx_private.waiting_for(task, NULL), 'a worker')))
    ELSE pg_catalog.format('"status":"%s"', (task).status) END)::pg_catalog.json
  FROM xlsx_private.task_now AS now WHERE (now.task).id = (progress_data.task).id;
END;
COMMENT ON FUNCTION xlsx_private.progress_data(xlsx_private.task) IS 'A task-progress event with the current state of the task.';
