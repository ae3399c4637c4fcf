/*
 * What became of a task, in one piece
 */

CREATE FUNCTION xlsx_private.cell_name(row_number int, column_number int) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN column_number > 702 THEN pg_catalog.chr(65 + (column_number - 703) / 676) ELSE '' END
  || CASE WHEN column_number > 26 THEN pg_catalog.chr(65 + (column_number - 27) / 26 % 26) ELSE '' END
  || pg_catalog.chr(65 + (column_number - 1) % 26) || row_number::text;
COMMENT ON FUNCTION xlsx_private.cell_name(int, int) IS 'Cell reference in A1 notation.';

CREATE FUNCTION xlsx_private.counted_violations(task bigint)
RETURNS TABLE (column_name text, code text, message text, severity text, count bigint, first_row int, first_cell text)
LANGUAGE plpgsql STABLE ROWS 20
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
#variable_conflict use_column
BEGIN
  IF EXISTS (SELECT FROM xlsx_private.error_count c WHERE c.task_id = task) THEN
    RETURN QUERY SELECT c.column_name, c.code, c.message, c.severity, c.row_count, c.first_row, c.first_cell
      FROM xlsx_private.error_count c WHERE c.task_id = task;
  ELSE
    -- Its pages were written by others.
    RETURN QUERY SELECT v.item ->> 'column', v.item ->> 'code', (array_agg(v.item ->> 'message' ORDER BY b.row_number))[1], b.severity,
        count(*), min(b.row_number), (array_agg(v.item ->> 'cell' ORDER BY b.row_number))[1]
      FROM (SELECT e.row_number, e.violations, 'error' AS severity FROM xlsx_private.error_row e WHERE e.task_id = task
          UNION ALL
          SELECT w.row_number, w.violations, 'warning' FROM xlsx_private.warning_row w WHERE w.task_id = task) AS b
        CROSS JOIN LATERAL jsonb_array_elements(b.violations) AS v (item)
      GROUP BY v.item ->> 'column', v.item ->> 'code', coalesce(v.item ->> 'constraint', ''), b.severity;
  END IF;
END
$$;
COMMENT ON FUNCTION xlsx_private.counted_violations(bigint) IS 'xlsx.error_summary in any order.';

CREATE FUNCTION xlsx.error_summary(task bigint,
  OUT column_name text, OUT code text, OUT message text, OUT severity text, OUT count bigint, OUT first_row int, OUT first_cell text)
RETURNS SETOF record
LANGUAGE sql STABLE ROWS 20
BEGIN ATOMIC
  SELECT v.column_name, v.code, v.message, v.severity, v.count, xlsx_private.row_in_sheet(v.first_row), v.first_cell FROM xlsx_private.counted_violations(task) AS v
  ORDER BY v.severity, v.count DESC, v.first_row, v.column_name;
END;
COMMENT ON FUNCTION xlsx.error_summary(bigint) IS
'Violations of a task by column and rule: their number, and the first row and cell. message: that of the first one.';

CREATE FUNCTION xlsx.report(task bigint) RETURNS jsonb
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT pg_catalog.jsonb_build_object(
    'taskId', t.id, 'status', t.status, 'dryRun', t.dry_run, 'mode', t.mode, 'sheet', t.found_sheet, 'sheets', t.found_sheets, 'headerRow', t.found_header_row,
    'missing', t.missing, 'unused', t.unused, 'duplicates', t.duplicates, 'notes', t.notes,
    'mapping', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('header', t.found_headers[c.place],
          'cell', CASE WHEN t.source_columns[c.place] > 0 THEN xlsx_private.cell_name(t.found_header_row, t.source_columns[c.place]) END,
          'col', CASE WHEN t.source_columns[c.place] > 0 THEN pg_catalog.rtrim(xlsx_private.cell_name(0, t.source_columns[c.place]), '0') END,
          'column', c.item ->> 'name') ORDER BY c.place), '[]'::pg_catalog.jsonb)
      FROM xlsx_private.frozen_profile f, LATERAL pg_catalog.jsonb_array_elements(f.content -> 'columns') WITH ORDINALITY AS c (item, place)
      WHERE f.id = t.frozen_id),
    'findings', coalesce(t.findings, '[]'::pg_catalog.jsonb),
    'counts', pg_catalog.jsonb_build_object('total', t.total_rows, 'valid', t.total_rows - t.error_rows, 'errors', t.error_rows,
      'warnings', t.warning_rows, CASE WHEN t.dry_run THEN 'wouldInsert' ELSE 'inserted' END, t.inserted_rows,
      CASE WHEN t.dry_run THEN 'wouldUpdate' ELSE 'updated' END, t.updated_rows, 'unchanged', t.unchanged_rows,
      CASE WHEN t.dry_run THEN 'wouldSkip' ELSE 'skipped' END, t.skipped_rows,
      CASE WHEN t.dry_run THEN 'wouldDelete' ELSE 'deleted' END, t.deleted_rows, 'absent', t.absent_rows),
    'errors', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('column', s.column_name, 'code', s.code,
        'message', s.message, 'severity', s.severity, 'count', s.count, 'firstRow', s.first_row, 'firstCell', s.first_cell)), '[]'::pg_catalog.jsonb)
      FROM xlsx.error_summary(t.id) s),
    'phases', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('phase', p.name, 'ms', t.phase_ms[p.place]) ORDER BY p.place)
      FROM pg_catalog.unnest(xlsx_private.names_of('phase')) WITH ORDINALITY AS p (name, place)))
  FROM xlsx_private.task t WHERE t.id = task;
END;
COMMENT ON FUNCTION xlsx.report(bigint) IS
'Report of a task as JSON object: sheet, header row, mapping of headers to columns, missing columns, unused and duplicate headers, notes, findings (how texts with two readings are read, by column), counts (of a dry run: rows that it would insert, update, skip, delete; absent: rows of the target that the file lacks), errors by column and rule, milliseconds in each phase. NULL if there is no such task.';
