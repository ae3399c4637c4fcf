-- Whoever may import into his own table gains no other right by it.
\getenv root PG_ABS_SRCDIR
\set SHOW_CONTEXT never
\set VERBOSITY terse
\set book `:'root'/test/tools/book.py '[["Name", "Note"], ["a", "x"], ["b", "y"]]'`
CREATE ROLE xlsx_mallory LOGIN;
CREATE ROLE xlsx_alice LOGIN;
GRANT xlsx_user TO xlsx_mallory, xlsx_alice;
CREATE SCHEMA trespass;
GRANT USAGE, CREATE ON SCHEMA trespass TO xlsx_mallory, xlsx_alice;
SET search_path = trespass;
CREATE TABLE secret (id bigint, name text, note text);
INSERT INTO secret VALUES (1, 'a', 'the code is 0000');
CREATE TABLE shared (id bigint, name text, note text);
GRANT INSERT, SELECT ON shared TO xlsx_mallory, xlsx_alice;
-- What an import of hers comes to
CREATE FUNCTION attempt(profile text, book text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  outcome record;
BEGIN
  SELECT * INTO outcome FROM xlsx.import(profile, decode(book, 'base64'));
  RETURN outcome.status || ': ' || coalesce((SELECT string_agg(DISTINCT e.code || ' ' || coalesce(e.detail, e.message), ', ') FROM xlsx.task_errors(outcome.task) e), 'no errors');
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
CREATE FUNCTION refused(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  touched bigint;
BEGIN
  EXECUTE statement;
  GET DIAGNOSTICS touched = ROW_COUNT;
  RETURN CASE WHEN touched = 0 THEN 'nothing' ELSE 'DONE' END;
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE || ' ' || regexp_replace(SQLERRM, '[0-9]+', 'N', 'g');
END $$;
SET ROLE xlsx_alice;
CREATE TABLE diary (task bigint, name text, note text);
SELECT xlsx.create_profile('alice', 'diary', task_column => 'task') > 0 AS made;
SELECT task AS alice_task FROM xlsx.import('alice', decode(:'book', 'base64')) \gset
BEGIN;
SELECT xlsx_rest.upload_begin('alice', 'secret.xlsx') AS alice_upload \gset
SELECT xlsx_rest.upload_chunk(:alice_upload, 0, decode(:'book', 'base64'));
COMMIT;
SET ROLE xlsx_mallory;
CREATE TABLE own (id bigint, name text, note text);
SELECT xlsx.create_profile('own', 'own') > 0 AS made;
-- By the SQL of a profile: in the session, and in a worker
SELECT xlsx.set_column('own', 'note', transform => '(SELECT s.note FROM trespass.secret s)');
SELECT attempt('own', :'book');
SELECT xlsx.submit('own', decode(:'book', 'base64')) AS task \gset
SELECT xlsx.wait(:task, '30 s');
SELECT error_message FROM xlsx.tasks WHERE id = :task;
SELECT xlsx.set_column('own', 'note', transform => '', lookup => 'SELECT name, note FROM trespass.secret');
SELECT attempt('own', :'book');
SELECT xlsx.set_column('own', 'note', lookup => '');
SELECT xlsx.add_rule('own', 'expression', argument => '{(SELECT count(*) FROM trespass.secret) = 0}', name => 'spy') IS NOT NULL AS added;
SELECT attempt('own', :'book');
SELECT xlsx.drop_rule('own', 'spy');
SELECT xlsx.set_column('own', 'note', transform => $$set_config('role', 'postgres', false)$$);
SELECT attempt('own', :'book');
SELECT xlsx.submit('own', decode(:'book', 'base64')) AS task \gset
SELECT xlsx.wait(:task, '30 s');
SELECT row_number, code, message, detail FROM xlsx.task_errors(:task);
SELECT xlsx.set_column('own', 'note', transform => '');
-- Nor in a worker, by a trigger of her own table, where the login is a mightier role.
CREATE FUNCTION climb() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('role', 'postgres', false);
  RETURN NEW;
END $$;
CREATE TRIGGER climb BEFORE INSERT ON own FOR EACH ROW EXECUTE FUNCTION climb();
SELECT xlsx.submit('own', decode(:'book', 'base64')) AS task \gset
SELECT xlsx.wait(:task, '30 s');
SELECT row_number, code, message, detail FROM xlsx.task_errors(:task);
DROP TRIGGER climb ON own;
SELECT xlsx.set_column('own', 'note', transform => '');
SELECT xlsx.set_column('own', 'note', transform => $$set_config('session_authorization', 'postgres', false)$$);
SELECT attempt('own', :'book');
SELECT xlsx.set_column('own', 'note', transform => $$pg_read_file('/etc/hostname')$$);
SELECT attempt('own', :'book');
SELECT xlsx.set_column('own', 'note', transform => '');
-- By the target of a profile
SELECT refused($$SELECT xlsx.create_profile('theirs', 'secret')$$);
SELECT refused($$UPDATE xlsx_private.profile SET target = 'trespass.secret' WHERE name = 'own'$$);
SELECT refused($$UPDATE xlsx_private.profile SET owner = 'postgres' WHERE name = 'own'$$);
SELECT refused($$INSERT INTO xlsx_private.profile (name, target, owner) VALUES ('mine', 'trespass.secret', 'xlsx_mallory')$$);
SELECT refused($$INSERT INTO xlsx_private.profile (name, target, owner) VALUES ('mine', 'trespass.own', 'postgres')$$);
-- By the profile of another
SELECT refused($$UPDATE xlsx_private.profile_column SET transform = '1' WHERE profile_id = (SELECT id FROM xlsx.profiles WHERE name = 'alice')$$);
SELECT refused($$INSERT INTO xlsx_private.profile_rule (profile_id, name, position, kind, argument) SELECT id, 'x', 1, 'expression', '{true}' FROM xlsx.profiles WHERE name = 'alice'$$);
SELECT refused($$SELECT xlsx.set_column('alice', 'note', transform => '1')$$);
SELECT refused($$SELECT xlsx.add_rule('alice', 'unique', 'name')$$);
SELECT refused($$SELECT xlsx.alter_profile('alice', mode => 'replace')$$);
SELECT refused($$SELECT xlsx.drop_profile('alice')$$);
SELECT attempt('alice', :'book');
-- By the tasks and uploads of another
SELECT refused(format(call, :alice_task)) FROM unnest(ARRAY['SELECT xlsx.undo(%s)', 'SELECT xlsx.delete(%s)', 'SELECT xlsx.cancel(%s)',
  'SELECT xlsx.retry(%s)', 'SELECT xlsx.wait(%s)', $$SELECT xlsx_private.note_undone(%s, '{}', 0, 0, true)$$, 'SELECT xlsx_private.delete_rows(%s)',
  'SELECT xlsx_private.remove_task(%s)', 'SELECT * FROM xlsx.task_errors(%s)', 'SELECT * FROM xlsx_rest.rest_report(''%s'')',
  'SELECT * FROM xlsx_private.undo_xid WHERE task_id = %s', 'SELECT xlsx.emit(%s, ''task-completed'')']) AS call;
SELECT refused(format(call, :alice_upload)) FROM unnest(ARRAY['SELECT length(xlsx_private.upload_file(%s))', 'SELECT xlsx_private.upload_settings(%s)',
  'SELECT xlsx_rest.rest_preview(%s)', 'SELECT xlsx_rest.upload_finish(%s)', 'SELECT xlsx_rest.upload_chunk(%s, 0, ''x'')']) AS call;
-- By files, by writing, and by the private tables
SELECT refused(call) FROM unnest(ARRAY[$$SELECT xlsx.sheets(xlsx.server_file('/etc/hostname'))$$, 'SELECT xlsx.write(''SELECT * FROM trespass.secret'')',
  'SELECT xlsx.write(''DELETE FROM trespass.own RETURNING 1'')', 'SELECT * FROM xlsx_private.chunk', 'SELECT * FROM xlsx_private.file',
  'DELETE FROM xlsx_private.task', 'UPDATE xlsx_private.task SET owner = ''postgres''', 'SELECT * FROM xlsx_private.packet']) AS call;
RESET ROLE;
-- A superuser who imports with her profile does not run her SQL; but her table's triggers would be hers anyway.
INSERT INTO trespass.own SELECT;
SET ROLE xlsx_mallory;
SELECT xlsx.create_profile('trap', 'shared') > 0 AS made;
SELECT xlsx.set_column('trap', 'note', transform => $$(SELECT s.note FROM trespass.secret s)$$);
RESET ROLE;
SELECT attempt('trap', :'book');
-- Nor does an administrator who deletes or undoes her task: it is done with her rights.
SET ROLE xlsx_mallory;
SELECT xlsx.drop_profile('trap');
SELECT xlsx.create_profile('trap', 'shared', task_column => 'id') > 0 AS made;
SELECT task FROM xlsx.import('trap', decode(:'book', 'base64')) \gset
RESET ROLE;
SELECT refused(format('SELECT xlsx.undo(%s)', :task));
SELECT count(*) FROM shared;
SELECT count(*) FROM secret;
GRANT DELETE ON shared TO xlsx_mallory;
SELECT undone, kept FROM xlsx.undo(:task);
SELECT deleted_rows FROM xlsx.delete(:task);
-- Nor by a trigger that waits for the end of the transaction, or a setting that it leaves behind.
SET ROLE xlsx_mallory;
CREATE TABLE late (id bigint, name text, note text);
CREATE TABLE late_as (who name);
CREATE FUNCTION wait_for_the_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SET CONSTRAINTS ALL DEFERRED;
  INSERT INTO trespass.late_as VALUES (current_user);
  PERFORM set_config('search_path', 'pg_temp', false);
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER late AFTER DELETE ON late DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait_for_the_end();
SELECT xlsx.create_profile('late', 'late', task_column => 'id') > 0 AS made;
SELECT task FROM xlsx.import('late', decode(:'book', 'base64')) \gset
SELECT task AS other_task FROM xlsx.import('late', decode(:'book', 'base64')) \gset
RESET ROLE;
SELECT undone, kept FROM xlsx.undo(:task);
SELECT deleted_rows FROM xlsx.delete(:other_task);
SHOW search_path;
SELECT DISTINCT who FROM late_as;
-- What that trigger defers again is refused.
SET ROLE xlsx_mallory;
CREATE CONSTRAINT TRIGGER later AFTER INSERT ON late_as DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION climb();
SELECT task FROM xlsx.import('late', decode(:'book', 'base64')) \gset
RESET ROLE;
SELECT refused(format('SELECT xlsx.delete(%s)', :task));
DROP TRIGGER later ON late_as;
SELECT count(*) FROM diary;
SELECT count(xlsx.delete(id)) >= 0 AS deleted FROM xlsx.tasks WHERE owner IN ('xlsx_mallory'::regrole, 'xlsx_alice'::regrole);
DELETE FROM xlsx_private.file WHERE owner IN ('xlsx_mallory'::regrole, 'xlsx_alice'::regrole);
SELECT xlsx_private.remove_orphans() >= 0 AS tidy;
SELECT count(xlsx.drop_profile(name)) FROM xlsx.profiles WHERE owner IN ('xlsx_mallory'::regrole, 'xlsx_alice'::regrole);
RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA trespass CASCADE;
DROP ROLE xlsx_mallory, xlsx_alice;
