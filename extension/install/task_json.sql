/*
 * A task as JSON: as the REST interface shows it, and as its events tell it
 */

CREATE FUNCTION xlsx_private.iso(moment timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN pg_catalog.to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
COMMENT ON FUNCTION xlsx_private.iso(timestamptz) IS 'ISO 8601, UTC, milliseconds.';

CREATE FUNCTION xlsx_private.is_undoable(task xlsx_private.task) RETURNS boolean
LANGUAGE sql STABLE
RETURN NOT xlsx_private.is_active((task).status) AND NOT (task).undone AND NOT (task).dry_run AND (task).saved_rows > 0
  AND (EXISTS (SELECT FROM xlsx_private.undo_xid u WHERE u.task_id = (task).id)
    OR EXISTS (SELECT FROM xlsx_private.undo_row u WHERE u.task_id = (task).id));
COMMENT ON FUNCTION xlsx_private.is_undoable(xlsx_private.task) IS 'Is there something that xlsx.undo could take back?';

CREATE FUNCTION xlsx_private.deletes_rows(task xlsx_private.task) RETURNS boolean
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT (task).inserted_rows OPERATOR(pg_catalog.>) 0 AND NOT (task).dry_run AND NOT (task).undone
    AND EXISTS (SELECT FROM xlsx_private.frozen_profile p
      WHERE p.id OPERATOR(pg_catalog.=) (task).frozen_id AND p.content OPERATOR(pg_catalog.->>) 'task_column' IS NOT NULL
        AND pg_catalog.has_table_privilege((task).owner, p.target, 'DELETE'));
END;
COMMENT ON FUNCTION xlsx_private.deletes_rows(xlsx_private.task) IS 'Would xlsx.delete look for imported rows, and delete them?';

CREATE FUNCTION xlsx_rest.task_json(task bigint) RETURNS json
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT pg_catalog.json_build_object('id', t.id, 'profile', t.profile, 'fileName', t.file_name,
    'fileSize', t.file_size, 'status', t.status, 'phase', coalesce(l.phase, t.phase),
    'progress', coalesce(l.progress, t.progress), 'totalRows', coalesce(l.total_rows, t.total_rows),
    'validatedRows', coalesce(l.validated_rows, t.validated_rows), 'errorRows', coalesce(l.error_rows, t.error_rows),
    'savedRows', coalesce(l.saved_rows, t.saved_rows), 'attempts', t.attempts, 'errorMessage', t.error_message,
    'errorCode', t.error_code, 'errorDetail', t.error_detail, 'errorHint', t.error_hint,
    'createdAt', xlsx_private.iso(t.created_at), 'updatedAt', xlsx_private.iso(t.updated_at),
    'startedAt', xlsx_private.iso(t.started_at), 'completedAt', xlsx_private.iso(t.completed_at),
    'mode', t.mode, 'dryRun', t.dry_run, 'insertedRows', t.inserted_rows, 'updatedRows', t.updated_rows,
    'unchangedRows', t.unchanged_rows, 'deletedRows', t.deleted_rows, 'absentRows', t.absent_rows, 'skippedRows', t.skipped_rows, 'warningRows', t.warning_rows,
    'undoable', xlsx_private.is_undoable(t), 'exactlyOnce', t.exactly_once,
    'undone', t.undone, 'undoneRows', t.undone_rows, 'deletesRows', xlsx_private.deletes_rows(t), 'workMs', t.work_ms)
  FROM xlsx_private.task t
    LEFT JOIN xlsx_private.live(false) l ON l.task = t.id AND t.status = 'PROCESSING'
  WHERE t.id = task_json.task;
END;
COMMENT ON FUNCTION xlsx_rest.task_json(bigint) IS 'A task as the REST interface shows it; NULL when there is none.';

CREATE FUNCTION xlsx_private.terminal_event(task xlsx_private.task, OUT event text, OUT data json)
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT CASE WHEN xlsx_private.is_success((task).status) THEN 'task-completed' ELSE 'task-failed' END,
    CASE WHEN xlsx_private.is_success((task).status)
      THEN (pg_catalog.jsonb_build_object('taskId', (task).id, 'seq', (task).seq)
        || xlsx_rest.task_json((task).id)::pg_catalog.jsonb)::pg_catalog.json
      ELSE (pg_catalog.jsonb_build_object('taskId', (task).id, 'seq', (task).seq, 'status', (task).status,
        'error', pg_catalog.left((task).error_message, 2000))
        || pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('code', (task).error_code,
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
        THEN to_json(left(m.value #>> '{}', most) || '…') ELSE m.value END)
      FROM json_each(data) AS m);
  END LOOP;
  RETURN short;
END
$$;
COMMENT ON FUNCTION xlsx_private.shortened_event(json, int) IS
'The members of an event, their texts cut so that the whole has no more bytes than that.';

CREATE FUNCTION xlsx_private.progress_data(task xlsx_private.task) RETURNS json
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT pg_catalog.json_strip_nulls(CASE
    WHEN now.phase IN ('LOADING_WORKBOOK', 'VALIDATING_HEADERS') THEN
      pg_catalog.json_build_object('taskId', (task).id, 'seq', now.seq, 'phase', now.phase)
    WHEN now.phase = 'VALIDATING' THEN
      pg_catalog.json_build_object('taskId', (task).id, 'seq', now.seq, 'phase', now.phase, 'progress', now.percent,
        'totalRows', now.total_rows, 'validatedRows', now.validated_rows, 'errorRows', now.error_rows)
    WHEN now.phase = 'SAVING' THEN
      pg_catalog.json_build_object('taskId', (task).id, 'seq', now.seq, 'phase', now.phase, 'progress', now.percent,
        'savedRows', now.saved_rows, 'committed', CASE WHEN NOT now.committed THEN false END)
    WHEN (task).attempts > 0 OR (task).error_code IS NOT NULL THEN
      pg_catalog.json_build_object('taskId', (task).id, 'seq', now.seq, 'phase', 'RETRYING',
        'attempt', (task).attempts + 1, 'retryInMs',
        pg_catalog.round(greatest(0, 1000 * extract(epoch FROM (task).run_at - pg_catalog.statement_timestamp()))))
    ELSE
      pg_catalog.json_build_object('taskId', (task).id, 'seq', now.seq, 'status', (task).status)
    END)
  FROM (SELECT coalesce(l.phase, (progress_data.task).phase) AS phase, coalesce(l.seq, (progress_data.task).seq) AS seq,
      CASE l.phase WHEN 'VALIDATING' THEN l.validating WHEN 'SAVING' THEN l.saving ELSE (progress_data.task).phase_progress END AS percent,
      coalesce(l.total_rows, (progress_data.task).total_rows) AS total_rows,
      coalesce(l.validated_rows, (progress_data.task).validated_rows) AS validated_rows,
      coalesce(l.error_rows, (progress_data.task).error_rows) AS error_rows, coalesce(l.saved_rows, (progress_data.task).saved_rows) AS saved_rows,
      coalesce(l.committed, true) AS committed
    FROM (SELECT 1) AS one
      LEFT JOIN xlsx_private.live(false) l ON l.task = (progress_data.task).id AND (progress_data.task).status = 'PROCESSING') AS now;
END;
COMMENT ON FUNCTION xlsx_private.progress_data(xlsx_private.task) IS 'A task-progress event of where the task is now.';
