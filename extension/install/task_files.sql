/*
 * The stored file of a task: until when, and why it is gone
 */

CREATE FUNCTION xlsx_private.iso(moment timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN pg_catalog.to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
COMMENT ON FUNCTION xlsx_private.iso(timestamptz) IS 'A time in ISO 8601, UTC, with milliseconds.';

CREATE FUNCTION xlsx_private.iso_until(moment timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN xlsx_private.iso(CASE moment WHEN 'infinity' THEN '9999-12-31 23:59:59.999Z' ELSE moment END);
COMMENT ON FUNCTION xlsx_private.iso_until(timestamptz) IS 'As xlsx_private.iso; infinity is the end of the year 9999.';

-- In PL/pgSQL, because the table of kept rows comes later.
CREATE FUNCTION xlsx_private.wants_file(task xlsx_private.task) RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN task.dry_run OR task.error_rows > 0 OR EXISTS (SELECT FROM xlsx_private.row_page p WHERE p.task_id = task.id);
END
$$;
COMMENT ON FUNCTION xlsx_private.wants_file(xlsx_private.task) IS
'Is the file of a task of use after its end? It is for a dry run, for a task with error rows, and for one that keeps rows.';

CREATE FUNCTION xlsx_private.file_kept_until(task xlsx_private.task) RETURNS timestamptz
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  kept interval;
BEGIN
  IF task.file_id IS NULL OR xlsx_private.is_active(task.status) THEN
    RETURN NULL;
  END IF;
  kept := xlsx_private.kept_for('files');
  RETURN greatest(
    CASE WHEN xlsx_private.wants_file(task) THEN CASE WHEN kept IS NULL THEN 'infinity' ELSE task.completed_at + kept END END,
    CASE WHEN NOT xlsx_private.is_success(task.status)
      THEN task.updated_at + coalesce(current_setting('pg_xlsx.upload_ttl', true), '1h')::interval END);
END
$$;
COMMENT ON FUNCTION xlsx_private.file_kept_until(xlsx_private.task) IS
'When the time of the file of a task that has ended is over: pg_xlsx.keep_files after the end of a dry run, of a task with error rows or of one that keeps rows (infinity: as long as the task), pg_xlsx.upload_ttl after the last change of one that failed or was cancelled. NULL: the task has not ended, has no file, or does not need it.';

CREATE FUNCTION xlsx_private.needs_file(task xlsx_private.task) RETURNS boolean
LANGUAGE sql VOLATILE
RETURN xlsx_private.is_active((task).status) OR coalesce(xlsx_private.file_kept_until(task) > pg_catalog.clock_timestamp(), false);
COMMENT ON FUNCTION xlsx_private.needs_file(xlsx_private.task) IS 'Must the file of a task stay?';

CREATE FUNCTION xlsx_private.why_no_file(task xlsx_private.task) RETURNS text
LANGUAGE sql STABLE
RETURN CASE WHEN (task).file_id IS NOT NULL THEN NULL
  ELSE CASE coalesce((task).file_gone, 'none')
    WHEN 'done' THEN pg_catalog.format('The file went at %s, because its task was completed and nothing needed it any more.', xlsx_private.iso((task).file_gone_at))
    WHEN 'expired' THEN pg_catalog.format('Its time was over at %s (pg_xlsx.keep_files, pg_xlsx.upload_ttl).', xlsx_private.iso((task).file_gone_at))
    WHEN 'erased' THEN pg_catalog.format('It was erased at %s.', xlsx_private.iso((task).file_gone_at))
    WHEN 'deleted' THEN pg_catalog.format('It went at %s, with another task that had the same file.', xlsx_private.iso((task).file_gone_at))
    WHEN 'limit' THEN pg_catalog.format('It made room at %s, because the limit "stored_bytes" of its role was reached.', xlsx_private.iso((task).file_gone_at))
    ELSE 'xlsx.import had it from its caller, and kept none.' END END;
COMMENT ON FUNCTION xlsx_private.why_no_file(xlsx_private.task) IS 'Why a task has no file, as a sentence. NULL: it has one.';

CREATE FUNCTION xlsx_private.last_run_of(checked bigint) RETURNS bigint
LANGUAGE sql STABLE
RETURN (SELECT pg_catalog.max(t.id) FROM xlsx_private.task t WHERE t.run_of = checked AND NOT t.undone
  AND (t.saved_rows + t.absent_rows > 0 OR xlsx_private.is_active(t.status) OR xlsx_private.is_success(t.status)));
COMMENT ON FUNCTION xlsx_private.last_run_of(bigint) IS
'The task that imports a dry run for good, or has done so and was not undone. NULL: there is none, and xlsx.run may make one.';

CREATE FUNCTION xlsx_private.duplicate_of(owner oid, tenant text, profile_number bigint, hash bytea, params jsonb) RETURNS bigint
LANGUAGE sql STABLE
RETURN (SELECT pg_catalog.max(t.id) FROM xlsx_private.task t
  WHERE t.owner::oid = duplicate_of.owner AND t.tenant = duplicate_of.tenant AND t.file_hash = hash AND t.profile_id = profile_number AND NOT t.dry_run
    AND t.params = duplicate_of.params AND NOT t.undone AND (xlsx_private.is_active(t.status) OR t.saved_rows + t.absent_rows > 0));
COMMENT ON FUNCTION xlsx_private.duplicate_of(oid, text, bigint, bytea, jsonb) IS
'The last task of an owner and a tenant that imports a file with this SHA-256 by this profile and with these params, or has saved rows of it and was not undone. NULL: there is none.';

CREATE FUNCTION xlsx.run(task bigint, run_at timestamptz DEFAULT NULL, priority int DEFAULT 0, now boolean DEFAULT false) RETURNS bigint
AS 'MODULE_PATHNAME', 'pg_xlsx_run' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx.run(bigint, timestamptz, int, boolean) IS
'Imports a dry run for good, as it was checked: the same file, the profile as it was, the same options. Returns the id of a new task of the current role, whose run_of is the dry run. For any role that sees the dry run and may write the target. run_at, priority: as in xlsx.submit. now true: imports in the current transaction, and the returned task has ended. Error (55000) if the task is no dry run, has not ended well, or was imported so before and not undone; error (58P01) with the reason if its file is gone.';

CREATE FUNCTION xlsx.erase(task bigint) RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_erase' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx.erase(bigint) IS
'Removes what a task keeps of the data of its file: the file, also of other tasks that have the same one, error and warning rows, old values of rows, notes for undo, texts of its own failure, what it found in the sheet, with the names of sheets and headers, and its webhooks; of a set, all of this of its tasks. The task stays with its numbers, its audit, the rows that it saved, and what its submitter said: the name and the SHA-256 of the file, params, options and carried settings, which xlsx.delete needs. xlsx.delete removes these, except the name of the file in xlsx.audit and xlsx.jobs. xlsx.undo and xlsx.retry refuse the task. Error (55000) if the task, or one with the same file, has not ended.';

CREATE FUNCTION xlsx.release(task bigint) RETURNS text
AS 'MODULE_PATHNAME', 'pg_xlsx_release' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx.release(bigint) IS
'Lets a held task start when it is due, and returns PENDING. For members of its owner and xlsx_admin; if its profile has four_eyes, not for the one who submitted it. Error (55000) if the task is not held or has ended.';
