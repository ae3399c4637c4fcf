-- What a transformation sees of its cell, besides the text: kind, number_format, raw; and how it names the row in a subquery.
CREATE TABLE seen (no int, said text, kinds text, formats text, raws text, dept int, more jsonb);
CREATE TABLE dept (id int PRIMARY KEY, name text, said text);
INSERT INTO dept VALUES (7, 'Sales', 'other'), (9, 'Research', 'other');
SELECT xlsx.create_profile('seen', 'seen') > 0 AS made;
SELECT xlsx.set_column('seen', 'kinds', transform => 'kind || coalesce('' '' || value, '''')'),
  xlsx.set_column('seen', 'formats', transform => 'r.number_format'),
  xlsx.set_column('seen', 'raws', transform => '''<'' || raw || ''>'''),
  -- The subquery's table has a column of that name, too.
  xlsx.set_column('seen', 'dept', transform => '(SELECT d.id FROM dept AS d WHERE d.name = r.said || '''' AND d.said <> r.said AND r.value = value)'),
  xlsx.set_column('seen', 'more', source => 'value', transform => 'jsonb_build_object(''note'', extra ->> ''Note'', ''keys'', (SELECT count(*) FROM jsonb_object_keys(extra)))');
SELECT encode(xlsx.write($$SELECT * FROM (VALUES
  (1, 'Sales', ' text '::text, '1'::text, ' raw '::text, '1', 'first'), (2, 'Research', NULL, NULL, NULL, '1', NULL)) AS v (no, said, kinds, formats, raws, dept, "Note")$$), 'base64') AS book \gset
SELECT status, saved_rows, error_rows FROM xlsx.import('seen', decode(:'book', 'base64'));
SELECT * FROM seen ORDER BY no;
TRUNCATE seen;
-- Kinds other than text
SELECT encode(xlsx.write($$SELECT 1 AS no, 'Sales' AS said, 1.5::numeric AS kinds, date '2024-05-17' AS formats, true AS raws, '1' AS dept$$), 'base64') AS book \gset
SELECT status, saved_rows, error_rows FROM xlsx.import('seen', decode(:'book', 'base64'));
SELECT kinds, formats, raws FROM seen;
TRUNCATE seen;
SELECT encode(xlsx.write($$SELECT 1 AS no, 'Sales' AS said, timestamp '2024-05-17 12:00' AS kinds, 2::numeric AS formats, date '2024-05-17' AS raws, '1' AS dept$$), 'base64') AS book \gset
SELECT status, saved_rows, error_rows FROM xlsx.import('seen', decode(:'book', 'base64'));
SELECT kinds, formats, raws FROM seen;
TRUNCATE seen;
-- A column of that name goes before the fact.
ALTER TABLE seen ADD COLUMN kind text;
SELECT xlsx.set_column('seen', 'kind', header => 'Kind');
SELECT encode(xlsx.write($$SELECT 1 AS no, 'Sales' AS said, 'a' AS kinds, 'mine' AS kind$$), 'base64') AS book \gset
SELECT status, saved_rows, error_rows FROM xlsx.import('seen', decode(:'book', 'base64'));
SELECT kinds FROM seen;
SELECT xlsx.drop_profile('seen');
DROP TABLE seen, dept;
