/*
 * Taking back what a task did
 */

CREATE FUNCTION xlsx_private.note_undone(task bigint, rows bigint[], complete boolean) RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_note_undone' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx_private.note_undone(bigint, bigint[], boolean) IS
'Forgets kept rows of a task that were taken back; complete: marks the task as undone. For its owner only; xlsx.undo uses it.';

CREATE FUNCTION xlsx_private.key_of(target regclass, given name[]) RETURNS name[]
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT coalesce(given, (
    SELECT ARRAY(SELECT a.attname FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
      JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
      WHERE k.place <= i.indnkeyatts ORDER BY k.place)
    FROM pg_catalog.pg_index i
    WHERE i.indrelid = target AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
    ORDER BY i.indisprimary DESC, i.indexrelid LIMIT 1));
END;
COMMENT ON FUNCTION xlsx_private.key_of(regclass, name[]) IS
'Columns that tell the rows of a table apart: those given, else the primary key, else those of a unique index.';

CREATE FUNCTION xlsx_private.undo_inserted(task bigint, target regclass, task_column name, OUT undone bigint, OUT kept jsonb)
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  xids xid[];
  place tid;
  content jsonb;
BEGIN
  SELECT pg_catalog.array_agg(x) INTO xids FROM xlsx_private.undo_xid u, pg_catalog.unnest(u.xids) AS x WHERE u.task_id = task;
  undone := 0;
  kept := '[]';
  BEGIN
    EXECUTE pg_catalog.format('DELETE FROM %s WHERE %I = $1 AND xmin = ANY ($2)', target, task_column) USING task, xids;
    GET DIAGNOSTICS undone = ROW_COUNT;
  EXCEPTION WHEN integrity_constraint_violation OR raise_exception THEN
    -- One by one, so that only the row that is in use stays.
    FOR place IN EXECUTE pg_catalog.format('SELECT ctid FROM %s WHERE %I = $1 AND xmin = ANY ($2)', target, task_column)
      USING task, xids LOOP
      BEGIN
        EXECUTE pg_catalog.format('DELETE FROM %s AS t WHERE ctid = $1 AND %I = $2 AND xmin = ANY ($3) RETURNING pg_catalog.to_jsonb(t)',
          target, task_column) INTO content USING place, task, xids;
        undone := undone + (content IS NOT NULL)::int;
      EXCEPTION WHEN integrity_constraint_violation OR raise_exception THEN
        EXECUTE pg_catalog.format('SELECT pg_catalog.to_jsonb(t) FROM %s AS t WHERE ctid = $1', target) INTO content USING place;
        kept := kept || pg_catalog.jsonb_build_object('row', content, 'reason', SQLERRM);
      END;
    END LOOP;
  END;
  FOR content IN EXECUTE pg_catalog.format('SELECT pg_catalog.to_jsonb(t) FROM %s AS t WHERE %I = $1 AND NOT xmin = ANY ($2)',
    target, task_column) USING task, xids LOOP
    kept := kept || pg_catalog.jsonb_build_object('row', content, 'reason', 'changed since');
  END LOOP;
END
$$;
COMMENT ON FUNCTION xlsx_private.undo_inserted(bigint, regclass, name) IS
'Deletes rows that carry the task''s id and are as it inserted them; xlsx.undo uses it.';

CREATE FUNCTION xlsx_private.undo_kept(task bigint, target regclass, key name[], OUT undone bigint, OUT kept jsonb)
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  one xlsx_private.undo_row;
  matching text := (SELECT pg_catalog.string_agg(pg_catalog.format('t.%1$I = r.%1$I', k), ' AND ') FROM pg_catalog.unnest(key) AS k);
  settable text := (SELECT pg_catalog.string_agg(pg_catalog.format('%1$I = o.%1$I', a.attname), ', ') FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = target AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity <> 'a');
  record_of text := pg_catalog.format('pg_catalog.jsonb_populate_record(NULL::%s, $1) AS r', target);
  done bigint[] := '{}';
  touched bigint;
  current jsonb;
  reason text;
BEGIN
  undone := 0;
  kept := '[]';
  FOR one IN SELECT * FROM xlsx_private.undo_row u WHERE u.task_id = task ORDER BY u.no DESC LOOP
    reason := NULL;
    BEGIN
      IF one.old IS NULL THEN
        EXECUTE pg_catalog.format('DELETE FROM %s AS t USING %s WHERE %s AND pg_catalog.to_jsonb(t) = $1', target, record_of, matching)
          USING one.new;
      ELSE
        EXECUTE pg_catalog.format('UPDATE %s AS t SET %s FROM %s, pg_catalog.jsonb_populate_record(NULL::%s, $2) AS o'
          ' WHERE %s AND pg_catalog.to_jsonb(t) = $1', target, settable, record_of, target, matching) USING one.new, one.old;
      END IF;
      GET DIAGNOSTICS touched = ROW_COUNT;
    EXCEPTION WHEN integrity_constraint_violation OR raise_exception THEN
      touched := 0;
      reason := SQLERRM;
    END;
    IF touched > 0 THEN
      undone := undone + 1;
      done := done || one.no;
      CONTINUE;
    END IF;
    EXECUTE pg_catalog.format('SELECT pg_catalog.to_jsonb(t) FROM %s AS t, %s WHERE %s', target, record_of, matching) INTO current USING one.new;
    kept := kept || pg_catalog.jsonb_build_object('rowNumber', nullif(one.row_number, 0), 'row', coalesce(current, one.new),
      'reason', coalesce(reason, CASE WHEN current IS NULL THEN 'deleted since' ELSE 'changed since' END));
  END LOOP;
  PERFORM xlsx_private.note_undone(task, done, false);
END
$$;
COMMENT ON FUNCTION xlsx_private.undo_kept(bigint, regclass, name[]) IS
'Gives rows that a task inserted or updated their old values, the last one first; xlsx.undo uses it.';

CREATE FUNCTION xlsx_private.undo_task(task bigint, OUT undone bigint, OUT kept bigint, OUT reasons jsonb)
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  subject xlsx_private.task;
  profile xlsx_private.profile;
BEGIN
  SELECT t.* INTO subject FROM xlsx_private.task t WHERE t.id = task;
  IF subject.id IS NULL THEN
    RAISE EXCEPTION 'task % does not exist', task USING ERRCODE = 'no_data_found';
  END IF;
  IF subject.status IN ('PENDING', 'PROCESSING') THEN
    RAISE EXCEPTION 'task % has not ended', task USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Cancel it first.';
  END IF;
  IF subject.undone THEN
    RAISE EXCEPTION 'task % was undone already', task USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  SELECT p.* INTO profile FROM xlsx_private.profile p WHERE p.id = subject.profile_id;
  IF EXISTS (SELECT FROM xlsx_private.undo_row u WHERE u.task_id = task) THEN
    SELECT u.undone, u.kept INTO undone, reasons
    FROM xlsx_private.undo_kept(task, profile.target, xlsx_private.key_of(profile.target, profile.key_columns)) AS u;
  ELSIF EXISTS (SELECT FROM xlsx_private.undo_xid u WHERE u.task_id = task) AND profile.task_column IS NOT NULL THEN
    SELECT u.undone, u.kept INTO undone, reasons
    FROM xlsx_private.undo_inserted(task, profile.target, profile.task_column) AS u;
  ELSE
    RAISE EXCEPTION 'task % cannot be undone', task USING ERRCODE = 'object_not_in_prerequisite_state',
      DETAIL = CASE WHEN subject.dry_run OR subject.saved_rows = 0 THEN 'It saved nothing.' ELSE 'Its rows cannot be told from others.' END,
      HINT = 'Inserted rows need a profile with a task_column, updated ones a profile with keep_old.';
  END IF;
  kept := pg_catalog.jsonb_array_length(reasons);
  PERFORM xlsx_private.note_undone(task, '{}', kept = 0);
END
$$;
COMMENT ON FUNCTION xlsx_private.undo_task(bigint) IS 'Takes back what a task of the current role saved; xlsx.undo uses it.';

CREATE FUNCTION xlsx.undo(task bigint, OUT undone bigint, OUT kept bigint, OUT reasons jsonb)
AS 'MODULE_PATHNAME', 'pg_xlsx_undo' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx.undo(bigint) IS
'Takes back what a task saved, with the rights of its owner: rows that carry its id in the profile''s task_column are deleted, rows that it inserted or updated by key get their old values where the profile keeps them (keep_old). A row that was changed since, or that others refer to, stays; reasons is [{"row": {…}, "reason": "…"}].';
