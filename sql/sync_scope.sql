-- Mode sync: other keys and kinds of targets, rights, policies, undo and retry.
\getenv root PG_ABS_SRCDIR
\set SHOW_CONTEXT never
\set seven `:'root'/test/tools/book.py '[["Email", "Name"], ["ANN@x", "Ann"], ["cid@x", "Cid"], ["bad@x", null]]'`
\set twice `:'root'/test/tools/book.py '[["Code", "Title"], [1, "one"], [4, "four"]]'`
PREPARE counts (bigint) AS SELECT status, saved_rows AS saved, error_rows AS bad, inserted_rows AS ins, updated_rows AS upd, unchanged_rows AS same,
  deleted_rows AS del, absent_rows AS absent, undone FROM xlsx.tasks WHERE id = $1;
-- The key is an expression in a partial index, which leaves marked rows out.
CREATE SCHEMA crm;
CREATE TABLE crm.member (id int GENERATED ALWAYS AS IDENTITY, project bigint NOT NULL, email text NOT NULL, name text NOT NULL, deleted_at timestamptz);
CREATE UNIQUE INDEX member_email ON crm.member (project, lower(email)) WHERE deleted_at IS NULL;
INSERT INTO crm.member (project, email, name, deleted_at) VALUES (7, 'ann@x', 'Anna', NULL), (7, 'bob@x', 'Bob', NULL), (7, 'old@x', 'Old', 'yesterday'),
  (7, 'bad@x', 'Bad', NULL), (8, 'bob@x', 'Bob', NULL);
CREATE TABLE before AS SELECT * FROM crm.member;
PREPARE members AS SELECT project, email, name, deleted_at IS NOT NULL AS deleted FROM crm.member ORDER BY project, lower(email), id;
SELECT xlsx.create_profile('member', 'crm.member', mode => 'sync', key_columns => '{project,lower(email)}', keep_old => true,
  scope => 'project = 7', absent => 'deleted_at = now()') > 0 AS made;
SELECT xlsx.set_column('member', 'project', source => 'value', transform => '''7'''), xlsx.set_column('member', 'deleted_at', source => 'none');
SELECT task FROM xlsx.import('member', decode(:'seven', 'base64')) \gset
EXECUTE counts (:task);
EXECUTE members;
SELECT absent_rows AS again FROM xlsx.import('member', decode(:'seven', 'base64'));
SELECT undone, kept, reasons FROM xlsx.undo(:task);
SELECT count(*) AS differences FROM ((SELECT * FROM crm.member EXCEPT SELECT * FROM before) UNION ALL (SELECT * FROM before EXCEPT SELECT * FROM crm.member)) AS d;
-- A sync that deletes, with the same key
SELECT xlsx.alter_profile('member', absent => 'delete');
SELECT task FROM xlsx.import('member', decode(:'seven', 'base64')) \gset
EXECUTE members;
SELECT undone, kept, reasons FROM xlsx.undo(:task);
SELECT count(*) AS differences FROM ((SELECT * FROM crm.member EXCEPT SELECT * FROM before) UNION ALL (SELECT * FROM before EXCEPT SELECT * FROM crm.member)) AS d;
-- Another import is of another project: the scope takes it from params, and so may a mark.
SELECT xlsx.alter_profile('member', scope => 'project = (params ->> ''project'')::bigint');
SELECT xlsx.set_column('member', 'project', source => 'param', transform => '');
SELECT status, absent_rows FROM xlsx.import('member', decode(:'seven', 'base64'), params => '{"project": 8}', dry_run => true);
SELECT status, absent_rows FROM xlsx.import('member', decode(:'seven', 'base64'), params => '{"project": 8}', absent => 'name = params ->> ''project''') AS i, LATERAL xlsx.undo(i.task);
SELECT xlsx.alter_profile('member', scope => 'project = 7');
SELECT xlsx.set_column('member', 'project', source => 'value', transform => '''7''');
-- In the background
SELECT xlsx.submit('member', decode(:'seven', 'base64')) AS task \gset
CALL xlsx.wait_for(:task, '1 min');
EXECUTE counts (:task);
SELECT undone, kept FROM xlsx.undo(:task);
EXECUTE counts (:task);
-- Too many: nothing is done; after a retry with the reason gone, all of it is.
SELECT xlsx.submit('member', decode(:'seven', 'base64'), max_absent => '0') AS task \gset
CALL xlsx.wait_for(:task, '1 min');
SELECT status, error_message, error_hint FROM xlsx.tasks WHERE id = :task;
DELETE FROM crm.member WHERE email = 'bob@x';
SELECT xlsx.retry(:task);
CALL xlsx.wait_for(:task, '1 min');
EXECUTE counts (:task);
EXECUTE members;
-- Rights: the submitter needs DELETE. An option with SQL is the submitter's own; who runs the dry run of another does not run it.
CREATE ROLE sync_ann;
CREATE ROLE sync_boss;
GRANT xlsx_user TO sync_ann, sync_boss;
GRANT xlsx_admin TO sync_boss;
GRANT USAGE ON SCHEMA crm TO sync_ann, sync_boss;
GRANT SELECT, INSERT, UPDATE ON crm.member TO sync_ann, sync_boss;
SET ROLE sync_ann;
SELECT status FROM xlsx.import('member', decode(:'seven', 'base64'));
SELECT status, absent_rows FROM xlsx.import('member', decode(:'seven', 'base64'), absent => 'report');
RESET ROLE;
GRANT DELETE ON crm.member TO sync_ann, sync_boss;
SET ROLE sync_ann;
SELECT xlsx.submit('member', decode(:'seven', 'base64'), scope => 'project = 8 AND pg_catalog.length(r.email) > 0', dry_run => true) AS dry \gset
RESET ROLE;
CALL xlsx.wait_for(:dry, '1 min');
SET ROLE sync_boss;
SELECT xlsx.run(:dry);
SET ROLE sync_ann;
SELECT xlsx.run(:dry, now => true) AS task \gset
RESET ROLE;
EXECUTE counts (:task);
-- A policy hides rows and keeps others: what is counted is what is gone.
ALTER TABLE crm.member ENABLE ROW LEVEL SECURITY;
CREATE POLICY look ON crm.member FOR SELECT TO sync_ann USING (name <> 'Hidden');
CREATE POLICY put ON crm.member FOR INSERT TO sync_ann WITH CHECK (true);
CREATE POLICY change ON crm.member FOR UPDATE TO sync_ann USING (true);
CREATE POLICY remove ON crm.member FOR DELETE TO sync_ann USING (name <> 'Kept');
INSERT INTO crm.member (project, email, name) VALUES (7, 'h@x', 'Hidden'), (7, 'k@x', 'Kept'), (7, 'g@x', 'Gone');
SET ROLE sync_ann;
SELECT status, absent_rows FROM xlsx.import('member', decode(:'seven', 'base64'));
RESET ROLE;
SELECT jsonb_path_query_array(notes, '$[*].message') AS notes FROM xlsx.tasks ORDER BY id DESC LIMIT 1;
EXECUTE members;
-- Partitions, and a view whose triggers do the work
CREATE TABLE crm.code (code int, title text NOT NULL, twin text) PARTITION BY RANGE (code);
CREATE TABLE crm.code_low PARTITION OF crm.code FOR VALUES FROM (0) TO (3);
CREATE TABLE crm.code_high PARTITION OF crm.code FOR VALUES FROM (3) TO (9);
ALTER TABLE crm.code ADD PRIMARY KEY (code);
INSERT INTO crm.code VALUES (1, 'one'), (2, 'two'), (3, 'three'), (4, 'vier');
SELECT xlsx.create_profile('code', 'crm.code', mode => 'sync', scope => 'true', keep_old => true, headers => '{"code": "Code"}') > 0 AS made;
SELECT task FROM xlsx.import('code', decode(:'twice', 'base64')) \gset
EXECUTE counts (:task);
SELECT * FROM crm.code ORDER BY code;
SELECT undone, kept, reasons FROM xlsx.undo(:task);
SELECT * FROM crm.code ORDER BY code;
CREATE VIEW crm.codes AS SELECT code, title FROM crm.code;
CREATE FUNCTION crm.write_code() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF tg_op = 'DELETE' THEN DELETE FROM crm.code WHERE code = old.code; RETURN old; END IF;
  INSERT INTO crm.code VALUES (new.code, new.title) ON CONFLICT (code) DO UPDATE SET title = new.title; RETURN new; END $$;
CREATE TRIGGER write_code INSTEAD OF INSERT OR UPDATE OR DELETE ON crm.codes FOR EACH ROW EXECUTE FUNCTION crm.write_code();
SELECT xlsx.create_profile('codes', 'crm.codes', mode => 'sync', scope => 'r.code > 1', key_columns => '{code}') > 0 AS made;
SELECT task FROM xlsx.import('codes', decode(:'twice', 'base64')) \gset
EXECUTE counts (:task);
SELECT * FROM crm.code ORDER BY code;
SELECT xlsx.drop_profile('member'), xlsx.drop_profile('code'), xlsx.drop_profile('codes');
\set VERBOSITY terse
SET client_min_messages = warning;
DROP SCHEMA crm CASCADE;
DROP TABLE before;
DROP OWNED BY sync_ann, sync_boss;
DROP ROLE sync_ann, sync_boss;
