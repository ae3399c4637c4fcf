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
