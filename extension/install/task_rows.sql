/*
 * What became of each row of a task
 *
 * Rows that were not refused are in row_page, if the import keeps them; rows
 * with errors are in error_page in any case. Both are read together, block by
 * block of the sheet (ROW_PAGE_BLOCK in kept/row_pages.h), so that the first
 * rows come at once whatever the number of rows.
 */

CREATE FUNCTION xlsx_private.rows_of_runs(starts int[], lengths int[], actions text[]) RETURNS TABLE (row_number int, action text)
LANGUAGE sql IMMUTABLE ROWS 1000
BEGIN ATOMIC
  SELECT r.start + g.n, r.action
  FROM ROWS FROM (pg_catalog.unnest(starts), pg_catalog.unnest(lengths), pg_catalog.unnest(actions)) WITH ORDINALITY AS r (start, length, action, place)
    CROSS JOIN LATERAL pg_catalog.generate_series(0, r.length - 1) AS g (n)
  ORDER BY r.place, g.n;
END;
COMMENT ON FUNCTION xlsx_private.rows_of_runs(int[], int[], text[]) IS 'The rows of a page of row_page, in the order of the sheet.';

CREATE FUNCTION xlsx_private.unless_null(value json) RETURNS jsonb
LANGUAGE sql IMMUTABLE
RETURN CASE WHEN pg_catalog.json_typeof(value) <> 'null' THEN value::jsonb END;
COMMENT ON FUNCTION xlsx_private.unless_null(json) IS 'A JSON value; NULL for null.';

CREATE VIEW xlsx_private.kept_row WITH (security_invoker = true) AS
SELECT p.task_id, p.first_row AS page, k.row_number, k.action, xlsx_private.unless_null(k.returned) AS "returned",
  xlsx_private.unless_null(k.changes -> 0) AS old, xlsx_private.unless_null(k.changes -> 1) AS new
FROM xlsx_private.row_page p, LATERAL ROWS FROM (xlsx_private.rows_of_runs(p.starts, p.lengths, p.actions),
  pg_catalog.json_array_elements(p.returned), pg_catalog.json_array_elements(p.changes)) AS k (row_number, action, returned, changes);
COMMENT ON VIEW xlsx_private.kept_row IS 'Rows of row_page, one by one.';

CREATE FUNCTION xlsx_private.next_told(subject bigint, low int) RETURNS int
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
BEGIN
  RETURN least(
    (SELECT greatest(p.first_row, low) FROM xlsx_private.row_page p
     WHERE p.task_id = subject AND p.first_row >= low / 4096 * 4096 AND p.last_row >= low ORDER BY p.first_row LIMIT 1),
    (SELECT greatest(p.first_row, low) FROM xlsx_private.error_page p
     WHERE p.task_id = subject AND p.first_row >= xlsx_private.page_of_row(subject, low) AND p.last_row >= low ORDER BY p.first_row LIMIT 1));
END
$$;
COMMENT ON FUNCTION xlsx_private.next_told(bigint, int) IS
'The least number, from low on, at which a row of a task may be that row_page or error_page has. NULL: there are no more.';

-- No ORDER BY around the blocks: they come in their order, and a LIMIT reads no more of them than it needs.
CREATE FUNCTION xlsx_private.told_rows(subject bigint, after int)
RETURNS TABLE (row_number int, action text, returned jsonb, old jsonb, new jsonb, cells text[], kinds text, violations jsonb)
LANGUAGE sql STABLE ROWS 1000
BEGIN ATOMIC
  WITH RECURSIVE block (low) AS (
    SELECT xlsx_private.next_told(subject, coalesce(after + 1, 0))
    UNION ALL
    SELECT xlsx_private.next_told(subject, (b.low / 4096 + 1) * 4096) FROM block b WHERE b.low IS NOT NULL)
  SELECT r.* FROM block b CROSS JOIN LATERAL (
    SELECT k.row_number, k.action, k."returned", k.old, k.new, NULL::text[], NULL::text, NULL::jsonb
    FROM xlsx_private.kept_row k
    WHERE k.task_id = subject AND k.page >= b.low / 4096 * 4096 AND k.page < (b.low / 4096 + 1) * 4096 AND k.row_number >= b.low
    UNION ALL
    SELECT e.row_number, 'error', NULL, NULL, NULL, e.cells, e.kinds, e.violations
    FROM xlsx_private.error_row e
    WHERE e.task_id = subject AND e.page >= xlsx_private.page_of_row(subject, b.low) AND e.page < (b.low / 4096 + 1) * 4096
      AND e.row_number >= b.low AND e.row_number < (b.low / 4096 + 1) * 4096
    ORDER BY 1) AS r
  WHERE b.low IS NOT NULL;
END;
COMMENT ON FUNCTION xlsx_private.told_rows(bigint, int) IS
'What became of the rows of a task, in the order of the sheet; after: only of those behind this row. cells, kinds, violations: of rows with errors.';

CREATE FUNCTION xlsx.task_rows(task bigint, after int DEFAULT NULL,
  OUT sheet text, OUT row_number int, OUT action text, OUT "returned" jsonb, OUT old jsonb, OUT new jsonb, OUT errors jsonb, OUT place int)
RETURNS SETOF record
LANGUAGE sql STABLE ROWS 1000
BEGIN ATOMIC
  SELECT coalesce(t.found_sheets[xlsx_private.row_sheet(r.row_number)], t.found_sheet), xlsx_private.row_in_sheet(r.row_number), r.action,
    r.returned, r.old, r.new, r.violations, r.row_number
  FROM xlsx_private.task t CROSS JOIN LATERAL xlsx_private.told_rows(t.id, after) AS r
  WHERE t.id = task;
END;
COMMENT ON FUNCTION xlsx.task_rows(bigint, int) IS
'What became of each row of a task, in the order of the sheet. Rows that were saved or left out are there if the import keeps them (keep_rows), rows with errors always. after: only those behind this row of the sheet (place, if the task reads several sheets); with LIMIT, a long list is read in parts, each after the last row of the one before. sheet: its name. row_number: row of the sheet. action: inserted, updated, unchanged, skipped, deleted or error. returned: the columns of the option "returning" as the target has them; without it the key of the row in the file; NULL if there is neither. old, new: columns that an update changed, before and after; only of dry runs, and of imports with keep_changes. errors: the violations of a row with errors. place: number of the row among all rows of the task. No rows if there is no such task, and no others than those with errors once xlsx.undo has taken back a row or pg_xlsx.keep_task_rows is over.';

CREATE FUNCTION xlsx_private.count_told(subject bigint) RETURNS bigint
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET jit = off
RETURN coalesce((SELECT sum(p.row_count) FROM xlsx_private.row_page p WHERE p.task_id = subject), 0)::bigint + xlsx_private.count_errors(subject);
COMMENT ON FUNCTION xlsx_private.count_told(bigint) IS 'Number of rows of a task that xlsx.task_rows shows.';

CREATE FUNCTION xlsx_private.rows_after(subject bigint, after int, wanted int) RETURNS json
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  sheets text[] := (SELECT t.found_sheets FROM xlsx_private.task t WHERE t.id = subject);
  items json;
  next_after int;
BEGIN
  -- One more says whether there is a next part.
  SELECT json_agg(CASE WHEN sheets IS NULL THEN json_build_object('rowNumber', r.row_number, 'action', r.action, 'returned', r.returned,
      'old', r.old, 'new', r.new, 'errors', r.errors)
    ELSE json_build_object('rowNumber', r.row_number, 'sheet', r.sheet, 'place', r.place, 'action', r.action, 'returned', r.returned,
      'old', r.old, 'new', r.new, 'errors', r.errors) END ORDER BY r.place) FILTER (WHERE r.no <= wanted),
    max(r.place) FILTER (WHERE r.no = wanted AND r.more)
  INTO items, next_after
  FROM (SELECT l.*, row_number() OVER (ORDER BY l.place) AS no, count(*) OVER () > wanted AS more
    FROM (SELECT t.* FROM xlsx.task_rows(subject, after) AS t LIMIT wanted + 1) AS l) AS r;
  RETURN json_build_object('data', coalesce(items, '[]'),
    'meta', json_build_object('total', xlsx_private.count_told(subject), 'limit', wanted, 'next', next_after));
END
$$;
COMMENT ON FUNCTION xlsx_private.rows_after(bigint, int, int) IS
'The part of xlsx.task_rows that is behind a row of the sheet, as REST shows it: {"data": […], "meta": {"total", "limit", "next"}}. next: the value of after for the part that follows, null at the end.';

CREATE FUNCTION xlsx_private.check_telling(profile bigint, options jsonb) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  given xlsx_private.profile;
  idle text;
BEGIN
  SELECT p.* INTO given FROM xlsx_private.profile p WHERE p.id = profile;
  IF NOT coalesce((options ->> 'keep_rows')::boolean, given.keep_rows) THEN
    idle := CASE WHEN (options ->> 'keep_changes')::boolean THEN 'keep_changes' WHEN options -> 'returning' <> '[]' THEN 'returning' END;
  END IF;
  IF idle IS NOT NULL THEN
    RAISE EXCEPTION 'option "%" has no effect without keep_rows', idle USING ERRCODE = 'invalid_parameter_value',
      DETAIL = 'It says what is kept of each row.', HINT = 'Give keep_rows => true, too.';
  END IF;
  PERFORM xlsx_private.require_columns(given.target::regclass, ARRAY(SELECT jsonb_array_elements_text(options -> 'returning'))::name[]);
END
$$;
COMMENT ON FUNCTION xlsx_private.check_telling IS
'Raises an error if the options of a task about what is kept of each row have no effect, or name a column that the target of the profile lacks.';

CREATE FUNCTION xlsx.result_workbook(task bigint) RETURNS bytea
AS 'MODULE_PATHNAME', 'pg_xlsx_result_workbook' LANGUAGE C STABLE STRICT;
COMMENT ON FUNCTION xlsx.result_workbook(bigint) IS
'Workbook (xlsx) of the rows that xlsx.task_rows shows: the cells of the user''s file as they are, with their number formats and the values of formulas, in the sheets that were read, and behind them the row number, the action, the columns of the option "returning", the changes of a dry run or of an import with keep_changes, and the messages of errors. A task that kept no rows has those with errors only. Columns behind the last header that the import does not read are left out. When the file is not there any more, rows with errors have the cells of the profile''s columns, and others have none. NULL if there is no such task.';

CREATE FUNCTION xlsx.result_workbook_chunks(task bigint) RETURNS SETOF bytea
AS 'MODULE_PATHNAME', 'pg_xlsx_result_workbook_chunks' LANGUAGE C STABLE STRICT ROWS 100;
COMMENT ON FUNCTION xlsx.result_workbook_chunks(bigint) IS
'The workbook of xlsx.result_workbook in pieces of at most 256 kB, in order. In the select list, each piece is made when it is fetched.';
