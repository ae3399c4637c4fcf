-- A database with a history: what is in the private tables after a year, written directly.
--
-- psql variables: tasks (N that have ended), profiles, roles, error_rows (all of them), big_errors (those of one task).
--
-- Tenants are tenant_1 to tenant_<roles>, each with its share of the tasks; role "busy" owns a fifth of all, "newcomer" none,
-- and "support" is a member of all tenants. Every second task has errors, and its pages of them; the last task has big_errors.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET synchronous_commit = off;
CREATE EXTENSION IF NOT EXISTS pg_xlsx;

SELECT set_config('history.tasks', :'tasks', false), set_config('history.profiles', :'profiles', false),
  set_config('history.roles', :'roles', false) \gset ignored_

DO $$
DECLARE
  role text;
BEGIN
  FOREACH role IN ARRAY ARRAY['busy', 'newcomer', 'support', 'sidecar'] || ARRAY(SELECT 'tenant_' || i FROM generate_series(1, current_setting('history.roles')::int) AS i) LOOP
    IF to_regrole(role) IS NULL THEN
      EXECUTE format('CREATE ROLE %I LOGIN IN ROLE xlsx_user', role);
    END IF;
  END LOOP;
  GRANT xlsx_notifier TO sidecar;
  FOR role IN SELECT r.rolname FROM pg_roles r WHERE r.rolname LIKE 'tenant\_%' LOOP
    EXECUTE format('GRANT %I TO support', role);
  END LOOP;
END
$$;

-- Tables and profiles, each of the form that a discovered workbook gives.
DO $$
BEGIN
  FOR i IN 1 .. current_setting('history.profiles')::int LOOP
    EXECUTE format('CREATE TABLE target_%s (task_id bigint, name text NOT NULL, gender text NOT NULL, bio_id text NOT NULL, born date, weight numeric(6,2), note text)', i);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON target_%s TO xlsx_user', i);
    PERFORM xlsx.create_profile('profile_' || i, ('target_' || i)::regclass, 'task_id');
    IF i % 1000 = 0 THEN COMMIT; END IF;
  END LOOP;
END
$$;
CREATE TEMP TABLE frozen AS
  SELECT row_number() OVER (ORDER BY p.id) - 1 AS place, p.id AS profile_id, p.name, xlsx_private.freeze_profile(p.id) AS id FROM xlsx_private.profile p;
CREATE TEMP TABLE owner_of AS
  SELECT row_number() OVER () - 1 AS place, r.oid::regrole::xlsx_private.role_ref AS ref FROM pg_roles r WHERE r.rolname LIKE 'tenant\_%';
CREATE UNIQUE INDEX ON frozen (place);
CREATE UNIQUE INDEX ON owner_of (place);
ANALYZE frozen, owner_of;

-- Of ten tasks five have errors, three are complete, one failed and one was cancelled. The last has errors.
INSERT INTO xlsx_private.task (profile_id, frozen_id, profile, file_name, file_size, owner, login, status, progress, total_rows, validated_rows,
  saved_rows, inserted_rows, error_rows, attempts, exactly_once, seq, time_zone, date_style, created_at, updated_at, started_at, completed_at, work_ms,
  found_sheet, found_header_row, found_headers, source_columns, validated, error_code, error_message)
SELECT f.profile_id, f.id, f.name, 'file ' || i || '.xlsx', 50000, o.ref, o.ref, s.status, 100, 1000, 1000, 1000 - s.errors, 1000 - s.errors, s.errors, 1, true, 40,
  'UTC', 'ISO, MDY', made, made + interval '4 s', made + interval '1 s', made + interval '4 s', 3000,
  'Sheet1', 1, ARRAY['Name', 'Gender', 'Bio ID', 'Born', 'Weight', 'Note'], ARRAY[1, 2, 3, 4, 5, 6], true,
  CASE WHEN s.status IN ('FAILED', 'CANCELLED') THEN '57014' END, CASE WHEN s.status IN ('FAILED', 'CANCELLED') THEN 'stopped' END
FROM generate_series(1, :tasks) AS i
  JOIN frozen f ON f.place = i % (SELECT count(*) FROM frozen)
  JOIN LATERAL (SELECT ref FROM owner_of WHERE place = (i / 7) % (SELECT count(*) FROM owner_of) AND i % 5 <> 3
    UNION ALL SELECT 'busy'::regrole::xlsx_private.role_ref WHERE i % 5 = 3) AS o ON true
  CROSS JOIN LATERAL (SELECT CASE WHEN i % 2 = 0 THEN 'HAS_ERRORS' WHEN i % 10 IN (1, 3, 5) THEN 'COMPLETED' WHEN i % 10 = 7 THEN 'FAILED' ELSE 'CANCELLED' END AS status,
    CASE WHEN i % 2 = 0 THEN 2 * :error_rows / :tasks ELSE 0 END AS errors) AS s
  CROSS JOIN LATERAL (SELECT now() - interval '1 year' * (1 - i::float8 / :tasks) - interval '1 hour' AS made) AS m;

-- As many error rows as fill a page are about 30 of these.
CREATE TEMP TABLE template AS
  SELECT array_agg(ROW(r, ARRAY['Some Name', 'F', 'B' || r, '1990-05-17', '72.5', 'a note of some words'],
    jsonb_build_array(jsonb_build_object('column', 'Gender', 'cell', 'B' || r, 'code', 'required', 'message', 'Gender is required', 'value', NULL)), 'ttttnt')::xlsx_private.reported_row ORDER BY r) AS rows
  FROM generate_series(2, 31) AS r;
INSERT INTO xlsx_private.error_page (task_id, first_row, last_row, row_count, rows)
SELECT t.id, p.n * 30 + 2, p.n * 30 + 1 + size, size, (SELECT m.rows[1:size] FROM template m)
FROM (SELECT t.id, t.error_rows FROM xlsx_private.task t WHERE t.error_rows > 0) AS t
  CROSS JOIN LATERAL generate_series(0, (t.error_rows - 1) / 30) AS p (n)
  CROSS JOIN LATERAL (SELECT least(30, t.error_rows - p.n * 30)::int AS size) AS s;

-- One task with errors in each of its rows.
INSERT INTO xlsx_private.error_page (task_id, first_row, last_row, row_count, rows)
SELECT (SELECT max(id) FROM xlsx_private.task), min(r), max(r), count(*),
  array_agg(ROW(r, ARRAY['Some Name', 'F', 'B' || r, '1990-05-17', '72.5', 'a note of some words'],
    jsonb_build_array(jsonb_build_object('column', 'Gender', 'cell', 'B' || r, 'code', 'required', 'message', 'Gender is required', 'value', NULL)), 'ttttnt')::xlsx_private.reported_row ORDER BY r)
FROM generate_series(100002, 100001 + :big_errors) AS r GROUP BY r / 30;
UPDATE xlsx_private.task SET error_rows = error_rows + :big_errors, total_rows = total_rows + :big_errors, validated_rows = validated_rows + :big_errors,
  owner = 'busy'::regrole WHERE id = (SELECT max(id) FROM xlsx_private.task);

-- The counters that the functions would have kept: of the task with most errors, and of all that have ended.
SELECT to_regclass('xlsx_private.error_block') IS NOT NULL AS counts \gset
\if :counts
INSERT INTO xlsx_private.error_block (task_id, block, row_count)
SELECT p.task_id, p.first_row / 4096, sum(p.row_count) FROM xlsx_private.error_page p WHERE p.task_id = (SELECT max(id) FROM xlsx_private.task) GROUP BY 1, 2;
INSERT INTO xlsx_private.error_count (task_id, severity, key, column_name, code, row_count, first_row, first_cell, message)
SELECT p.task_id, 'error', md5('')::uuid, 'Gender', 'required', sum(p.row_count), 2, 'B2', 'Gender is required'
FROM xlsx_private.error_page p WHERE p.task_id = (SELECT max(id) FROM xlsx_private.task) GROUP BY 1;
\endif
SELECT to_regprocedure('xlsx_private.recount()') IS NOT NULL AS counts \gset
\if :counts
SELECT xlsx_private.recount() \gset ignored_
\endif
-- VACUUM takes rows for visible to all once their commit is on the disk.
SET synchronous_commit = on;
CREATE TABLE flushed ();
DROP TABLE flushed;
VACUUM ANALYZE;
