/*
 * How long what belongs to tasks is kept after their end
 *
 * Tasks go by their state. Error rows, old values and the notes that undo
 * needs may go earlier than their task. Each sweep goes on where the last one
 * ended, so it does not read what it has passed.
 */

CREATE TABLE xlsx_private.retention (
  kind      text PRIMARY KEY CHECK (kind IN ('errors', 'old_rows', 'task_rows', 'undo')),
  passed_at timestamptz NOT NULL DEFAULT '-infinity',
  removed   bigint NOT NULL DEFAULT 0
);
INSERT INTO xlsx_private.retention (kind) VALUES ('errors'), ('old_rows'), ('task_rows'), ('undo');
COMMENT ON TABLE xlsx_private.retention IS 'What sweeps remove before its task: error and warning rows, old values of rows, what became of rows, notes for undo.';
COMMENT ON COLUMN xlsx_private.retention.passed_at IS 'Tasks that ended up to then have been dealt with.';
COMMENT ON COLUMN xlsx_private.retention.removed IS 'Number of tasks of which something was removed.';

CREATE FUNCTION xlsx_private.kept_for(what text) RETURNS interval
LANGUAGE plpgsql STABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  given interval := current_setting(format('pg_xlsx.%s_%s', 'keep', lower(what)), true)::interval;
BEGIN
  IF given < interval '0' THEN
    given := current_setting('pg_xlsx.keep_tasks', true)::interval;
  END IF;
  RETURN nullif(given, interval '0');
END
$$;
COMMENT ON FUNCTION xlsx_private.kept_for(text) IS
'How long something is kept after the end of its task, by the setting of that name: a status, errors, old_rows, task_rows, undo or files. NULL: for ever, or as long as the task.';

CREATE FUNCTION xlsx_private.expired_tasks(most int) RETURNS bigint[]
LANGUAGE plpgsql VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  one text;
  found_ids bigint[] := '{}';
  -- In a variable, so that an index on the time serves.
  before timestamptz;
BEGIN
  FOREACH one IN ARRAY xlsx_private.names_of('status') LOOP
    CONTINUE WHEN xlsx_private.is_active(one) OR xlsx_private.kept_for(one) IS NULL;
    before := clock_timestamp() - xlsx_private.kept_for(one);
    found_ids := found_ids || ARRAY(SELECT t.id FROM xlsx_private.task t WHERE NOT xlsx_private.is_active(t.status) AND t.status = one
        AND t.completed_at < before
      ORDER BY t.completed_at LIMIT most - cardinality(found_ids) FOR UPDATE SKIP LOCKED);
  END LOOP;
  RETURN found_ids;
END
$$;
COMMENT ON FUNCTION xlsx_private.expired_tasks(int) IS 'Tasks whose time is over, at most so many, and locks them. Those that a session holds are passed over.';

CREATE FUNCTION xlsx_private.next_ended(since timestamptz, until timestamptz, most int) RETURNS TABLE (id bigint, completed_at timestamptz)
LANGUAGE sql STABLE ROWS 1000
SET search_path = pg_catalog, pg_temp
SET enable_sort = off
BEGIN ATOMIC
  SELECT t.id, t.completed_at FROM unnest(xlsx_private.names_of('status')) AS s (status)
    CROSS JOIN LATERAL (SELECT o.id, o.completed_at FROM xlsx_private.task o
      WHERE NOT xlsx_private.is_active(o.status) AND o.status = s.status AND o.completed_at > since AND o.completed_at <= until ORDER BY o.completed_at LIMIT most) AS t
  ORDER BY t.completed_at LIMIT most;
END;
COMMENT ON FUNCTION xlsx_private.next_ended(timestamptz, timestamptz, int) IS 'The first tasks that ended between two times, at most so many, the earliest first.';

CREATE FUNCTION xlsx_private.remove_kept(most int) RETURNS bigint
LANGUAGE plpgsql VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  pass record;
  looked record;
  locked bigint[];
  seen bigint := 0;
BEGIN
  FOR pass IN SELECT r.kind, r.passed_at, clock_timestamp() - xlsx_private.kept_for(r.kind) AS until FROM xlsx_private.retention r
    WHERE xlsx_private.kept_for(r.kind) IS NOT NULL ORDER BY r.kind
  LOOP
    SELECT coalesce(array_agg(n.id), '{}') AS ids, max(n.completed_at) AS last INTO looked
    FROM xlsx_private.next_ended(pass.passed_at, pass.until, most) n;
    CONTINUE WHEN looked.last IS NULL;
    locked := ARRAY(SELECT t.id FROM xlsx_private.task t WHERE t.id = ANY (looked.ids) AND NOT xlsx_private.is_active(t.status)
      FOR NO KEY UPDATE SKIP LOCKED);
    IF pass.kind = 'errors' THEN
      DELETE FROM xlsx_private.error_page p WHERE p.task_id = ANY (locked);
      DELETE FROM xlsx_private.warning_page p WHERE p.task_id = ANY (locked);
      DELETE FROM xlsx_private.error_block b WHERE b.task_id = ANY (locked);
      DELETE FROM xlsx_private.error_count c WHERE c.task_id = ANY (locked);
    ELSIF pass.kind = 'task_rows' THEN
      DELETE FROM xlsx_private.row_page p WHERE p.task_id = ANY (locked);
    ELSIF pass.kind = 'undo' THEN
      DELETE FROM xlsx_private.undo_xid u WHERE u.task_id = ANY (locked);
    ELSE
      -- Without old values, its notes alone would undo half of a task.
      WITH gone AS (DELETE FROM xlsx_private.undo_row u WHERE u.task_id = ANY (locked) RETURNING u.task_id)
      DELETE FROM xlsx_private.undo_xid u WHERE u.task_id IN (SELECT g.task_id FROM gone g);
    END IF;
    -- A task that a session holds is looked at again: from there on.
    UPDATE xlsx_private.retention r SET removed = r.removed + cardinality(locked), passed_at = coalesce(
      (SELECT min(t.completed_at) - interval '1 microsecond' FROM xlsx_private.task t WHERE t.id = ANY (looked.ids) AND NOT t.id = ANY (locked)), looked.last)
    WHERE r.kind = pass.kind;
    seen := greatest(seen, cardinality(locked));
  END LOOP;
  RETURN seen;
END
$$;
COMMENT ON FUNCTION xlsx_private.remove_kept(int) IS
'Removes error rows, what became of rows, old values and notes for undo whose time is over, of at most so many tasks each. Returns the number of tasks.';

CREATE FUNCTION xlsx_private.look_back() RETURNS void
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  UPDATE xlsx_private.retention SET passed_at = passed_at - interval '2 days';
END;
COMMENT ON FUNCTION xlsx_private.look_back() IS
'Lets the next sweeps look again at tasks of the last days: their ends were committed later than others that ended after them. A sweep calls it once a day.';

CREATE FUNCTION xlsx_private.next_expiry(upload_ttl interval) RETURNS timestamptz
LANGUAGE plpgsql STABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  one text;
  pass record;
  -- A file by a look into an index of the tasks.
  next_at timestamptz := (SELECT min(coalesce(t.kept_until, CASE WHEN t.active IS NULL THEN f.used_at + upload_ttl ELSE f.used_at END)) FROM xlsx_private.file f
    LEFT JOIN LATERAL (SELECT max(xlsx_private.file_kept_until(o)) AS kept_until, bool_or(xlsx_private.is_active(o.status)) AS active
      FROM xlsx_private.task o WHERE o.file_id = f.id OFFSET 0) AS t ON true
    WHERE NOT coalesce(t.active, false));
BEGIN
  FOREACH one IN ARRAY xlsx_private.names_of('status') LOOP
    CONTINUE WHEN xlsx_private.is_active(one) OR xlsx_private.kept_for(one) IS NULL;
    next_at := least(next_at, (SELECT min(t.completed_at) + xlsx_private.kept_for(one) FROM xlsx_private.task t
      WHERE NOT xlsx_private.is_active(t.status) AND t.status = one));
  END LOOP;
  FOR pass IN SELECT r.kind, r.passed_at FROM xlsx_private.retention r WHERE xlsx_private.kept_for(r.kind) IS NOT NULL LOOP
    next_at := least(next_at, (SELECT n.completed_at + xlsx_private.kept_for(pass.kind) FROM xlsx_private.next_ended(pass.passed_at, 'infinity', 1) n));
  END LOOP;
  RETURN least(next_at, (SELECT a.happened_at FROM xlsx_private.audit a ORDER BY a.id LIMIT 1) + xlsx_private.kept_for('audit'));
END
$$;
COMMENT ON FUNCTION xlsx_private.next_expiry(interval) IS
'When the next thing expires: a file, upload_ttl after its last use, a task, or something that is kept of one. NULL: nothing does.';
