-- Error rows are written as the server stores arrays and jsonb; what it makes of the same text must be the same.
\getenv root PG_ABS_SRCDIR
SELECT format('CREATE TABLE wide (%s)', string_agg(format('c%s int NOT NULL', n), ', ')) FROM generate_series(1, 40) AS n \gexec
SELECT xlsx.create_profile('wide', 'wide') > 0 AS made;
-- Rows with one bad cell and with all of them, blank cells, quotes, several bytes a character, a long text, and one cell at each place.
SELECT json_agg(row ORDER BY ordinal) AS rows FROM (
  SELECT 0 AS ordinal, json_agg('C' || n ORDER BY n) AS row FROM generate_series(1, 40) AS n
  UNION ALL
  SELECT r, json_agg(CASE WHEN r = 41 THEN 'x' || repeat('é', n) WHEN r = 42 AND n % 3 > 0 THEN NULL WHEN r = 43 THEN '"\' || chr(8364) || n
    WHEN r = 44 AND n = 7 THEN repeat('long ', 6000) WHEN r = n THEN 'bad' ELSE n::text END ORDER BY n)
  FROM generate_series(1, 45) AS r, generate_series(1, 40) AS n GROUP BY r) AS sheet \gset
\setenv rows :rows
\set book `printf %s "$rows" | xargs -0 python3 "$PG_ABS_SRCDIR"/test/tools/book.py`
SELECT status, error_rows, saved_rows FROM xlsx.import('wide', decode(:'book', 'base64'));
CREATE VIEW bad AS SELECT * FROM xlsx_private.error_row WHERE task_id = (SELECT max(id) FROM xlsx.tasks);
SELECT count(*), sum(jsonb_array_length(violations)) AS violations, max(jsonb_array_length(violations)) AS most,
  bool_and(violations = violations::text::jsonb) AS same_json, bool_and(cells = cells::text::text[]) AS same_cells,
  bool_and(array_ndims(cells) = 1 AND array_lower(cells, 1) = 1 AND cardinality(cells) = 40) AS same_shape
FROM bad;
-- Each element and each member is found by its place and by its name.
SELECT count(*) AS violations,
  count(*) FILTER (WHERE v = e.violations -> (n::int - 1)) AS by_place,
  count(*) FILTER (WHERE (SELECT bool_and(v ->> key = value AND v ? key) FROM jsonb_each_text(v))) AS by_name,
  count(*) FILTER (WHERE e.violations @> jsonb_build_array(v)) AS contained,
  count(*) FILTER (WHERE v ->> 'value' IS NOT DISTINCT FROM cells[substr(v ->> 'column', 2)::int]) AS of_its_cell
FROM bad e, jsonb_array_elements(violations) WITH ORDINALITY AS element (v, n);
SELECT jsonb_object_keys(v) AS member, count(*) FROM bad, jsonb_array_elements(violations) AS v GROUP BY 1 ORDER BY 1;
-- With what the target says, too
ALTER TABLE wide ADD CONSTRAINT few CHECK (c1 < 0) NOT VALID;
SELECT status FROM xlsx.import('wide', decode(:'book', 'base64'));
SELECT violations - 0 AS others, (violations -> 0) - 'detail' AS violation, left(violations #>> '{0,detail}', 40) AS detail, violations = violations::text::jsonb AS same
FROM bad WHERE violations @> '[{"code": "check"}]';
DROP VIEW bad;
SELECT xlsx.drop_profile('wide');
DROP TABLE wide;
-- Many together in a page, in order, though some rows are found bad while cells are checked and others while they are saved.
CREATE TABLE part (id int PRIMARY KEY, code int NOT NULL, note text);
INSERT INTO part SELECT i, 0 FROM generate_series(13, 5000, 13) AS i;
SELECT xlsx.create_profile('part', 'part') > 0 AS made;
CREATE TABLE given AS SELECT i AS id, CASE WHEN i % 7 > 0 THEN i END AS code,
  CASE i % 700 WHEN 0 THEN repeat('long ' || i, 3000) WHEN 350 THEN repeat('note', 500) END AS note FROM generate_series(1, 5000) AS i;
SELECT xlsx.write('SELECT * FROM given ORDER BY id') AS book \gset
CREATE FUNCTION faults(task bigint) RETURNS TABLE (rows bigint, required bigint, "unique" bigint, missing bigint, overlapping bigint, miscounted bigint,
  out_of_order bigint, out_of_place bigint) LANGUAGE sql AS $$ SELECT
  (SELECT count(*) FROM xlsx_private.error_row r WHERE r.task_id = task),
  (SELECT count(DISTINCT e.row_number) FROM xlsx.task_errors(task) e WHERE e.code = 'required' AND (e.row_number - 1) % 7 = 0 AND e.values ->> 'Code' IS NULL AND e.values ? 'Code'),
  (SELECT count(DISTINCT e.row_number) FROM xlsx.task_errors(task) e WHERE e.code = 'unique' AND (e.row_number - 1) % 13 = 0),
  (SELECT count(*) FROM given g WHERE (id % 7 = 0 OR id % 13 = 0)
    AND NOT EXISTS (SELECT FROM xlsx.task_errors(task) e WHERE e.row_number = g.id + 1 AND e.values ->> 'Note' IS NOT DISTINCT FROM g.note)),
  (SELECT count(*) FROM (SELECT first_row, lag(last_row) OVER (ORDER BY first_row) AS before FROM xlsx_private.error_page p WHERE p.task_id = task) AS p
    WHERE first_row <= before),
  (SELECT count(*) FROM xlsx_private.error_page p WHERE p.task_id = task AND (row_count <> cardinality(p.rows)
    OR first_row <> (p.rows[1]).row_number OR last_row <> (p.rows[row_count]).row_number))
    + (SELECT count(*) FROM (SELECT b.block, b.row_count::bigint FROM xlsx_private.error_block b WHERE b.task_id = task AND b.row_count <> 0) AS b
      FULL JOIN (SELECT p.first_row / 4096 AS block, sum(p.row_count) AS row_count FROM xlsx_private.error_page p WHERE p.task_id = task GROUP BY 1) AS p USING (block)
      WHERE b.row_count IS DISTINCT FROM p.row_count)
    + (SELECT count(*) FROM (SELECT s.column_name, s.code, s.count, s.first_row, s.first_cell, s.message FROM xlsx.error_summary(task) s WHERE s.severity = 'error') AS s
      FULL JOIN (SELECT e.column_name, e.code, count(*) AS count, min(e.row_number) AS first_row, (array_agg(e.cell ORDER BY e.row_number))[1] AS first_cell,
        (array_agg(e.message ORDER BY e.row_number))[1] AS message FROM xlsx.task_errors(task) e GROUP BY e.column_name, e.code, e.constraint_name) AS e
        USING (column_name, code) WHERE s IS NULL OR e IS NULL OR (s.count, s.first_row, s.first_cell, s.message) IS DISTINCT FROM (e.count, e.first_row, e.first_cell, e.message)),
  (SELECT count(*) FROM (SELECT row_number, lag(row_number) OVER () AS before FROM (SELECT row_number FROM xlsx.task_errors(task)) AS e) AS e WHERE row_number < before),
  (SELECT count(*) FROM generate_series(0, 1150, 23) AS skipped
    CROSS JOIN LATERAL (SELECT array_agg(r.row_number) AS found FROM xlsx_private.find_error(task, skipped) p, xlsx_private.errors_from(task, p.page, p.rest, NULL, 60) r) AS f
    WHERE found IS DISTINCT FROM (SELECT array_agg(row_number ORDER BY row_number) FROM (SELECT row_number FROM xlsx_private.error_row r
      WHERE r.task_id = task ORDER BY row_number OFFSET skipped LIMIT 60) AS r))
    + (SELECT count(*) FROM generate_series(0, 5100, 37) AS behind
    CROSS JOIN LATERAL (SELECT array_agg((i ->> 'rowNumber')::int) AS found FROM json_array_elements((xlsx_rest.rest_errors(task::text, NULL, '60', behind::text)).body -> 'data') i) AS f
    WHERE found IS DISTINCT FROM (SELECT array_agg(row_number ORDER BY row_number) FROM (SELECT row_number FROM xlsx_private.error_row r
      WHERE r.task_id = task AND row_number > behind ORDER BY row_number LIMIT 60) AS r)
      OR found IS DISTINCT FROM (SELECT array_agg(row_number) FROM (SELECT DISTINCT row_number FROM xlsx.task_errors(task, behind) ORDER BY 1 LIMIT 60) AS r))
$$;
SELECT status, error_rows, f.* FROM xlsx.import('part', :'book') AS t, faults(t.task) AS f;
SELECT count(*) AS pages, count(*) FILTER (WHERE row_count > 20) AS of_many_rows, max(pg_column_size(p.*)) <= 8160 AS short FROM xlsx_private.error_page p WHERE task_id = (SELECT max(id) FROM xlsx.tasks);
-- In a dry run, errors of saving wait aside until what it did has been taken back.
TRUNCATE part;
INSERT INTO part SELECT i, 0 FROM generate_series(13, 5000, 13) AS i;
SELECT status, error_rows, f.* FROM xlsx.import('part', :'book', dry_run => true) AS t, faults(t.task) AS f;
DROP FUNCTION faults;
DROP TABLE given;
SELECT xlsx.drop_profile('part');
DROP TABLE part;
