/*
 * Taking back what a task did
 */

CREATE FUNCTION xlsx_private.note_undone(task bigint, rows bigint[], inserted bigint DEFAULT 0, updated bigint DEFAULT 0,
  complete boolean DEFAULT false, deleted bigint DEFAULT 0, absent bigint DEFAULT 0) RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_note_undone' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx_private.note_undone(bigint, bigint[], bigint, bigint, boolean, bigint, bigint) IS
'Removes kept old values of a task that were restored. inserted, updated: number of its rows that the target still has; deleted, absent: number of rows that are still gone or marked. complete: marks the task as undone. For the owner of the task only; xlsx.undo calls it.';

CREATE FUNCTION xlsx_private.key_match(target oid, key_columns text[], key_index name, imported name[], inside boolean) RETURNS text
AS 'MODULE_PATHNAME', 'pg_xlsx_key_match' LANGUAGE C STABLE;
COMMENT ON FUNCTION xlsx_private.key_match(oid, text[], name, name[], boolean) IS
'Condition in SQL on a row t of a table: it has the key of the row whose columns are texts of the jsonb object $1. The names in it are those of the search_path at hand. imported: columns of the profile, among which an unnamed key is looked for. inside: only rows that the index of the key has. "true" if nothing is left of the key.';

-- Statements on a target have the search_path that its triggers expect; all else has one of its own.
CREATE FUNCTION xlsx_private.path_of_statements() RETURNS text
AS 'MODULE_PATHNAME', 'pg_xlsx_path_of_statements' LANGUAGE C STABLE;
COMMENT ON FUNCTION xlsx_private.path_of_statements() IS
'The search_path for statements on the target of the task that xlsx.undo or xlsx.delete works on; else the current one.';

CREATE FUNCTION xlsx_private.equality_of(type oid) RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT coalesce((SELECT pg_catalog.format('OPERATOR(%I.%s)', n.nspname, o.oprname)
    FROM pg_catalog.pg_opclass c
      JOIN pg_catalog.pg_am m ON m.oid = c.opcmethod AND m.amname = 'btree'
      JOIN pg_catalog.pg_amop a ON a.amopfamily = c.opcfamily AND a.amoplefttype = c.opcintype AND a.amoprighttype = c.opcintype
        AND a.amopstrategy = 3
      JOIN pg_catalog.pg_operator o ON o.oid = a.amopopr
      JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
    WHERE c.opcdefault AND c.opcintype = equality_of.type), 'OPERATOR(pg_catalog.=)');
END;
COMMENT ON FUNCTION xlsx_private.equality_of(oid) IS 'Operator "=" of a type in SQL, with its schema. If the type has none, that of pg_catalog.';

CREATE FUNCTION xlsx_private.require_task(task bigint) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM xlsx_private.task t WHERE t.id = task) THEN
    RAISE EXCEPTION 'task % does not exist', task USING ERRCODE = 'no_data_found';
  END IF;
END
$$;
COMMENT ON FUNCTION xlsx_private.require_task(bigint) IS 'Raises an error unless the current role can see the task.';

CREATE FUNCTION xlsx_private.holds_task(target regclass, task_column name) RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT pg_catalog.format('t.%I %s CAST($1 AS %s)', task_column, xlsx_private.equality_of(a.atttypid),
    pg_catalog.format_type(a.atttypid, a.atttypmod))
  FROM pg_catalog.pg_attribute a WHERE a.attrelid = target AND a.attname = task_column;
END;
COMMENT ON FUNCTION xlsx_private.holds_task(regclass, name) IS 'Condition in SQL on a row t of a table: the column holds the id of the task, $1.';

-- Rows that cannot go are found by halving: one of a million must not cost a million subtransactions.
CREATE FUNCTION xlsx_private.take_away(target regclass, condition text, task bigint, xids xid[],
  OUT deleted bigint, OUT parts oid[], OUT places tid[], OUT reasons text[])
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  part oid;
  spots tid[];
  lows int[];
  highs int[];
  low int;
  high int;
  touched bigint;
  all_rows CONSTANT text := format('DELETE FROM %s AS t WHERE %s', target, condition);
  some_rows CONSTANT text := all_rows || ' AND t.tableoid OPERATOR(pg_catalog.=) $3 AND t.ctid OPERATOR(pg_catalog.=) ANY ($4)';
BEGIN
  deleted := 0;
  parts := '{}';
  places := '{}';
  reasons := '{}';
  BEGIN
    PERFORM set_config('search_path', xlsx_private.path_of_statements(), true);
    EXECUTE all_rows USING task, xids;
    GET DIAGNOSTICS deleted = ROW_COUNT;
    RETURN;
  EXCEPTION WHEN integrity_constraint_violation OR data_exception OR plpgsql_error OR triggered_data_change_violation THEN
    NULL;
  END;
  FOR part, spots IN EXECUTE pg_catalog.format('SELECT t.tableoid, pg_catalog.array_agg(t.ctid) FROM %s AS t WHERE %s GROUP BY t.tableoid',
    target, condition) USING task, xids LOOP
    lows := ARRAY[1];
    highs := ARRAY[pg_catalog.cardinality(spots)];
    WHILE pg_catalog.cardinality(lows) > 0 LOOP
      low := lows[pg_catalog.cardinality(lows)];
      high := highs[pg_catalog.cardinality(highs)];
      lows := pg_catalog.trim_array(lows, 1);
      highs := pg_catalog.trim_array(highs, 1);
      BEGIN
        PERFORM set_config('search_path', xlsx_private.path_of_statements(), true);
        EXECUTE some_rows USING task, xids, part, spots[low:high];
        GET DIAGNOSTICS touched = ROW_COUNT;
        PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
        deleted := deleted + touched;
      EXCEPTION WHEN integrity_constraint_violation OR data_exception OR plpgsql_error OR triggered_data_change_violation THEN
        IF low = high THEN
          parts := parts || part;
          places := places || spots[low];
          reasons := reasons || SQLERRM;
        ELSE
          lows := lows || ((low + high) / 2 + 1) || low;
          highs := highs || high || ((low + high) / 2);
        END IF;
      END;
    END LOOP;
  END LOOP;
END
$$;
COMMENT ON FUNCTION xlsx_private.take_away(regclass, text, bigint, xid[]) IS
'Deletes the rows t of a table that fulfil a condition on the task ($1) and transactions ($2). Rows stay to which others refer, or which a trigger keeps; parts, places and reasons have their tables, places and reasons.';

CREATE FUNCTION xlsx_private.undo_inserted(task bigint, target regclass, task_column name, OUT undone bigint, OUT kept bigint, OUT reasons jsonb)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  xids xid[];
  mine CONSTANT text := xlsx_private.holds_task(target, task_column);
  stuck record;
BEGIN
  PERFORM xlsx_private.require_task(task);
  SELECT pg_catalog.array_agg(x) INTO xids FROM xlsx_private.undo_xid u, pg_catalog.unnest(u.xids) AS x WHERE u.task_id = task;
  SELECT a.* INTO stuck FROM xlsx_private.take_away(target, mine || ' AND t.xmin OPERATOR(pg_catalog.=) ANY ($2)', task, xids) AS a;
  undone := stuck.deleted;
  EXECUTE pg_catalog.format($find$
    SELECT pg_catalog.count(*), coalesce(pg_catalog.jsonb_agg(r.said) FILTER (WHERE r.place <= 1000), '[]')
    FROM (SELECT pg_catalog.row_number() OVER () AS place, pg_catalog.jsonb_build_object('row', pg_catalog.to_jsonb(t), 'reason',
        coalesce(s.reason, CASE
          WHEN (SELECT c.relkind FROM pg_catalog.pg_class c WHERE c.oid = t.tableoid) = 'f' THEN 'another server keeps it'
          WHEN t.xmin = ANY ($2) THEN 'a trigger or a policy kept it' ELSE 'changed since' END)) AS said
      FROM %s AS t LEFT JOIN ROWS FROM (pg_catalog.unnest($3), pg_catalog.unnest($4), pg_catalog.unnest($5)) AS s (part, spot, reason)
        ON s.part = t.tableoid AND s.spot = t.ctid
      WHERE %s%s) AS r$find$, target, mine, xlsx_private.is_of_task(task, target))
    INTO kept, reasons USING task, xids, stuck.parts, stuck.places, stuck.reasons;
  PERFORM xlsx_private.note_undone(task, '{}', kept, 0, kept = 0);
END
$$;
COMMENT ON FUNCTION xlsx_private.undo_inserted(bigint, regclass, name) IS
'Deletes rows that have the id of the task and did not change since it inserted them; xlsx.undo calls it.';

CREATE FUNCTION xlsx_private.insertion_of(target regclass, old jsonb) RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT pg_catalog.format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s', target,
    pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum),
    pg_catalog.string_agg(pg_catalog.format('CAST($1 OPERATOR(pg_catalog.->>) %L AS %s)', a.attname,
      pg_catalog.format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum))
  FROM pg_catalog.pg_attribute a
  WHERE a.attrelid = target AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND old ? a.attname::text;
END;
COMMENT ON FUNCTION xlsx_private.insertion_of(regclass, jsonb) IS
'INSERT that makes a row of texts by column ($1) again in a table. Columns that were added since get their defaults.';

-- Rows are compared and restored as texts, column by column, and only columns that the task changed are written.
CREATE FUNCTION xlsx_private.undo_kept(task bigint, target regclass, content jsonb, OUT undone bigint, OUT kept bigint, OUT reasons jsonb)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  one xlsx_private.undo_row;
  matching text;
  matching_anywhere text;
  names text[];
  texts text;
  settings text;
  done bigint[] := '{}';
  touched bigint;
  current jsonb;
  same boolean;
  reason text;
  said jsonb[] := '{}';
  inserted bigint := 0;
  updated bigint := 0;
  deleted bigint := 0;
  absent bigint := 0;
  pending bigint[];
  waiting bigint[];
  final boolean := false;
  before bigint;
BEGIN
  PERFORM xlsx_private.require_task(task);
  undone := 0;
  kept := 0;
  -- Rows that were only counted stay counted.
  SELECT t.absent_rows INTO absent FROM xlsx_private.task t
  WHERE t.id = task AND NOT EXISTS (SELECT FROM xlsx_private.undo_row u WHERE u.task_id = task AND u.row_number = 0 AND u.old IS NOT NULL);
  absent := coalesce(absent, 0);
  -- Made under the search_path of the statements that it is a part of.
  PERFORM set_config('search_path', xlsx_private.path_of_statements(), true);
  SELECT m.inside, m.anywhere INTO matching, matching_anywhere FROM (SELECT
    xlsx_private.key_match(target::pg_catalog.oid, k.columns, k.index, k.imported, true) AS inside,
    xlsx_private.key_match(target::pg_catalog.oid, k.columns, k.index, k.imported, false) AS anywhere
  FROM (SELECT xlsx_private.texts_of(content OPERATOR(pg_catalog.->) 'key_columns') AS columns, (content OPERATOR(pg_catalog.->>) 'key_index')::pg_catalog.name AS index,
    xlsx_private.texts_of(pg_catalog.jsonb_path_query_array(content, '$.columns[*].name'))::pg_catalog.name[] AS imported) AS k) AS m;
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  SELECT pg_catalog.array_agg(a.attname::text) INTO names FROM pg_catalog.pg_attribute a WHERE a.attrelid = target AND a.attnum > 0 AND NOT a.attisdropped;
  LOOP
    waiting := '{}';
    before := undone;
    FOR one IN SELECT * FROM xlsx_private.undo_row u WHERE u.task_id = task AND (pending IS NULL OR u.no = ANY (pending)) ORDER BY u.no DESC LOOP
      reason := NULL;
      -- What a dropped column held is nobody's any more; a column that was added since is none of the task's.
      SELECT pg_catalog.format('pg_catalog.jsonb_object(%L::pg_catalog.text[], ARRAY[%s]::pg_catalog.text[])', pg_catalog.array_agg(n),
          pg_catalog.string_agg(pg_catalog.format('CAST(t.%I AS pg_catalog.text)', n), ', ')),
        pg_catalog.jsonb_object_agg(n, one.new OPERATOR(pg_catalog.->) n)
      INTO texts, one.new FROM pg_catalog.unnest(names) AS n WHERE one.new OPERATOR(pg_catalog.?) n;
      SELECT pg_catalog.string_agg(pg_catalog.format('%1$I = CAST($2 OPERATOR(pg_catalog.->>) %1$L AS %2$s)', a.attname,
          pg_catalog.format_type(a.atttypid, a.atttypmod)), ', ')
      INTO settings FROM pg_catalog.pg_attribute a
      WHERE a.attrelid = target AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity <> 'a'
        AND one.old OPERATOR(pg_catalog.?) a.attname::text
        AND (one.old OPERATOR(pg_catalog.->>) a.attname::text) IS DISTINCT FROM (one.new OPERATOR(pg_catalog.->>) a.attname::text);
      BEGIN
        PERFORM set_config('search_path', xlsx_private.path_of_statements(), true);
        IF one.new IS NULL THEN
          EXECUTE xlsx_private.insertion_of(target, one.old) USING one.old;
          GET DIAGNOSTICS touched = ROW_COUNT;
        ELSIF one.old IS NULL THEN
          EXECUTE pg_catalog.format('DELETE FROM %s AS t WHERE %s AND %s OPERATOR(pg_catalog.=) $1', target, matching, texts) USING one.new;
          GET DIAGNOSTICS touched = ROW_COUNT;
        ELSIF settings IS NOT NULL THEN
          EXECUTE pg_catalog.format('UPDATE %s AS t SET %s WHERE %s AND %s OPERATOR(pg_catalog.=) $1', target, settings, matching, texts)
            USING one.new, one.old;
          GET DIAGNOSTICS touched = ROW_COUNT;
          IF touched = 0 AND matching_anywhere <> matching THEN
            -- The change has taken the row out of the index of its key.
            EXECUTE pg_catalog.format('UPDATE %s AS t SET %s WHERE %s AND %s OPERATOR(pg_catalog.=) $1', target, settings, matching_anywhere, texts)
              USING one.new, one.old;
            GET DIAGNOSTICS touched = ROW_COUNT;
          END IF;
        ELSE
          touched := 1;
        END IF;
        PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
      EXCEPTION WHEN integrity_constraint_violation OR data_exception OR plpgsql_error OR triggered_data_change_violation THEN
        touched := 0;
        reason := SQLERRM;
        IF SQLSTATE = '23503' AND one.new IS NULL AND NOT final THEN
          waiting := waiting || one.no;
          CONTINUE;
        END IF;
      END;
      IF touched > 0 THEN
        undone := undone + 1;
        done := done || one.no;
        CONTINUE;
      END IF;
      EXECUTE pg_catalog.format('SELECT pg_catalog.to_jsonb(t), %s OPERATOR(pg_catalog.=) $1 FROM %s AS t WHERE %s',
          coalesce(texts, 'NULL::pg_catalog.jsonb'), target, matching)
        INTO current, same USING coalesce(one.new, one.old);
      kept := kept + 1;
      inserted := inserted + (current IS NOT NULL AND one.old IS NULL)::int;
      updated := updated + (current IS NOT NULL AND one.old IS NOT NULL AND one.new IS NOT NULL AND one.row_number <> 0)::int;
      deleted := deleted + (one.new IS NULL AND one.row_number <> 0)::int;
      absent := absent + (one.old IS NOT NULL AND one.row_number = 0)::int;
      IF kept <= 1000 THEN
        said := said || pg_catalog.jsonb_build_object('rowNumber', nullif(xlsx_private.row_in_sheet(one.row_number), 0), 'row', coalesce(current, one.new, one.old),
          'reason', coalesce(reason, CASE WHEN one.new IS NULL THEN 'a trigger or a policy kept it away' WHEN current IS NULL THEN 'deleted since' WHEN same THEN 'a trigger or a policy kept it'
            ELSE 'changed since' END));
      END IF;
    END LOOP;
    -- A row that refers to another one that was deleted with it comes back after that.
    EXIT WHEN waiting = '{}';
    pending := waiting;
    final := undone = before;
  END LOOP;
  reasons := pg_catalog.to_jsonb(said);
  PERFORM xlsx_private.note_undone(task, done, inserted, updated, kept = 0, deleted, absent);
END
$$;
COMMENT ON FUNCTION xlsx_private.undo_kept(bigint, regclass, jsonb) IS
'Restores the old values of rows that a task inserted, updated, deleted or marked, the last one first; xlsx.undo calls it.';

CREATE FUNCTION xlsx_private.texts_of(texts jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
  SELECT pg_catalog.array_agg(n.item ORDER BY n.place)
  FROM pg_catalog.jsonb_array_elements_text(CASE pg_catalog.jsonb_typeof(texts) WHEN 'array' THEN texts ELSE '[]' END) WITH ORDINALITY AS n (item, place);
END;
COMMENT ON FUNCTION xlsx_private.texts_of(jsonb) IS 'A JSON array of texts as text[]. NULL for any other value, and for an empty array.';

CREATE FUNCTION xlsx_private.undo_task(task bigint, OUT undone bigint, OUT kept bigint, OUT reasons jsonb)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  subject xlsx_private.task;
  profile xlsx_private.frozen_profile;
  task_column name;
  problem text;
BEGIN
  SELECT t.* INTO subject FROM xlsx_private.task t WHERE t.id = task;
  IF subject.id IS NULL THEN
    RAISE EXCEPTION 'task % does not exist', task USING ERRCODE = 'no_data_found';
  END IF;
  IF xlsx_private.is_active(subject.status) THEN
    RAISE EXCEPTION 'task % has not ended', task USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Cancel it first.';
  END IF;
  IF subject.set_size IS NOT NULL THEN
    RAISE EXCEPTION 'task % is a set', task USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Undo its tasks, the last one first.';
  END IF;
  IF subject.undone THEN
    RAISE EXCEPTION 'task % was undone already', task USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  SELECT f.* INTO profile FROM xlsx_private.frozen_profile f WHERE f.id = subject.frozen_id;
  profile.target := coalesce(subject.target, profile.target);
  task_column := profile.content ->> 'task_column';
  IF EXISTS (SELECT FROM xlsx_private.undo_row u WHERE u.task_id = task) THEN
    SELECT u.* INTO undone, kept, reasons
    FROM xlsx_private.undo_kept(task, profile.target, profile.content) AS u;
    RETURN;
  END IF;
  problem := CASE WHEN subject.dry_run OR subject.saved_rows + subject.absent_rows = 0 THEN 'It saved nothing.'
    WHEN subject.erased_at IS NOT NULL THEN format('It was erased at %s, with the notes of what it saved.', xlsx_private.iso(subject.erased_at))
    WHEN NOT EXISTS (SELECT FROM xlsx_private.undo_xid u WHERE u.task_id = task)
      AND subject.completed_at < pg_catalog.clock_timestamp() - least(xlsx_private.kept_for('undo'), xlsx_private.kept_for('old_rows'))
      THEN 'Which rows it saved is not known any more: pg_xlsx.keep_undo and pg_xlsx.keep_old_rows say how long it is.'
    WHEN task_column IS NULL OR NOT EXISTS (SELECT FROM xlsx_private.undo_xid u WHERE u.task_id = task)
      OR (SELECT c.relkind FROM pg_catalog.pg_class c WHERE c.oid = profile.target::oid) NOT IN ('r', 'p', 'f') THEN 'Its rows cannot be told from others.'
    WHEN subject.born_in <> xlsx_private.installation() THEN 'It was restored from a dump, and its rows cannot be told from changed ones.' END;
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION 'task % cannot be undone', task USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = problem,
      HINT = 'Inserted rows need a profile with a task_column, updated ones a profile with keep_old.';
  END IF;
  SELECT u.* INTO undone, kept, reasons FROM xlsx_private.undo_inserted(task, profile.target, task_column) AS u;
END
$$;
COMMENT ON FUNCTION xlsx_private.undo_task(bigint) IS 'Reverts what a task of the current role saved; xlsx.undo calls it.';

-- A table may hold the numbers of another installation's tasks: a row that is older than the task is none of its rows.
CREATE FUNCTION xlsx_private.is_of_task(task bigint, target regclass) RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
  WITH RECURSIVE family (relation) AS (
    SELECT target::pg_catalog.oid
    UNION
    SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN family f ON i.inhparent = f.relation)
  SELECT coalesce((SELECT pg_catalog.format(' AND pg_catalog.age(t.xmin) OPERATOR(pg_catalog.<=) pg_catalog.age(%L::pg_catalog.xid)', s.born::pg_catalog.xid)
    FROM xlsx_private.task s
    WHERE s.id = task AND s.born_in = xlsx_private.installation()
      AND NOT EXISTS (SELECT FROM family f JOIN pg_catalog.pg_class c ON c.oid = f.relation WHERE c.relkind NOT IN ('r', 'p'))), '');
END;
COMMENT ON FUNCTION xlsx_private.is_of_task(bigint, regclass) IS
'Condition in SQL on a row t that has the id of a task: the row is not older than the task. "" if rows have no age, or if the task was restored from a dump.';

CREATE FUNCTION xlsx_private.delete_imported(task bigint, target regclass, task_column name, OUT deleted bigint, OUT kept bigint, OUT reason text)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  stuck record;
BEGIN
  PERFORM xlsx_private.require_task(task);
  SELECT a.* INTO stuck FROM xlsx_private.take_away(target,
    xlsx_private.holds_task(target, task_column) || xlsx_private.is_of_task(task, target), task, NULL) AS a;
  deleted := stuck.deleted;
  kept := pg_catalog.cardinality(stuck.reasons);
  reason := stuck.reasons[1];
END
$$;
COMMENT ON FUNCTION xlsx_private.delete_imported(bigint, regclass, name) IS
'Deletes the rows that a task of the current role inserted, also those that changed since. kept: number of rows to which others refer or which a trigger keeps. xlsx.delete calls it.';

CREATE FUNCTION xlsx.undo(task bigint, OUT undone bigint, OUT kept bigint, OUT reasons jsonb)
AS 'MODULE_PATHNAME', 'pg_xlsx_undo' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx.undo(bigint) IS
'Reverts what a task saved, with the rights of its owner. Rows that carry its id in the profile''s task_column are deleted. Rows that it inserted, updated or marked by key get their old values back, and rows that it deleted come back, if the profile keeps them (keep_old). A row that was changed since, or to which others refer, stays. undone, kept: number of rows. reasons: [{"row": {…}, "reason": "…"}] for the first 1000 kept rows. Afterwards the task counts the rows that stayed, and xlsx.retry starts at the first row. Error if the task has not ended, was undone already, or saved nothing that can be reverted.';
