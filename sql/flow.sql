-- What becomes of a task and its file: dry runs that are imported for good, files that are kept, data that are erased, tasks that are held.
\getenv root PG_ABS_SRCDIR
\set people `base64 -w0 :'root'/test/samples/people.xlsx`
CREATE FUNCTION flow_refusal(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  detail text;
  hint text;
BEGIN
  EXECUTE statement;
  RETURN 'accepted';
EXCEPTION WHEN others THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
  RETURN regexp_replace(concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, ''), nullif(hint, '')), '(?<=[a-z] )[0-9]+(?= |$)|[0-9T:.-]{15,}Z', 'N', 'g');
END $$;
CREATE ROLE flow_ann IN ROLE xlsx_user;
CREATE ROLE flow_bob IN ROLE xlsx_user;
CREATE ROLE flow_boss IN ROLE xlsx_admin, xlsx_user;
CREATE TABLE flow_people (task_id bigint, name text NOT NULL, gender text NOT NULL, bio_id text NOT NULL);
CREATE TABLE flow_names (name text NOT NULL, gender text);
GRANT SELECT, INSERT, DELETE ON flow_people, flow_names TO flow_ann, flow_boss;
SELECT xlsx.create_profile('flow', 'flow_people', 'task_id', '{"bio_id": "Bio-ID"}') > 0 AS made;
SELECT xlsx.create_profile('flow_clean', 'flow_names') > 0 AS made;
-- Every column of a task either goes with xlsx.run, or begins anew: this list names those that do.
SELECT a.attname AS neither_copied_nor_new FROM pg_attribute a
WHERE a.attrelid = 'xlsx_private.task'::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> ALL (ARRAY[
  -- copied
  'profile_id', 'frozen_id', 'profile', 'file_name', 'file_size', 'sheet', 'mode', 'max_errors', 'header_row', 'range', 'locale', 'mapping',
  'options', 'params', 'time_zone', 'date_style', 'exactly_once', 'file_hash', 'on_duplicate',
  -- of the new task
  'id', 'run_of', 'file_id', 'owner', 'login', 'login_was_member', 'owner_was_user', 'run_at', 'wait_ms', 'priority', 'born', 'born_in', 'home',
  'held', 'submitted_by', 'status', 'attempts', 'started_at', 'attempt_started_at', 'created_at', 'updated_at', 'dry_run', 'idempotency_key', 'duplicate_of', 'tenant', 'settings',
  -- what becomes of it
  'phase', 'phase_progress', 'progress', 'total_rows', 'validated_rows', 'error_rows', 'saved_rows', 'deaths', 'waited_ms', 'inserted_rows',
  'updated_rows', 'unchanged_rows', 'deleted_rows', 'absent_rows', 'skipped_rows', 'warning_rows', 'found_sheet', 'found_sheets',
  'found_header_row', 'found_headers', 'missing', 'unused', 'duplicates', 'notes', 'findings', 'phase_ms', 'phase_started', 'undone', 'restart',
  'undone_rows', 'target', 'source_columns', 'cursor_row', 'validated', 'packets', 'packets_saved', 'packet_rows_saved', 'seq', 'worker_pid',
  'error_code', 'error_message', 'error_detail', 'error_hint', 'completed_at', 'work_ms', 'tallied_saved', 'tallied_errors',
  'file_gone', 'file_gone_at', 'erased_at']);
-- A dry run keeps its file, and xlsx.run imports it for good.
SET ROLE flow_ann;
SELECT xlsx.submit('flow', decode(:'people', 'base64'), dry_run => true) AS dry \gset
SELECT xlsx.wait(:dry, '60 s');
SELECT file_kept_until - completed_at AS kept FROM xlsx.tasks WHERE id = :dry;
SELECT count(*) FROM flow_people;
SELECT xlsx.run(:dry) AS real \gset
SELECT xlsx.wait(:real, '60 s');
SELECT status, saved_rows, error_rows, run_of = :dry AS run_of_dry, dry_run, owner FROM xlsx.tasks WHERE id = :real;
SELECT count(*) FROM flow_people WHERE task_id = :real;
-- Not twice, unless what it saved was undone.
SELECT flow_refusal(format($$SELECT xlsx.run(%s)$$, :dry));
SELECT undone FROM xlsx.undo(:real);
SELECT xlsx.run(:dry, now => true) AS again \gset
SELECT status, saved_rows, run_of = :dry AS run_of_dry FROM xlsx.tasks WHERE id = :again;
SELECT flow_refusal(format($$SELECT xlsx.run(%s)$$, :dry));
SELECT deleted_rows FROM xlsx.delete(:again);
-- A later change of the profile does not count: it is imported as it was checked.
RESET ROLE;
SELECT xlsx.add_rule('flow', 'one_of', 'name', ARRAY['Nobody']) IS NOT NULL AS stricter;
SET ROLE flow_ann;
SELECT xlsx.run(:dry, now => true) AS same \gset
SELECT status, saved_rows, error_rows FROM xlsx.tasks WHERE id = :same;
SELECT deleted_rows FROM xlsx.delete(:same);
RESET ROLE;
SELECT xlsx.drop_rule('flow', name) IS NOT NULL AS dropped FROM xlsx.profile_rules WHERE profile = 'flow';
-- As another role that sees the task and may write the target. Who may not is refused at once.
RESET ROLE;
SET ROLE flow_bob;
SELECT flow_refusal(format($$SELECT xlsx.run(%s)$$, :dry));
RESET ROLE;
GRANT flow_ann TO flow_boss;
SET ROLE flow_boss;
SELECT xlsx.run(:dry) AS approved \gset
SELECT xlsx.wait(:approved, '60 s');
SELECT owner, saved_rows FROM xlsx.tasks WHERE id = :approved;
RESET ROLE;
REVOKE INSERT ON flow_people FROM flow_boss;
REVOKE flow_ann FROM flow_boss;
SELECT deleted_rows FROM xlsx.delete(:approved);
SET ROLE flow_boss;
SELECT flow_refusal(format($$SELECT xlsx.run(%s)$$, :dry));
-- What cannot be run.
SET ROLE flow_ann;
SELECT xlsx.run(NULL);
SELECT xlsx.run(0);
SELECT xlsx.submit('flow_clean', decode(:'people', 'base64')) AS clean \gset
SELECT xlsx.wait(:clean, '60 s');
SELECT flow_refusal(format($$SELECT xlsx.run(%s)$$, :clean));
SELECT xlsx.submit('flow', decode(:'people', 'base64'), dry_run => true, run_at => now() + interval '1 day') AS later \gset
SELECT flow_refusal(format($$SELECT xlsx.run(%s)$$, :later));
SELECT flow_refusal(format($$SELECT xlsx.erase(%s)$$, :later));
SELECT flow_refusal(format($$SELECT xlsx.run(%s, now() + interval '1 day', now => true)$$, :dry));
-- COMPLETED without errors lets its file go at once; what failed keeps it for a retry.
RESET ROLE;
SELECT wait_tidy();
SET ROLE flow_ann;
SELECT status, file_kept_until FROM xlsx.tasks WHERE id = :clean;
SELECT xlsx.cancel(:later);
SELECT file_kept_until >= completed_at + interval '7 days' AS kept FROM xlsx.tasks WHERE id = :later;
RESET ROLE;
SELECT xlsx_private.why_no_file(t) ~ '^The file went at .*Z, because its task was completed and nothing needed it any more\.$' AS why FROM xlsx_private.task t WHERE id = :clean;
SET ROLE flow_ann;
-- xlsx.import keeps a copy of a file that is needed.
SELECT task AS inside, status FROM xlsx.import('flow_clean', decode(:'people', 'base64'), dry_run => true) \gset
SELECT file_kept_until - completed_at AS kept FROM xlsx.tasks WHERE id = :inside;
SELECT xlsx.run(:inside, now => true) AS inside_real \gset
SELECT status, saved_rows, file_kept_until FROM xlsx.tasks WHERE id = :inside_real;
-- Erased: the task stays with its numbers, the data go.
SELECT xlsx.submit('flow', decode(:'people', 'base64'), 'erase.xlsx') AS erased \gset
SELECT xlsx.wait(:erased, '60 s');
SELECT count(*) > 0 AS errors FROM xlsx.task_errors(:erased);
SELECT xlsx.erase(:erased);
SELECT status, total_rows, error_rows, erased_at IS NOT NULL AS erased, file_kept_until, missing, unused, notes FROM xlsx.tasks WHERE id = :erased;
SELECT count(*) AS errors FROM xlsx.task_errors(:erased);
SELECT count(*) AS summary FROM xlsx.error_summary(:erased);
SELECT xlsx.erase(:erased);
SELECT flow_refusal(format($$SELECT xlsx.undo(%s)$$, :erased));
SELECT flow_refusal(format($$SELECT xlsx.run(%s)$$, :erased));
SELECT xlsx.erase(:dry);
SELECT flow_refusal(format($$SELECT xlsx.run(%s)$$, :dry));
SELECT action, actor, changed_rows FROM xlsx.audit WHERE task = :erased ORDER BY id;
SET ROLE flow_bob;
SELECT flow_refusal(format($$SELECT xlsx.erase(%s)$$, :dry));
SELECT flow_refusal(format($$SELECT xlsx.release(%s)$$, :dry));
RESET ROLE;
SELECT count(*) FROM xlsx_private.error_page WHERE task_id = :erased;
SELECT count(*) FROM xlsx_private.undo_xid WHERE task_id = :erased;
SELECT count(xlsx.delete(id)) AS tasks FROM xlsx.tasks WHERE profile ~ '^flow';
SELECT xlsx.drop_profile('flow');
SELECT xlsx.drop_profile('flow_clean');
DROP TABLE flow_people, flow_names;
DROP FUNCTION flow_refusal;
DROP ROLE flow_ann, flow_bob, flow_boss;
