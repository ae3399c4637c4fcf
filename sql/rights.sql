-- Everybody sees his own, and works with his own rights.
\getenv root PG_ABS_SRCDIR
\set people `base64 -w0 :'root'/test/samples/people.xlsx`
CREATE ROLE xlsx_test_ann LOGIN IN ROLE xlsx_user;
CREATE ROLE xlsx_test_bob LOGIN IN ROLE xlsx_user;
CREATE ROLE xlsx_test_eve LOGIN;
GRANT CREATE ON SCHEMA public TO xlsx_test_ann;
SET ROLE xlsx_test_ann;
CREATE TABLE ann_people (task_id bigint, name text NOT NULL, gender text NOT NULL, bio_id text NOT NULL);
SELECT xlsx.create_profile('ann', 'ann_people', 'task_id', '{"bio_id": "Bio-ID"}') > 0 AS made;
SELECT xlsx.submit('ann', decode(:'people', 'base64')) AS task \gset
SELECT xlsx.wait(:task, '30 s');
SELECT count(*) FROM ann_people;
SELECT count(*) FROM xlsx.tasks;
SELECT count(*) FROM xlsx.task_errors(:task);
-- Another user: nothing to see, nothing to do.
SET ROLE xlsx_test_bob;
SELECT count(*) FROM xlsx.tasks;
SELECT count(*) FROM xlsx.task_errors(:task);
SELECT xlsx.errors_workbook(:task) IS NULL AS nothing;
\set VERBOSITY terse
SELECT set_config('test.task', :'task', false) <> '' AS set;
DO $$
DECLARE
  statement text;
BEGIN
  FOREACH statement IN ARRAY ARRAY['xlsx.wait(%s)', 'xlsx.cancel(%s)', 'xlsx.retry(%s)', 'xlsx.delete(%s)',
    'xlsx_rest.rest_task(''%s'')', 'xlsx_rest.rest_snapshot(''%s'')', 'xlsx_private.remove_task(%s)'] LOOP
    BEGIN
      EXECUTE 'SELECT ' || format(statement, current_setting('test.task'));
      RAISE NOTICE 'allowed: %', statement;
    EXCEPTION WHEN no_data_found THEN
      RAISE NOTICE 'not found: %', statement;
    END;
  END LOOP;
END $$;
SELECT xlsx.create_profile('bob', 'ann_people');
SELECT xlsx.drop_profile('ann');
-- Ann's profile can be used, but the work is done with Bob's rights.
SELECT xlsx.submit('ann', decode(:'people', 'base64')) AS task \gset
SELECT xlsx.wait(:task, '30 s');
SELECT status, error_message FROM xlsx.tasks;
SELECT xlsx.emit(:task, 'task-completed', '{}');
INSERT INTO xlsx_private.task DEFAULT VALUES;
SELECT count(*) FROM xlsx_private.chunk;
UPDATE xlsx_private.profile SET owner = 'xlsx_test_bob'::regrole WHERE name = 'ann';
SELECT owner FROM xlsx.profiles WHERE name = 'ann';
-- Somebody without the role can read a workbook, and no more.
SET ROLE xlsx_test_eve;
SELECT name FROM xlsx.sheets(decode(:'people', 'base64'));
SELECT xlsx.submit('ann', decode(:'people', 'base64'));
SELECT count(*) FROM xlsx.tasks;
RESET ROLE;
\set VERBOSITY default
-- Functions that run with other rights than the caller's pin their search_path; none may be called by everybody.
SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace IN ('xlsx'::regnamespace, 'xlsx_private'::regnamespace, 'xlsx_rest'::regnamespace)
  AND (p.prosecdef AND NOT coalesce(p.proconfig::text LIKE '%search_path%', false)
    OR has_function_privilege('xlsx_test_eve', p.oid, 'EXECUTE')) ORDER BY 1;
SELECT count(xlsx.delete(id)) FROM xlsx.tasks;
SELECT xlsx.drop_profile('ann');
DROP TABLE ann_people;
REVOKE CREATE ON SCHEMA public FROM xlsx_test_ann;
DROP ROLE xlsx_test_ann, xlsx_test_bob, xlsx_test_eve;
