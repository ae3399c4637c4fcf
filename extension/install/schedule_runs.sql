/*
 * Runs of schedules
 *
 * A file that cannot be submitted now waits and does not stop the others. What
 * stops a run as a whole (its folder, its query) is an error of the run.
 */

CREATE FUNCTION xlsx_private.schedule_begin(caller regrole, schedule bigint) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  -- One run at a time: another one waits here, and then finds nothing new.
  PERFORM FROM xlsx_private.schedule s WHERE s.id = xlsx_private.own_schedule(caller, schedule) FOR NO KEY UPDATE;
  UPDATE xlsx_private.schedule_file f SET outcome = now.state
  FROM (SELECT o.id, xlsx_private.schedule_file_state(o.outcome, o.task_id, t) AS state
    FROM xlsx_private.schedule_file o LEFT JOIN xlsx_private.task t ON t.id = o.task_id
    WHERE o.schedule_id = schedule_begin.schedule AND o.outcome IS NULL) AS now
  WHERE f.id = now.id AND now.state <> 'waiting';
END
$$;
COMMENT ON FUNCTION xlsx_private.schedule_begin(regrole, bigint) IS
'As the function without caller, with the rights of the owner of the tables. caller: role that calls.';

CREATE FUNCTION xlsx_private.schedule_begin(schedule bigint) RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_as_owner' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx_private.schedule_begin(bigint) IS
'Begins a run of a schedule of the caller: no other one runs before the transaction ends. Writes down what became of its files.';

CREATE FUNCTION xlsx_private.schedule_note_file(caller regrole, schedule bigint, hash bytea, file_name text, file_size bigint,
  modified_at timestamptz, params jsonb, OUT id bigint, OUT created boolean)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  name CONSTANT text := coalesce(schedule_note_file.file_name, '');
BEGIN
  PERFORM xlsx_private.own_schedule(caller, schedule);
  IF hash IS NOT NULL THEN
    DELETE FROM xlsx_private.schedule_file f WHERE f.schedule_id = schedule AND f.file_name = name AND f.content_hash IS NULL;
  END IF;
  -- Whoever else is at it with the same file is waited for here.
  INSERT INTO xlsx_private.schedule_file AS f (schedule_id, content_hash, file_name, file_size, modified_at, params)
  VALUES (schedule, hash, name, schedule_note_file.file_size, schedule_note_file.modified_at, schedule_note_file.params)
  ON CONFLICT DO NOTHING RETURNING f.id INTO schedule_note_file.id;
  created := schedule_note_file.id IS NOT NULL;
  IF NOT created THEN
    SELECT f.id INTO schedule_note_file.id FROM xlsx_private.schedule_file f
    WHERE f.schedule_id = schedule AND CASE WHEN hash IS NULL THEN f.content_hash IS NULL AND f.file_name = name ELSE f.content_hash = hash END;
  END IF;
END
$$;
COMMENT ON FUNCTION xlsx_private.schedule_note_file(regrole, bigint, bytea, text, bigint, timestamptz, jsonb) IS
'As the function without caller, with the rights of the owner of the tables. caller: role that calls.';

CREATE FUNCTION xlsx_private.schedule_note_file(schedule bigint, hash bytea, file_name text, file_size bigint, modified_at timestamptz,
  params jsonb, OUT id bigint, OUT created boolean)
AS 'MODULE_PATHNAME', 'pg_xlsx_as_owner' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx_private.schedule_note_file(bigint, bytea, text, bigint, timestamptz, jsonb) IS
'Writes a file of a schedule of the caller. hash NULL: a file that could not be submitted, known by its name. created: false if the schedule has it already.';

CREATE FUNCTION xlsx_private.schedule_note_result(caller regrole, file bigint, task bigint, outcome text, error text, again boolean) RETURNS void
LANGUAGE sql VOLATILE
BEGIN ATOMIC
  UPDATE xlsx_private.schedule_file f SET task_id = coalesce(schedule_note_result.task, f.task_id), outcome = schedule_note_result.outcome,
    error = schedule_note_result.error, tries = f.tries + schedule_note_result.again::int, tried_at = pg_catalog.clock_timestamp()
  FROM (SELECT xlsx_private.own_schedule(caller, o.schedule_id) AS id FROM xlsx_private.schedule_file o WHERE o.id = schedule_note_result.file OFFSET 0) AS own
  WHERE f.schedule_id = own.id AND f.id = schedule_note_result.file;
END;
COMMENT ON FUNCTION xlsx_private.schedule_note_result(regrole, bigint, bigint, text, text, boolean) IS
'As the function without caller, with the rights of the owner of the tables. caller: role that calls.';

CREATE FUNCTION xlsx_private.schedule_note_result(file bigint, task bigint, outcome text, error text, again boolean) RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_as_owner' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx_private.schedule_note_result(bigint, bigint, text, text, boolean) IS
'Writes the task of a file of a schedule of the caller, or why there is none. task NULL: as it was. again: its task was started again.';

CREATE FUNCTION xlsx_private.schedule_note_move(caller regrole, file bigint, moved_to text, error text) RETURNS void
LANGUAGE sql VOLATILE
BEGIN ATOMIC
  UPDATE xlsx_private.schedule_file f SET moved_to = coalesce(schedule_note_move.moved_to, f.moved_to),
    error = coalesce(schedule_note_move.error, CASE WHEN f.outcome = 'failed' THEN f.error END)
  FROM (SELECT xlsx_private.own_schedule(caller, o.schedule_id) AS id FROM xlsx_private.schedule_file o WHERE o.id = schedule_note_move.file OFFSET 0) AS own
  WHERE f.schedule_id = own.id AND f.id = schedule_note_move.file;
END;
COMMENT ON FUNCTION xlsx_private.schedule_note_move(regrole, bigint, text, text) IS
'As the function without caller, with the rights of the owner of the tables. caller: role that calls.';

CREATE FUNCTION xlsx_private.schedule_note_move(file bigint, moved_to text, error text) RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_as_owner' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx_private.schedule_note_move(bigint, text, text) IS 'Writes where a file of a schedule of the caller was moved, or why it was not.';

CREATE FUNCTION xlsx_private.schedule_forget(caller regrole, schedule bigint, file_name text, file bigint) RETURNS int
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  active bigint;
  forgotten int;
BEGIN
  PERFORM xlsx_private.own_schedule(caller, schedule);
  SELECT t.id INTO active FROM xlsx_private.schedule_file f JOIN xlsx_private.task t ON t.id = f.task_id
  WHERE f.schedule_id = schedule AND (f.file_name = schedule_forget.file_name OR f.id = file) AND xlsx_private.is_active(t.status) LIMIT 1;
  IF active IS NOT NULL THEN
    RAISE EXCEPTION 'cannot forget file "%" because task % has not ended', file_name, active USING
      ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'The next run would import the file a second time.',
      HINT = 'Cancel the task first, or wait for its end.';
  END IF;
  DELETE FROM xlsx_private.schedule_file f WHERE f.schedule_id = schedule AND (f.file_name = schedule_forget.file_name OR f.id = file);
  GET DIAGNOSTICS forgotten = ROW_COUNT;
  RETURN forgotten;
END
$$;
COMMENT ON FUNCTION xlsx_private.schedule_forget(regrole, bigint, text, bigint) IS
'As the function without caller, with the rights of the owner of the tables. caller: role that calls.';

CREATE FUNCTION xlsx_private.schedule_forget(schedule bigint, file_name text, file bigint) RETURNS int
AS 'MODULE_PATHNAME', 'pg_xlsx_as_owner' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx_private.schedule_forget(bigint, text, bigint) IS
'Removes files of a schedule of the caller, by name or by id, and returns how many. Error if the task of one has not ended.';

CREATE FUNCTION xlsx_private.schedule_keep_run(schedule bigint, began timestamptz, files int, submitted int, refused int, error text) RETURNS void
LANGUAGE sql VOLATILE
BEGIN ATOMIC
  INSERT INTO xlsx_private.schedule_run (schedule_id, started_at, files, submitted, refused, error)
  SELECT s.id, began, schedule_keep_run.files, schedule_keep_run.submitted, schedule_keep_run.refused, schedule_keep_run.error
  FROM xlsx_private.schedule s WHERE s.id = schedule;
  DELETE FROM xlsx_private.schedule_run r WHERE r.schedule_id = schedule AND r.id <= (SELECT o.id
    FROM xlsx_private.schedule_run o WHERE o.schedule_id = schedule ORDER BY o.id DESC OFFSET 1000 LIMIT 1);
END;
COMMENT ON FUNCTION xlsx_private.schedule_keep_run(bigint, timestamptz, int, int, int, text) IS
'Writes a run of a schedule and removes the oldest beyond 1000. For the owner of the extension.';

CREATE FUNCTION xlsx_private.schedule_note_run(caller regrole, schedule bigint, began timestamptz, files int, submitted int, refused int, error text,
  file_came timestamptz)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM xlsx_private.schedule_keep_run(xlsx_private.own_schedule(caller, schedule), began, files, submitted, refused, error);
  UPDATE xlsx_private.schedule s SET last_file_at = greatest(s.last_file_at, file_came)
  WHERE s.id = schedule AND file_came IS NOT NULL;
  -- What waited for this run and was not found by it is gone.
  DELETE FROM xlsx_private.schedule_file f WHERE f.schedule_id = schedule AND f.content_hash IS NULL AND f.tried_at < began;
END
$$;
COMMENT ON FUNCTION xlsx_private.schedule_note_run(regrole, bigint, timestamptz, int, int, int, text, timestamptz) IS
'As the function without caller, with the rights of the owner of the tables. caller: role that calls.';

CREATE FUNCTION xlsx_private.schedule_note_run(schedule bigint, began timestamptz, files int, submitted int, refused int, error text,
  file_came timestamptz)
RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_as_owner' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx_private.schedule_note_run(bigint, timestamptz, int, int, int, text, timestamptz) IS
'Writes a run of a schedule of the caller. file_came: when the last file came that the run has found; NULL: none.';

CREATE FUNCTION xlsx_private.schedule_record_failure(schedule bigint, began timestamptz, error text) RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_schedule_failure' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx_private.schedule_record_failure(bigint, timestamptz, text) IS
'Writes a failed run of a schedule in a transaction of its own, which stays when this one is rolled back. For the owner of the extension.';

CREATE FUNCTION xlsx_private.schedule_note_failure(caller regrole, schedule bigint, began timestamptz, error text) RETURNS void
LANGUAGE sql VOLATILE
BEGIN ATOMIC
  SELECT xlsx_private.schedule_record_failure(xlsx_private.own_schedule(caller, schedule), began, error);
END;
COMMENT ON FUNCTION xlsx_private.schedule_note_failure(regrole, bigint, timestamptz, text) IS
'As the function without caller, with the rights of the owner of the tables. caller: role that calls.';

CREATE FUNCTION xlsx_private.schedule_note_failure(schedule bigint, began timestamptz, error text) RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_as_owner' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx_private.schedule_note_failure(bigint, timestamptz, text) IS
'Writes a failed run of a schedule of the caller, which stays when this transaction is rolled back.';

/*
 * One file
 */

CREATE TYPE xlsx_private.schedule_counts AS (files int, submitted int, refused int, error text, came timestamptz, names text[], ids bigint[]);
COMMENT ON TYPE xlsx_private.schedule_counts IS
'What a run has found so far: numbers of files, the first error of a file that waits, when the last new file came, and the files of a folder with their ids in schedule_file.';

CREATE FUNCTION xlsx_private.schedule_params(schedule xlsx_private.schedule, file_name text, OUT fits boolean, OUT params jsonb)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  groups text[];
BEGIN
  fits := true;
  IF schedule.pattern_params IS NOT NULL THEN
    groups := regexp_match(file_name, '^(?:' || schedule.pattern || ')$', 'i');
    fits := groups IS NOT NULL;
    params := CASE WHEN fits THEN jsonb_object(schedule.pattern_params, groups) END;
  END IF;
END
$$;
COMMENT ON FUNCTION xlsx_private.schedule_params(xlsx_private.schedule, text) IS
'Takes a file name apart. fits: the regular expression of the schedule matches it. params: what its groups matched, by the names of pattern_params.';

CREATE FUNCTION xlsx_private.schedule_task(schedule xlsx_private.schedule, file bytea, file_name text) RETURNS bigint
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
RETURN xlsx_private.submit((schedule).profile, file, file_name, (schedule).options || coalesce((
  SELECT jsonb_build_object('params', coalesce((schedule).options -> 'params', '{}') || p.params)
  FROM xlsx_private.schedule_params(schedule, file_name) AS p WHERE p.params IS NOT NULL), '{}'));
COMMENT ON FUNCTION xlsx_private.schedule_task(xlsx_private.schedule, bytea, text) IS 'Submits a file with the options of a schedule. What its pattern_params matched is added to the params.';

-- file is an argument, because a variable would hold all of its bytes.
CREATE FUNCTION xlsx_private.schedule_submit(schedule xlsx_private.schedule, file bytea, file_name text, file_size bigint, modified_at timestamptz,
  OUT id bigint, OUT result text)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  created boolean;
BEGIN
  IF NOT EXISTS (SELECT FROM xlsx_private.profile p WHERE p.name = schedule.profile) THEN
    RAISE EXCEPTION 'profile "%" does not exist', schedule.profile USING ERRCODE = 'undefined_object';
  END IF;
  SELECT n.id, n.created INTO id, created FROM xlsx_private.schedule_note_file(schedule.id, xlsx.file_hash(file), file_name, file_size, modified_at,
    (xlsx_private.schedule_params(schedule, file_name)).params) AS n;
  result := CASE WHEN created THEN 'submitted' ELSE 'known' END;
  IF created THEN
    PERFORM xlsx_private.schedule_note_result(id, xlsx_private.schedule_task(schedule, file, file_name), NULL, NULL, false);
  END IF;
END
$$;
COMMENT ON FUNCTION xlsx_private.schedule_submit(xlsx_private.schedule, bytea, text, bigint, timestamptz) IS
'Submits a file of a schedule unless it knows its content. id: of the file in schedule_file. result: submitted or known.';

CREATE FUNCTION xlsx_private.schedule_refuse(schedule xlsx_private.schedule, file bytea, file_name text, file_size bigint, modified_at timestamptz,
  error text, OUT id bigint)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  id := (xlsx_private.schedule_note_file(schedule.id, xlsx.file_hash(file), file_name, file_size, modified_at,
    (xlsx_private.schedule_params(schedule, file_name)).params)).id;
  PERFORM xlsx_private.schedule_note_result(id, NULL, 'failed', error, false);
END
$$;
COMMENT ON FUNCTION xlsx_private.schedule_refuse(xlsx_private.schedule, bytea, text, bigint, timestamptz, text) IS
'Writes that a file of a schedule is refused, and why. Returns its id in schedule_file.';

CREATE FUNCTION xlsx_private.schedule_take(schedule xlsx_private.schedule, counts xlsx_private.schedule_counts, file bytea, object oid, file_name text,
  file_size bigint DEFAULT NULL, modified_at timestamptz DEFAULT NULL)
RETURNS xlsx_private.schedule_counts
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  file_id bigint;
  result text;
  state text;
  error text;
BEGIN
  IF NOT (xlsx_private.schedule_params(schedule, file_name)).fits THEN
    RETURN counts;
  END IF;
  counts.files := counts.files + 1;
  BEGIN
    SELECT s.id, s.result INTO file_id, result FROM xlsx_private.schedule_submit(schedule, CASE WHEN file IS NOT NULL THEN file
      WHEN object IS NOT NULL THEN xlsx.large_object(object) ELSE xlsx_private.folder_file(schedule.folder, file_name) END, file_name, file_size, modified_at) AS s;
  EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, error = MESSAGE_TEXT;
  END;
  IF error IS NOT NULL THEN
    BEGIN
      result := 'waiting';
      -- What is no workbook today will be none tomorrow.
      IF state IN ('22023', 'XX001', '54000') THEN
        file_id := xlsx_private.schedule_refuse(schedule, CASE WHEN file IS NOT NULL THEN file
          WHEN object IS NOT NULL THEN xlsx.large_object(object) ELSE xlsx_private.folder_file(schedule.folder, file_name) END, file_name, file_size, modified_at, error);
        result := 'refused';
      END IF;
    EXCEPTION WHEN OTHERS THEN
      error := SQLERRM;
    END;
  END IF;
  IF result = 'waiting' THEN
    file_id := (xlsx_private.schedule_note_file(schedule.id, NULL, file_name, file_size, modified_at,
      (xlsx_private.schedule_params(schedule, file_name)).params)).id;
    PERFORM xlsx_private.schedule_note_result(file_id, NULL, NULL, error, false);
    counts.error := coalesce(counts.error, format('%s: %s', file_name, error));
  END IF;
  counts.submitted := counts.submitted + (result = 'submitted')::int;
  counts.refused := counts.refused + (result = 'refused')::int;
  counts.came := greatest(counts.came, CASE WHEN result IN ('submitted', 'refused') THEN clock_timestamp() WHEN result = 'known' THEN modified_at END);
  IF schedule.folder IS NOT NULL THEN
    counts.names := counts.names || file_name;
    counts.ids := counts.ids || file_id;
  END IF;
  RETURN counts;
END
$$;
COMMENT ON FUNCTION xlsx_private.schedule_take(xlsx_private.schedule, xlsx_private.schedule_counts, bytea, oid, text, bigint, timestamptz) IS
'Submits a file of a schedule and adds it to counts. file, object NULL: it is in the folder of the schedule.';

-- For the query, whose file may be of either type.
CREATE FUNCTION xlsx_private.schedule_take_row(schedule xlsx_private.schedule, counts xlsx_private.schedule_counts, file bytea, file_name text)
RETURNS xlsx_private.schedule_counts
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
RETURN CASE WHEN file IS NULL THEN counts ELSE xlsx_private.schedule_take(schedule, counts, file, NULL, file_name) END;
COMMENT ON FUNCTION xlsx_private.schedule_take_row(xlsx_private.schedule, xlsx_private.schedule_counts, bytea, text) IS
'Submits a row of the query of a schedule and adds it to counts. A row without a file is none.';

CREATE FUNCTION xlsx_private.schedule_take_row(schedule xlsx_private.schedule, counts xlsx_private.schedule_counts, file oid, file_name text)
RETURNS xlsx_private.schedule_counts
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
RETURN CASE WHEN file IS NULL THEN counts ELSE xlsx_private.schedule_take(schedule, counts, NULL, file, file_name) END;
COMMENT ON FUNCTION xlsx_private.schedule_take_row(xlsx_private.schedule, xlsx_private.schedule_counts, oid, text) IS
'As the function that takes bytea, for a large object.';

/*
 * A run
 */

CREATE FUNCTION xlsx_private.schedule_retry(schedule xlsx_private.schedule, counts xlsx_private.schedule_counts) RETURNS xlsx_private.schedule_counts
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  failed record;
BEGIN
  FOR failed IN SELECT f.id, f.file_name, f.task_id, t.file_id FROM xlsx_private.schedule_file f JOIN xlsx_private.task t ON t.id = f.task_id
    WHERE f.schedule_id = schedule.id AND f.outcome IS NULL AND t.status = 'FAILED'
      AND xlsx_private.schedule_file_state(f.outcome, f.task_id, t) = 'waiting'
      -- At once, then after a minute, two, four, at most an hour.
      AND (f.tries = 0 OR f.tried_at + least(interval '1 minute' * 2 ^ least(f.tries - 1, 6), interval '1 hour') <= clock_timestamp())
    ORDER BY f.id LOOP
    BEGIN
      IF failed.file_id IS NULL THEN
        -- Its bytes are gone and none of its rows was saved: it is a new file, if it still is where it was.
        PERFORM xlsx_private.schedule_forget(schedule.id, NULL, failed.id);
      ELSE
        PERFORM xlsx.retry(failed.task_id);
        PERFORM xlsx_private.schedule_note_result(failed.id, NULL, NULL, NULL, true);
        counts.submitted := counts.submitted + 1;
      END IF;
    EXCEPTION WHEN OTHERS THEN
      PERFORM xlsx_private.schedule_note_result(failed.id, NULL, NULL, SQLERRM, true);
      counts.error := coalesce(counts.error, format('%s: %s', failed.file_name, SQLERRM));
    END;
  END LOOP;
  RETURN counts;
END
$$;
COMMENT ON FUNCTION xlsx_private.schedule_retry(xlsx_private.schedule, xlsx_private.schedule_counts) IS
'Starts tasks of files again that failed for a passing reason, with growing pauses. They count as submitted.';

CREATE FUNCTION xlsx_private.schedule_look_into(schedule xlsx_private.schedule, counts xlsx_private.schedule_counts) RETURNS xlsx_private.schedule_counts
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  found record;
  known bigint;
BEGIN
  FOR found IN SELECT l.* FROM xlsx_private.list_folder(schedule.folder, CASE WHEN schedule.pattern_params IS NULL THEN schedule.pattern ELSE '*' END) AS l
    WHERE l.modified_at <= clock_timestamp() - schedule.settle ORDER BY l.modified_at, l.file_name LOOP
    -- A file that nobody has touched since need not be read again.
    SELECT f.id INTO known FROM xlsx_private.schedule_file f WHERE f.schedule_id = schedule.id AND f.content_hash IS NOT NULL
      AND f.file_name = found.file_name AND f.file_size = found.file_size AND f.modified_at = found.modified_at;
    IF known IS NULL THEN
      counts := xlsx_private.schedule_take(schedule, counts, NULL, NULL, found.file_name, found.file_size, found.modified_at);
    ELSE
      counts.files := counts.files + 1;
      counts.names := counts.names || found.file_name;
      counts.ids := counts.ids || known;
    END IF;
  END LOOP;
  RETURN counts;
END
$$;
COMMENT ON FUNCTION xlsx_private.schedule_look_into(xlsx_private.schedule, xlsx_private.schedule_counts) IS
'Submits new files of the folder of a schedule and adds its files to counts.';

CREATE FUNCTION xlsx_private.schedule_move(schedule xlsx_private.schedule, counts xlsx_private.schedule_counts) RETURNS xlsx_private.schedule_counts
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  found record;
BEGIN
  FOR found IN SELECT f.id, l.file_name, l.file_size, l.modified_at, CASE s.state WHEN 'done' THEN schedule.done_folder WHEN 'failed' THEN schedule.failed_folder END AS folder
    FROM unnest(counts.names, counts.ids) AS n (file_name, id)
      JOIN xlsx_private.schedule_file f ON f.id = n.id
      JOIN xlsx_private.list_folder(schedule.folder, '*') AS l ON l.file_name = n.file_name
      LEFT JOIN xlsx_private.task t ON t.id = f.task_id,
      LATERAL (SELECT xlsx_private.schedule_file_state(f.outcome, f.task_id, t)) AS s (state)
    -- One that was written to since is looked at by the next run.
    WHERE l.modified_at <= clock_timestamp() - schedule.settle LOOP
    CONTINUE WHEN found.folder IS NULL;
    BEGIN
      PERFORM xlsx_private.schedule_note_move(found.id, xlsx_private.move_file(schedule.folder, found.file_name, found.folder, found.file_size, found.modified_at), NULL);
    EXCEPTION WHEN OTHERS THEN
      PERFORM xlsx_private.schedule_note_move(found.id, NULL, SQLERRM);
      counts.error := coalesce(counts.error, format('%s: %s', found.file_name, SQLERRM));
    END;
  END LOOP;
  RETURN counts;
END
$$;
COMMENT ON FUNCTION xlsx_private.schedule_move(xlsx_private.schedule, xlsx_private.schedule_counts) IS
'Moves files of counts that are done or have failed to the folders of their schedule. One that cannot be moved stays and has its error.';

CREATE FUNCTION xlsx_private.schedule_look_openly(schedule xlsx_private.schedule) RETURNS xlsx_private.schedule_counts
-- Without a search_path of its own: the query is to have the caller's. So no operator stands here.
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  found record;
  counts xlsx_private.schedule_counts := ROW(0, 0, 0, NULL, NULL, '{}', '{}');
BEGIN
  counts := xlsx_private.schedule_retry(schedule, counts);
  IF schedule.folder IS NOT NULL THEN
    counts := xlsx_private.schedule_look_into(schedule, counts);
    IF schedule.done_folder IS NOT NULL OR schedule.failed_folder IS NOT NULL THEN
      counts := xlsx_private.schedule_move(schedule, counts);
    END IF;
  ELSE
    FOR found IN EXECUTE pg_catalog.format(E'SELECT q.file, q.file_name::pg_catalog.text FROM (%s\n) AS q (file, file_name)', schedule.query) LOOP
      counts := xlsx_private.schedule_take_row(schedule, counts, found.file, found.file_name);
    END LOOP;
  END IF;
  RETURN counts;
END
$$;
COMMENT ON FUNCTION xlsx_private.schedule_look_openly(xlsx_private.schedule) IS
'Submits new files of a schedule; xlsx_private.schedule_look calls it.';

CREATE FUNCTION xlsx_private.schedule_look(schedule xlsx_private.schedule, OUT files int, OUT submitted int, OUT refused int, OUT error text, OUT came timestamptz)
AS 'MODULE_PATHNAME', 'pg_xlsx_schedule_look' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx_private.schedule_look(xlsx_private.schedule) IS
'As schedule_look_openly. The query is confined if the session could become another role than the current one: after SET ROLE it cannot take on the role of the session.';

CREATE FUNCTION xlsx.run_schedule(name text, OUT files int, OUT submitted int, OUT refused int, OUT error text)
-- Without a search_path of its own: the query is to have the caller's. So no operator stands here.
LANGUAGE plpgsql VOLATILE STRICT
AS $$
DECLARE
  before jsonb := xlsx_private.set_settings(xlsx_private.schedule_settings(name));
  found xlsx_private.schedule := xlsx_private.schedule_find(name);
  began timestamptz := pg_catalog.clock_timestamp();
  came timestamptz;
  state text;
  detail text;
  hint text;
BEGIN
  BEGIN
    PERFORM xlsx_private.schedule_begin(found.id);
    SELECT l.files, l.submitted, l.refused, l.error, l.came INTO files, submitted, refused, error, came FROM xlsx_private.schedule_look(found) AS l;
  EXCEPTION WHEN query_canceled OR OTHERS THEN
    GET STACKED DIAGNOSTICS state := RETURNED_SQLSTATE, error := MESSAGE_TEXT, detail := PG_EXCEPTION_DETAIL, hint := PG_EXCEPTION_HINT;
    PERFORM xlsx_private.schedule_note_failure(found.id, began, error);
    RAISE EXCEPTION 'schedule "%" has failed: %', name, error USING ERRCODE := state, DETAIL := detail, HINT := hint;
  END;
  PERFORM xlsx_private.schedule_note_run(found.id, began, files, submitted, refused, error, came);
  PERFORM xlsx_private.set_settings(before);
END
$$;
COMMENT ON FUNCTION xlsx.run_schedule(text) IS
'Looks for new files of a schedule now and submits them; for timers other than pg_cron, and to try a schedule. For its owner only. files, submitted, refused: number of files. error: the first error of a file that waits for the next run, or could not be moved. An error is raised if the run fails as a whole; xlsx.schedule_runs keeps it all the same.';

CREATE FUNCTION xlsx.forget_file(schedule text, file_name text) RETURNS int
LANGUAGE plpgsql VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  forgotten int := xlsx_private.schedule_forget((xlsx_private.schedule_find(schedule)).id, file_name, NULL);
BEGIN
  IF forgotten = 0 THEN
    RAISE EXCEPTION 'schedule "%" knows no file "%"', schedule, file_name USING ERRCODE = 'undefined_object',
      HINT = 'The view xlsx.schedule_files lists its files.';
  END IF;
  RETURN forgotten;
END
$$;
COMMENT ON FUNCTION xlsx.forget_file(text, text) IS
'Makes a schedule forget all files of a name, and returns how many: the next run takes a file with their content as a new one. Their tasks, and rows that they saved, stay. Error if the task of one has not ended. For the owner of the schedule only.';
