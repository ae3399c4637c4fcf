-- A plan that was made while a table was empty must do when it is not: no step of an import reads all the rows of those before.
\set SHOW_CONTEXT never
CREATE TABLE part (id int PRIMARY KEY, code text, note text);
SELECT xlsx.create_profile('part', 'part') > 0 AS made;
-- Codes come again within a batch and far from it; long ones, and blanks, which do not count.
CREATE TABLE given AS
SELECT i AS id, CASE WHEN i % 1000 = 7 THEN NULL WHEN i % 997 = 0 THEN 'twice' || i / 4000 WHEN i % 1500 = 1 THEN 'near' || i / 3 || '0'
  WHEN i % 1500 = 2 THEN 'near' || (i - 1) / 3 || '0' WHEN i % 3000 < 2 THEN repeat('long', 40) || i / 6000 ELSE 'c' || i END AS code,
  'note ' || i AS note
FROM generate_series(1, 12000) AS i;
SELECT xlsx.write('SELECT * FROM given ORDER BY id') AS book \gset
-- Empty, and known to be empty: the plans of a session that is made now read all of a table.
VACUUM part, xlsx_private.packet, xlsx_private.seen_value, xlsx_private.error_page;
\connect -
\set SHOW_CONTEXT never
SELECT xlsx.add_rule('part', 'unique', 'code') AS rule;
PREPARE read_by_scan AS SELECT relname, seq_tup_read < 1000 AS by_index FROM pg_stat_xact_user_tables
  WHERE relname IN ('part', 'packet', 'seen_value') ORDER BY relname;
BEGIN;
SELECT status, total_rows, saved_rows, error_rows FROM xlsx.import('part', :'book');
EXECUTE read_by_scan;
COMMIT;
-- Those and only those that some row before has
CREATE TEMP TABLE expected AS SELECT id + 1 AS row_number, first + 1 AS first_row
  FROM (SELECT id, code, min(id) OVER (PARTITION BY code) AS first FROM given WHERE code IS NOT NULL) AS g WHERE first <> id;
SELECT count(*) AS duplicates, count(*) FILTER (WHERE row_number - first_row < 1000) AS near,
  count(*) FILTER (WHERE row_number - first_row >= 1000) AS far FROM expected;
SELECT count(*) AS differences FROM expected e
  FULL JOIN xlsx.task_errors((SELECT max(id) FROM xlsx.tasks)) AS f USING (row_number)
  WHERE f.code IS DISTINCT FROM 'unique' OR f.detail IS DISTINCT FROM format('Row %s has the same value.', e.first_row);
SELECT count(*) FROM xlsx_private.seen_value;
SELECT xlsx.drop_rule('part', name) FROM xlsx.profile_rules WHERE profile = 'part';
-- By key: into a table that is empty, and into one that is full
SELECT xlsx.alter_profile('part', mode => 'upsert');
TRUNCATE part;
VACUUM part;
BEGIN;
SELECT status, inserted_rows, updated_rows, unchanged_rows FROM xlsx.import('part', :'book');
UPDATE part SET note = '' WHERE id % 100 = 0;
SELECT status, inserted_rows, updated_rows, unchanged_rows FROM xlsx.import('part', :'book');
SELECT status, updated_rows, unchanged_rows FROM xlsx.import('part', :'book', mode => 'update');
DELETE FROM part WHERE id % 2 = 0;
SELECT status, inserted_rows, skipped_rows FROM xlsx.import('part', :'book', mode => 'skip');
SELECT relname, seq_tup_read <= 24000 AS by_index FROM pg_stat_xact_user_tables WHERE relname = 'part';
COMMIT;
SELECT count(*), count(*) FILTER (WHERE note = '') FROM part;
DROP TABLE given;
