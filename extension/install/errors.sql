/*
 * Error rows, a page of a list at a time
 *
 * A list of a million rows is read from where it is wanted on: the counts of
 * error_block say in which pages the N-th row is. A task that has none (its
 * pages were written by others) is counted page by page.
 */

CREATE FUNCTION xlsx_private.find_error(subject bigint, skipped bigint, OUT page int, OUT rest bigint)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  low int := -2147483648;
  high int := 2147483647;
  before bigint := 0;
  one record;
BEGIN
  SELECT n.block, n.upto - n.row_count AS before INTO one
  FROM (SELECT b.block, b.row_count, sum(b.row_count) OVER (ORDER BY b.block) AS upto FROM xlsx_private.error_block b WHERE b.task_id = subject) AS n
  WHERE n.upto > skipped ORDER BY n.block LIMIT 1;
  IF FOUND THEN
    low := one.block * 4096;
    high := low + 4095;
    before := one.before;
  ELSIF EXISTS (SELECT FROM xlsx_private.error_block b WHERE b.task_id = subject) THEN
    RETURN;
  END IF;
  SELECT n.first_row, skipped - before - n.upto + n.row_count INTO page, rest
  FROM (SELECT p.first_row, p.row_count, sum(p.row_count) OVER (ORDER BY p.first_row) AS upto FROM xlsx_private.error_page p
    WHERE p.task_id = subject AND p.first_row BETWEEN low AND high) AS n
  WHERE n.upto > skipped - before ORDER BY n.first_row LIMIT 1;
END
$$;
COMMENT ON FUNCTION xlsx_private.find_error(bigint, bigint, OUT int, OUT bigint) IS
'In which page of error_page the row after N others is (skipped), by its first row, and how many rows of the page come before. NULL: there are no more.';

CREATE FUNCTION xlsx_private.errors_from(subject bigint, page int, rest bigint, after int, wanted int) RETURNS SETOF xlsx_private.reported_row
LANGUAGE plpgsql STABLE ROWS 10
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  kept record;
  one xlsx_private.reported_row;
  skipped bigint := rest;
  returned int := 0;
BEGIN
  FOR kept IN SELECT p.rows FROM xlsx_private.error_page p WHERE p.task_id = subject AND p.first_row >= page ORDER BY p.first_row LOOP
    FOREACH one IN ARRAY kept.rows LOOP
      IF skipped > 0 THEN
        skipped := skipped - 1;
      ELSIF after IS NULL OR one.row_number > after THEN
        EXIT WHEN returned = wanted;
        RETURN NEXT one;
        returned := returned + 1;
      END IF;
    END LOOP;
    EXIT WHEN returned = wanted;
  END LOOP;
END
$$;
COMMENT ON FUNCTION xlsx_private.errors_from(bigint, int, bigint, int, int) IS
'Rows of a task that were not saved, in the order of the sheet, at most so many (wanted): from a page of error_page on, without the first ones of it (rest), and only those behind a row of the sheet (after, NULL: all).';

CREATE FUNCTION xlsx_private.errors_json(subject bigint, page int, rest bigint, after int, wanted int) RETURNS json
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  sheets text[] := (SELECT t.found_sheets FROM xlsx_private.task t WHERE t.id = subject);
  headers text[] := (SELECT f.headers FROM xlsx_private.task t JOIN xlsx_private.frozen_profile f ON f.id = t.frozen_id WHERE t.id = subject);
BEGIN
  RETURN (SELECT json_agg(CASE WHEN sheets IS NULL THEN json_build_object('rowNumber', e.row_number, 'values', v.cells, 'errors', e.violations)
      ELSE json_build_object('rowNumber', xlsx_private.row_in_sheet(e.row_number), 'sheet', sheets[xlsx_private.row_sheet(e.row_number)],
        'place', e.row_number, 'values', v.cells, 'errors', e.violations) END ORDER BY e.row_number)
    FROM xlsx_private.errors_from(subject, page, rest, after, wanted) AS e,
      LATERAL (SELECT json_object_agg(h.header, h.value ORDER BY h.position) AS cells
        FROM unnest(headers, e.cells) WITH ORDINALITY AS h (header, value, position)) AS v);
END
$$;
COMMENT ON FUNCTION xlsx_private.errors_json(bigint, int, bigint, int, int) IS 'Rows of xlsx_private.errors_from as JSON array of objects, as REST shows them. NULL if there are none. If the task reads several sheets, each row has its sheet, and its place: the number for after.';

CREATE FUNCTION xlsx_private.errors_after(subject bigint, after int, wanted int) RETURNS json
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  -- One more says whether there is a next page.
  items json := xlsx_private.errors_json(subject, xlsx_private.page_of_row(subject, after), 0, after, wanted + 1);
  more boolean := coalesce(json_array_length(items) > wanted, false);
BEGIN
  IF more THEN
    items := (SELECT json_agg(i.item ORDER BY i.place) FROM json_array_elements(items) WITH ORDINALITY AS i (item, place) WHERE i.place <= wanted);
  END IF;
  RETURN json_build_object('data', coalesce(items, '[]'), 'meta', json_build_object('total', xlsx_private.count_errors(subject), 'limit', wanted,
    'next', CASE WHEN more THEN coalesce(items -> -1 ->> 'place', items -> -1 ->> 'rowNumber')::int END));
END
$$;
COMMENT ON FUNCTION xlsx_private.errors_after(bigint, int, int) IS
'The part of the list of errors of a task that is behind a row of the sheet: {"data": […], "meta": {"total", "limit", "next"}}. next: the value of after for the part that follows, null at the end.';

CREATE FUNCTION xlsx_rest.rest_errors(task text, page text, "limit" text, after text DEFAULT NULL) RETURNS xlsx_rest.answer
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  task bigint := xlsx_private.rest_id($1);
  page_size int := xlsx_private.rest_page_size($3);
  page_no int := xlsx_private.rest_page_number($2);
  start record;
BEGIN
  IF after IS NOT NULL THEN
    IF $2 IS NOT NULL THEN
      RAISE EXCEPTION 'page and after exclude each other' USING ERRCODE = 'invalid_parameter_value',
        HINT = 'Give page for a page by its number, or after for the rows behind a row of the sheet.';
    END IF;
    RETURN ROW(200, xlsx_private.errors_after(task, xlsx_private.rest_after(after), page_size))::xlsx_rest.answer;
  END IF;
  SELECT * INTO start FROM xlsx_private.find_error(task, (page_no - 1)::bigint * page_size);
  RETURN ROW(200, xlsx_private.rest_page(CASE WHEN start.page IS NOT NULL THEN xlsx_private.errors_json(task, start.page, start.rest, NULL, page_size) END,
    xlsx_private.count_errors(task), page_no, page_size))::xlsx_rest.answer;
END
$$;
COMMENT ON FUNCTION xlsx_rest.rest_errors(text, text, text, text) IS
'GET /tasks/:taskId/errors: a page by its number, or the rows behind a row of the sheet (after), where meta.next is the next after.';

CREATE FUNCTION xlsx_rest.rest_rows(task text, after text, "limit" text) RETURNS xlsx_rest.answer
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  task bigint := xlsx_private.rest_id($1);
BEGIN
  RETURN ROW(200, xlsx_private.rows_after(task, xlsx_private.rest_after(after), xlsx_private.rest_page_size($3)))::xlsx_rest.answer;
END
$$;
COMMENT ON FUNCTION xlsx_rest.rest_rows(text, text, text) IS
'GET /tasks/:taskId/rows: what became of the rows behind a row of the sheet (after; from the first on without it); meta.next is the next after.';

CREATE FUNCTION xlsx_rest.rest_result_workbook(task text) RETURNS text
LANGUAGE sql STABLE
RETURN pg_catalog.format('result-task-%s.xlsx', xlsx_private.rest_id(task));
COMMENT ON FUNCTION xlsx_rest.rest_result_workbook(text) IS
'GET /tasks/:taskId/result: the file name; the bytes come from xlsx.result_workbook_chunks.';
