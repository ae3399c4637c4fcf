-- SQL of a profile looks values up. What it writes is refused, and nothing of it is left: neither of rows that are refused, nor of dry runs.
\getenv root PG_ABS_SRCDIR
\set SHOW_CONTEXT never
\set book `:'root'/test/tools/book.py '[["id", "name"], [1, "Ann"], [2, "Bob"], ["x", "Cid"]]'`
CREATE TABLE visitor (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE trace (at text);
CREATE SEQUENCE trace_no;
CREATE FUNCTION writes(value text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN INSERT INTO trace VALUES (value); RETURN value; END $$;
CREATE FUNCTION tries(value text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  BEGIN INSERT INTO trace VALUES (value); EXCEPTION WHEN OTHERS THEN NULL; END;
  BEGIN PERFORM set_config('transaction_read_only', 'off', false); EXCEPTION WHEN OTHERS THEN NULL; END;
  BEGIN INSERT INTO trace VALUES (value); EXCEPTION WHEN OTHERS THEN NULL; END;
  BEGIN PERFORM lo_create(0); EXCEPTION WHEN OTHERS THEN NULL; END;
  PERFORM pg_notify('trace', value), pg_advisory_xact_lock(4712), set_config('xlsx_test.trace', value, false);
  RETURN upper(value);
END $$;
SELECT xlsx.create_profile('visitor', 'visitor') > 0 AS made;
LISTEN trace;
-- A transformation, a lookup, a rule that write
SELECT xlsx.set_column('visitor', 'name', transform => 'public.writes(value)');
SELECT xlsx.import('visitor', decode(:'book', 'base64'));
SELECT xlsx.import('visitor', decode(:'book', 'base64'), dry_run => true);
SELECT xlsx.submit('visitor', decode(:'book', 'base64')) AS task \gset
SELECT xlsx.wait(:task, '30 s');
SELECT status, attempts, saved_rows, error_code, error_message, error_detail, error_hint FROM xlsx.tasks WHERE id = :task;
SELECT xlsx.set_column('visitor', 'name', transform => '', lookup => $$SELECT n, public.writes(n) FROM unnest('{Ann,Bob}'::text[]) AS n$$);
SELECT xlsx.import('visitor', decode(:'book', 'base64'));
SELECT xlsx.template('visitor');
SELECT xlsx.set_column('visitor', 'name', lookup => $$SELECT n, n || nextval('public.trace_no') FROM unnest('{Ann,Bob}'::text[]) AS n$$);
SELECT xlsx.import('visitor', decode(:'book', 'base64'));
SELECT xlsx.set_column('visitor', 'name', lookup => '');
SELECT xlsx.add_rule('visitor', 'expression', argument => '{public.writes(name) <> ''''}', name => 'writes');
SELECT xlsx.import('visitor', decode(:'book', 'base64'));
SELECT xlsx.drop_rule('visitor', 'writes');
-- What is no write to a table
SELECT xlsx.set_column('visitor', 'name', transform => 'public.tries(value)');
SELECT status, saved_rows, error_rows FROM xlsx.import('visitor', decode(:'book', 'base64'), dry_run => true);
BEGIN;
SELECT status, saved_rows, error_rows FROM xlsx.import('visitor', decode(:'book', 'base64'));
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4712;
COMMIT;
SELECT * FROM visitor ORDER BY id;
-- Nothing is left.
SELECT count(*) AS rows FROM trace;
SELECT count(*) AS large_objects FROM pg_largeobject_metadata;
SELECT is_called FROM trace_no;
SELECT coalesce(current_setting('xlsx_test.trace', true), '') = '' AS unset;
-- And the transaction writes as before.
BEGIN;
SELECT count(xlsx.import('visitor', decode(:'book', 'base64'), dry_run => true));
INSERT INTO trace VALUES ('mine');
ROLLBACK;
UNLISTEN trace;
SELECT xlsx.drop_profile('visitor');
DROP TABLE visitor, trace;
DROP SEQUENCE trace_no;
DROP FUNCTION writes, tries;
