-- What becomes of a task and its file: dry runs that are imported for good, files that are kept, data that are erased, tasks that are held.
\getenv root PG_ABS_SRCDIR
SELECT current_user AS me \gset
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
CREATE ROLE flow_boss LOGIN IN ROLE xlsx_admin, xlsx_user;
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
  'held', 'submitted_by', 'status', 'attempts', 'started_at', 'attempt_started_at', 'created_at', 'updated_at', 'dry_run', 'idempotency_key', 'duplicate_of', 'tenant', 'settings', 'after_task', 'after_run_at', 'set_id', 'set_size', 'atomic',
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
SELECT status, file_kept_until, xlsx_rest.task_json(id) -> 'fileKeptUntil' AS told FROM xlsx.tasks WHERE id = :clean;
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
-- Held until somebody says so: by the profile, or by the submitter. Whoever holds cannot be passed over.
SELECT xlsx.alter_profile('flow', hold => true, four_eyes => true);
SET ROLE flow_ann;
SELECT xlsx.submit('flow', decode(:'people', 'base64'), 'held.xlsx') AS held \gset
SELECT status, held, waiting_for FROM xlsx.tasks WHERE id = :held;
SELECT xlsx.wait(:held, '100 ms');
SELECT flow_refusal(format($$SELECT xlsx.submit('flow', decode(%L, 'base64'), hold => false)$$, :'people'));
SELECT flow_refusal(format($$SELECT xlsx.import('flow', decode(%L, 'base64'))$$, :'people'));
-- With four eyes, another than the submitter.
SELECT flow_refusal(format($$SELECT xlsx.release(%s)$$, :held));
SET ROLE flow_bob;
SELECT flow_refusal(format($$SELECT xlsx.release(%s)$$, :held));
-- It stays held when it is cancelled and tried again.
SET ROLE flow_ann;
SELECT xlsx.cancel(:held);
SELECT xlsx.retry(:held);
SELECT held, waiting_for FROM xlsx.tasks WHERE id = :held;
SELECT profile, running, waiting, delayed, held FROM xlsx.queue WHERE profile = 'flow';
RESET ROLE;
SELECT value FROM xlsx.metrics WHERE name = 'queue_held';
-- The login of this session submitted it, too.
SET ROLE flow_boss;
SELECT flow_refusal(format($$SELECT xlsx.release(%s)$$, :held));
\c - flow_boss
SELECT xlsx.release(:held);
SELECT flow_refusal(format($$SELECT xlsx.release(%s)$$, :held));
SELECT xlsx.wait(:held, '60 s');
\c - :me
SELECT action, actor FROM xlsx.audit WHERE task = :held ORDER BY id;
SELECT xlsx.alter_profile('flow', hold => false, four_eyes => false);
SET ROLE flow_ann;
SELECT xlsx.submit('flow', decode(:'people', 'base64'), 'by_hand.xlsx', hold => true, run_at => now() + interval '1 day') AS by_hand \gset
SELECT waiting_for FROM xlsx.tasks WHERE id = :by_hand;
SELECT xlsx.release(:by_hand);
SELECT waiting_for ~ '^its time' AS waits_for_its_time FROM xlsx.tasks WHERE id = :by_hand;
SELECT count(xlsx.delete(id)) AS tasks FROM xlsx.tasks WHERE id IN (:held, :by_hand);
RESET ROLE;
SELECT count(xlsx.delete(id)) > 0 AS tasks FROM xlsx.tasks WHERE profile ~ '^flow';
SET ROLE flow_ann;
-- The same file again: told, refused, or let through. Dry runs, and what was undone, do not count.
SELECT xlsx.submit('flow', decode(:'people', 'base64'), dry_run => true) AS looked \gset
SELECT xlsx.wait(:looked, '60 s');
SELECT xlsx.submit('flow', decode(:'people', 'base64'), 'first.xlsx', on_duplicate => 'reject') AS first \gset
SELECT xlsx.wait(:first, '60 s');
SELECT duplicate_of, file_hash = sha256(decode(:'people', 'base64')) AS hashed FROM xlsx.tasks WHERE id = :first;
SELECT flow_refusal(format($$SELECT xlsx.submit('flow', decode(%L, 'base64'), on_duplicate => 'reject')$$, :'people'));
SELECT flow_refusal(format($$SELECT xlsx.import('flow', decode(%L, 'base64'), on_duplicate => 'reject')$$, :'people'));
SELECT flow_refusal(format($$SELECT xlsx.submit('flow', decode(%L, 'base64'), on_duplicate => 'refuse')$$, :'people'));
SELECT task AS again FROM xlsx.import('flow', decode(:'people', 'base64')) \gset
SELECT duplicate_of = :first AS of_the_first FROM xlsx.tasks WHERE id = :again;
SELECT xlsx_rest.task_json(:again) #>> '{duplicateOf,taskId}' = :'first' AS told, xlsx_rest.task_json(:again) #>> '{duplicateOf,completedAt}' IS NOT NULL AS when;
SELECT task AS silent FROM xlsx.import('flow', decode(:'people', 'base64'), on_duplicate => 'import') \gset
SELECT duplicate_of FROM xlsx.tasks WHERE id = :silent;
-- For another purpose, or by another profile, it is not the same.
SELECT task AS other FROM xlsx.import('flow_clean', decode(:'people', 'base64'), on_duplicate => 'reject') \gset
SELECT xlsx_private.submit('flow', decode(:'people', 'base64'), 'project.xlsx', '{"params": {"project": 7}, "on_duplicate": "reject"}') AS project \gset
SELECT xlsx.wait(:project, '60 s');
SELECT status, (body #>> '{duplicateOf,taskId}')::bigint = :silent AS known FROM xlsx_rest.rest_duplicate('flow', encode(sha256(decode(:'people', 'base64')), 'hex'), NULL);
SELECT status, body FROM xlsx_rest.rest_duplicate('flow', repeat('0', 64), NULL);
SELECT flow_refusal($$SELECT xlsx_rest.rest_duplicate('flow', 'x', NULL)$$);
SELECT count(xlsx.undo(id)) AS undone FROM xlsx.tasks WHERE id IN (:first, :again, :silent);
SELECT xlsx.submit('flow', decode(:'people', 'base64'), on_duplicate => 'reject') > 0 AS accepted;
SELECT flow_refusal(format($$SELECT xlsx.run(%s)$$, :looked));
RESET ROLE;
SELECT count(xlsx.delete(id)) > 0 AS tasks FROM xlsx.tasks WHERE profile ~ '^flow';
-- And then: a function of the application, in the last transaction, as the submitter.
CREATE TABLE flow_ends (task bigint, status text, saved_rows bigint, rows_there bigint, by text);
GRANT INSERT, SELECT ON flow_ends TO flow_ann;
CREATE FUNCTION flow_end(task bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.flow_ends SELECT t.id, t.status, t.saved_rows, (SELECT count(*) FROM public.flow_people p WHERE p.task_id = t.id), current_user
  FROM xlsx.tasks t WHERE t.id = flow_end.task;
END $$;
CREATE FUNCTION flow_bad_end(task bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.flow_ends (task) VALUES (task);
  RAISE EXCEPTION 'the ledger is closed' USING HINT = 'Open it.';
END $$;
CREATE FUNCTION flow_role_end(task bigint) RETURNS void LANGUAGE plpgsql AS $$ BEGIN SET ROLE NONE; END $$;
SELECT flow_refusal($$SELECT xlsx.alter_profile('flow', on_end => 'flow_end')$$);
SELECT flow_refusal($$SELECT xlsx.alter_profile('flow', on_end => 'public.nothing')$$);
SELECT flow_refusal($$SELECT xlsx.alter_profile('flow', on_end => 'public.flow_end(bigint)')$$);
SELECT xlsx.alter_profile('flow', on_end => 'public.flow_end');
SELECT on_end FROM xlsx.profiles WHERE name = 'flow';
SET ROLE flow_ann;
SELECT xlsx.submit('flow', decode(:'people', 'base64'), dry_run => true) AS dry \gset
SELECT xlsx.wait(:dry, '60 s');
SELECT xlsx.run(:dry) AS real \gset
SELECT xlsx.wait(:real, '60 s');
SELECT task AS inside FROM xlsx.import('flow', decode(:'people', 'base64')) \gset
SELECT task IN (:real, :inside) AS real, status, saved_rows, rows_there, by FROM flow_ends ORDER BY task;
-- If it fails, the task fails with its message. Rows of a mode that commits as it goes stay, and a retry calls it again.
RESET ROLE;
SELECT xlsx.alter_profile('flow', on_end => 'public.flow_bad_end');
SET ROLE flow_ann;
SELECT xlsx.submit('flow', decode(:'people', 'base64')) AS failed \gset
SELECT xlsx.wait(:failed, '60 s');
SELECT error_code, error_message, error_hint, saved_rows, (SELECT count(*) FROM flow_people WHERE task_id = :failed) AS there FROM xlsx.tasks WHERE id = :failed;
SELECT count(*) FROM flow_ends WHERE task = :failed;
RESET ROLE;
CREATE OR REPLACE FUNCTION flow_bad_end(task bigint) RETURNS void LANGUAGE sql AS $$ INSERT INTO public.flow_ends (task) VALUES (task) $$;
SET ROLE flow_ann;
SELECT xlsx.retry(:failed);
SELECT xlsx.wait(:failed, '60 s');
SELECT saved_rows, (SELECT count(*) FROM flow_people WHERE task_id = :failed) AS there, (SELECT count(*) FROM flow_ends WHERE task = :failed) AS calls
FROM xlsx.tasks WHERE id = :failed;
-- Where all rows are saved or none, none is.
RESET ROLE;
SELECT xlsx.alter_profile('flow_clean', on_end => 'public.flow_role_end');
SET ROLE flow_ann;
SELECT xlsx.submit('flow_clean', decode(:'people', 'base64'), mode => 'all_or_nothing', on_duplicate => 'import') AS none \gset
SELECT xlsx.wait(:none, '60 s');
SELECT error_code, error_message, saved_rows FROM xlsx.tasks WHERE id = :none;
RESET ROLE;
SELECT count(xlsx.delete(id)) AS tasks FROM xlsx.tasks WHERE profile ~ '^flow';
SELECT xlsx.drop_profile('flow');
SELECT xlsx.drop_profile('flow_clean');
DROP TABLE flow_people, flow_names, flow_ends;
DROP FUNCTION flow_end, flow_bad_end, flow_role_end;
DROP FUNCTION flow_refusal;
DROP ROLE flow_ann, flow_bob, flow_boss;
