-- Who did what to which task: appended, kept apart from the tasks, and seen by whom it concerns.
\getenv root PG_ABS_SRCDIR
\set people `base64 -w0 :'root'/test/samples/people.xlsx`
CREATE ROLE audit_ann IN ROLE xlsx_user;
CREATE ROLE audit_bob IN ROLE xlsx_user;
CREATE ROLE audit_boss IN ROLE xlsx_admin, xlsx_user;
CREATE TABLE audit_people (task_id bigint, name text NOT NULL, gender text NOT NULL, bio_id text NOT NULL);
GRANT SELECT, INSERT, DELETE ON audit_people TO audit_ann;
SELECT xlsx.create_profile('audit', 'audit_people', 'task_id', '{"bio_id": "Bio-ID"}') > 0 AS made;
SET ROLE audit_ann;
SELECT xlsx.submit('audit', decode(:'people', 'base64'), 'first.xlsx') AS first \gset
SELECT xlsx.wait(:first, '60 s');
SELECT xlsx.submit('audit', decode(:'people', 'base64'), 'later.xlsx', run_at => now() + interval '1 day') AS later \gset
SET ROLE audit_boss;
SELECT xlsx.cancel(:later);
SET ROLE audit_ann;
SELECT xlsx.retry(:later);
SELECT xlsx.wait(:later, '60 s');
SELECT undone, kept FROM xlsx.undo(:later);
SELECT * FROM xlsx.delete(:first);
SELECT task AS inside FROM xlsx.import('audit', decode(:'people', 'base64'), 'inside.xlsx') \gset
-- What is rolled back did not happen.
BEGIN;
SELECT status FROM xlsx.import('audit', decode(:'people', 'base64'), 'rolled_back.xlsx');
ROLLBACK;
SELECT file_name, action, owner, actor, login = session_user AS by_me, subject, attempt, status, saved_rows, error_rows, changed_rows, error_code
FROM xlsx.audit WHERE task IN (:first, :later, :inside) ORDER BY task, id;
-- A member of xlsx_notifier who acts for a token names its subject, once in a transaction; nobody else can.
RESET ROLE;
BEGIN;
SELECT xlsx_rest.act_as('audit_ann', false, 'ann@example.org');
SELECT xlsx_private.note_subject('somebody else');
SELECT xlsx.submit('audit', decode(:'people', 'base64'), 'named.xlsx', run_at => now() + interval '1 day') AS named \gset
COMMIT;
SELECT xlsx.delete(:named) IS NOT NULL AS deleted;
SELECT action, actor, subject FROM xlsx.audit WHERE task = :named ORDER BY id;
-- Others see nothing, xlsx_admin sees all, nobody writes.
SET ROLE audit_bob;
SELECT count(*) FROM xlsx.audit;
SET ROLE audit_boss;
SELECT count(*) > 10 AS all FROM xlsx.audit;
\set VERBOSITY terse
INSERT INTO xlsx_private.audit DEFAULT VALUES;
UPDATE xlsx_private.audit SET actor = owner;
DELETE FROM xlsx_private.audit;
DELETE FROM xlsx.audit;
SELECT xlsx_private.remove_audit(1000);
\set VERBOSITY default
RESET ROLE;
-- A retention of its own, whatever the tasks'.
SELECT xlsx_private.remove_audit(1000) AS kept_for_ever;
SELECT count(xlsx.delete(id)) AS tasks FROM xlsx.tasks WHERE profile = 'audit';
SELECT count(*) > 10 AS outlives_its_tasks FROM xlsx.audit WHERE profile = 'audit';
SELECT xlsx.drop_profile('audit');
DROP TABLE audit_people;
DROP ROLE audit_ann, audit_bob, audit_boss;
