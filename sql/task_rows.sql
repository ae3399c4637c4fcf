-- What became of each row, as xlsx.task_rows tells it, whatever triggers, rules and policies do. Its sums are the counts of the task.
\getenv root PG_ABS_SRCDIR
\set SHOW_CONTEXT never
\set three `:'root'/test/tools/book.py '[["id", "name"], [1, "Ann"], [2, "Bob"], [3, "Cid"], ["x", "Dan"]]'`
\set keyed `:'root'/test/tools/book.py '[["id", "name"], [1, "Ann"], [2, "Bob"], [3, "Cyd"], [5, "Bob"], [6, "Fay"]]'`
PREPARE told AS SELECT row_number AS row, action, returned, old, new, jsonb_path_query_array(errors, '$[*].code') AS codes
  FROM xlsx.task_rows((SELECT max(id) FROM xlsx.tasks));
PREPARE sums AS SELECT count(*) = t.total_rows AS all, count(*) FILTER (WHERE r.action = 'inserted') = t.inserted_rows AS inserted,
    count(*) FILTER (WHERE r.action = 'updated') = t.updated_rows AS updated, count(*) FILTER (WHERE r.action = 'unchanged') = t.unchanged_rows AS unchanged,
    count(*) FILTER (WHERE r.action = 'skipped') = t.skipped_rows AS skipped, count(*) FILTER (WHERE r.action = 'error') = t.error_rows AS error
  FROM xlsx.tasks t LEFT JOIN xlsx.task_rows(t.id) r ON true WHERE t.id = (SELECT max(id) FROM xlsx.tasks) GROUP BY t.id, t.total_rows, t.inserted_rows, t.updated_rows, t.unchanged_rows, t.skipped_rows, t.error_rows;
CREATE FUNCTION keep(profile text, columns name[] DEFAULT NULL) RETURNS void LANGUAGE sql BEGIN ATOMIC
  SELECT xlsx.alter_profile(profile, keep_rows => true, "returning" => columns);
END;
CREATE FUNCTION leave_out() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN CASE WHEN NEW.name <> 'Bob' THEN NEW END; END $$;
-- Without keep_rows, only rows with errors are known.
CREATE TABLE plain (no int GENERATED ALWAYS AS IDENTITY (START 101), id int, name text, at date DEFAULT '2024-01-02', CHECK (name <> 'Cid'));
SELECT xlsx.create_profile('plain', 'plain') > 0 AS made;
SELECT status FROM xlsx.import('plain', decode(:'three', 'base64'));
EXECUTE told;
-- A plain table: the columns to return as the table has them, and the rows that its constraints refuse.
SELECT keep('plain', '{no,at,name}');
SELECT status FROM xlsx.import('plain', decode(:'three', 'base64'));
EXECUTE told;
EXECUTE sums;
-- With a key of the profile and no columns to return: the key in the file.
SELECT keep('plain', '{}');
SELECT xlsx.alter_profile('plain', key_columns => '{id,name}');
SELECT status FROM xlsx.import('plain', decode(:'three', 'base64'));
EXECUTE told;
SELECT keep('plain', '{nothing}');
-- A BEFORE trigger that returns NULL leaves a row out.
CREATE TABLE member (id int PRIMARY KEY, name text, no int GENERATED ALWAYS AS IDENTITY, task bigint);
CREATE TRIGGER leave_out BEFORE INSERT OR UPDATE ON member FOR EACH ROW EXECUTE FUNCTION leave_out();
SELECT xlsx.create_profile('member', 'member', task_column => 'task') > 0 AS made;
SELECT keep('member', '{no}');
SELECT status FROM xlsx.import('member', decode(:'three', 'base64'), dry_run => true);
EXECUTE told;
SELECT status FROM xlsx.import('member', decode(:'three', 'base64'), mode => 'all_or_nothing');
EXECUTE told;
SELECT status FROM xlsx.import('member', decode(:'three', 'base64'));
EXECUTE told;
EXECUTE sums;
-- The same where rows are looked for: one left out by the trigger as new, one as changed, one that is there.
INSERT INTO member VALUES (4, 'Dora');
ALTER TABLE member DISABLE TRIGGER ALL;
INSERT INTO member VALUES (5, 'Eve');
ALTER TABLE member ENABLE TRIGGER ALL;
SELECT status FROM xlsx.import('member', decode(:'keyed', 'base64'), mode => 'upsert', dry_run => true);
EXECUTE told;
EXECUTE sums;
SELECT status FROM xlsx.import('member', decode(:'keyed', 'base64'), mode => 'upsert');
EXECUTE told;
EXECUTE sums;
SELECT status FROM xlsx.import('member', decode(:'keyed', 'base64'), mode => 'update');
EXECUTE told;
EXECUTE sums;
SELECT keep('member', '{}');
SELECT status FROM xlsx.import('member', decode(:'keyed', 'base64'), mode => 'skip');
EXECUTE told;
EXECUTE sums;
-- The task's own options: over those of the profile. One without effect is refused, and a column that is not there.
SELECT status FROM xlsx.import('member', decode(:'keyed', 'base64'), mode => 'skip', keep_rows => false);
EXECUTE told;
SELECT status FROM xlsx.import('member', decode(:'keyed', 'base64'), mode => 'skip', "returning" => '{id,no}');
EXECUTE told;
SELECT xlsx.alter_profile('member', keep_rows => false, "returning" => '{no}');
SELECT status FROM xlsx.import('member', decode(:'keyed', 'base64'), mode => 'skip', keep_rows => true);
EXECUTE told;
SELECT xlsx.import('member', decode(:'keyed', 'base64'), "returning" => '{id}');
SELECT xlsx.import('member', decode(:'keyed', 'base64'), keep_changes => true);
SELECT xlsx.import('member', decode(:'keyed', 'base64'), keep_rows => true, "returning" => '{nothing,id}');
SELECT keep_rows, keep_changes, "returning" FROM xlsx.profiles WHERE name = 'member';
SELECT options FROM xlsx.tasks WHERE id = (SELECT max(id) FROM xlsx.tasks);
-- Old and new values on request: of the columns that changed, as the table has them.
CREATE TABLE price (sku text PRIMARY KEY, price numeric(8,2), note text, at timestamp);
INSERT INTO price VALUES ('A', 1.5, 'old', '2024-01-02 03:04:05'), ('B', 2, NULL, NULL), ('C', 3, 'same', NULL);
SELECT xlsx.create_profile('price', 'price') > 0 AS made;
SELECT keep('price');
SELECT xlsx.alter_profile('price', mode => 'upsert', keep_changes => true), xlsx.set_column('price', 'at', blank_cells => 'null');
\set prices `:'root'/test/tools/book.py '[["sku", "price", "note", "at"], ["A", 1.75, "old", null], ["B", 2, "new", null], ["C", 3, "same", null], ["D", 4, null, null]]'`
SELECT status FROM xlsx.import('price', decode(:'prices', 'base64'));
EXECUTE told;
EXECUTE sums;
SELECT status FROM xlsx.import('price', decode(:'prices', 'base64'), mode => 'replace');
EXECUTE told;
-- A key that is an expression: the columns that it reads.
CREATE TABLE person (id int GENERATED ALWAYS AS IDENTITY, mail text, gone date, name text);
CREATE UNIQUE INDEX person_mail ON person (lower(mail)) WHERE gone IS NULL;
INSERT INTO person (mail, name) VALUES ('ANN@example.org', 'Ann');
SELECT xlsx.create_profile('person', 'person') > 0 AS made;
SELECT keep('person');
SELECT xlsx.alter_profile('person', mode => 'upsert', key_columns => '{lower(mail)}');
\set mails `:'root'/test/tools/book.py '[["mail", "name"], ["Ann@example.org", "Anna"], ["bob@example.org", "Bob"]]'`
SELECT status FROM xlsx.import('person', decode(:'mails', 'base64'));
EXECUTE told;
-- Rules: rows are told one by one, as a rule has no RETURNING; with columns to return it is refused.
CREATE TABLE noted (id int, name text);
CREATE TABLE ruled (id int, name text);
CREATE RULE elsewhere AS ON INSERT TO ruled DO INSTEAD INSERT INTO noted SELECT NEW.id, NEW.name WHERE NEW.id <> 2;
SELECT xlsx.create_profile('ruled', 'ruled') > 0 AS made;
SELECT keep('ruled');
SELECT status FROM xlsx.import('ruled', decode(:'three', 'base64'));
EXECUTE told;
EXECUTE sums;
SELECT keep('ruled', '{id}');
SELECT status FROM xlsx.import('ruled', decode(:'three', 'base64'));
CREATE OR REPLACE RULE elsewhere AS ON INSERT TO ruled DO INSTEAD NOTHING;
SELECT keep('ruled', '{}');
SELECT status FROM xlsx.import('ruled', decode(:'three', 'base64'));
EXECUTE told;
-- A view whose trigger takes some of the rows, and gives others a number.
CREATE VIEW seen AS SELECT id, name FROM noted;
CREATE FUNCTION take_some() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.name = 'Bob' THEN RETURN NULL; END IF;
  NEW.name := upper(NEW.name);
  IF TG_OP = 'INSERT' THEN INSERT INTO noted VALUES (NEW.id, NEW.name);
  ELSE UPDATE noted SET name = NEW.name WHERE id = NEW.id; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER take_some INSTEAD OF INSERT OR UPDATE ON seen FOR EACH ROW EXECUTE FUNCTION take_some();
SELECT xlsx.create_profile('seen', 'seen') > 0 AS made;
SELECT xlsx.alter_profile('seen', key_columns => '{id}');
SELECT keep('seen', '{name}');
TRUNCATE noted;
SELECT status FROM xlsx.import('seen', decode(:'three', 'base64'));
EXECUTE told;
INSERT INTO noted VALUES (2, 'Bert');
SELECT status FROM xlsx.import('seen', decode(:'keyed', 'base64'), mode => 'upsert');
EXECUTE told;
EXECUTE sums;
-- A policy that hides a row from UPDATE.
CREATE ROLE xlsx_test_teller;
GRANT xlsx_user TO xlsx_test_teller;
CREATE TABLE guarded (id int PRIMARY KEY, name text);
INSERT INTO guarded VALUES (1, 'An'), (2, 'Bo'), (3, 'Cid');
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON guarded FOR SELECT USING (true);
CREATE POLICY add ON guarded FOR INSERT WITH CHECK (true);
CREATE POLICY change ON guarded FOR UPDATE USING (id <> 2);
GRANT SELECT, INSERT, UPDATE ON guarded TO xlsx_test_teller;
SELECT xlsx.create_profile('guarded', 'guarded') > 0 AS made;
SELECT keep('guarded');
SELECT xlsx.alter_profile('guarded', keep_changes => true);
SET ROLE xlsx_test_teller;
SELECT status FROM xlsx.import('guarded', decode(:'three', 'base64'), mode => 'upsert');
EXECUTE told;
EXECUTE sums;
RESET ROLE;
-- A role that may not read: it learns what became of its rows, but nothing of their columns.
CREATE TABLE inbox (no int GENERATED ALWAYS AS IDENTITY, id int, name text);
GRANT INSERT, SELECT (id) ON inbox TO xlsx_test_teller;
SELECT xlsx.create_profile('inbox', 'inbox') > 0 AS made;
SELECT keep('inbox');
SET ROLE xlsx_test_teller;
SELECT status FROM xlsx.import('inbox', decode(:'three', 'base64'));
EXECUTE told;
SELECT status FROM xlsx.import('inbox', decode(:'three', 'base64'), "returning" => '{id}');
EXECUTE told;
SELECT status FROM xlsx.import('inbox', decode(:'three', 'base64'), "returning" => '{id,no}');
RESET ROLE;
-- A policy that lets rows in and shows none: the counts are the same; what is to be returned must be seen.
CREATE TABLE letterbox (id int, name text);
ALTER TABLE letterbox ENABLE ROW LEVEL SECURITY;
CREATE POLICY add ON letterbox FOR INSERT WITH CHECK (id <> 2);
GRANT INSERT, SELECT ON letterbox TO xlsx_test_teller;
SELECT xlsx.create_profile('letterbox', 'letterbox') > 0 AS made;
SET ROLE xlsx_test_teller;
SELECT status, saved_rows, error_rows FROM xlsx.import('letterbox', decode(:'three', 'base64'));
SELECT status, saved_rows, error_rows FROM xlsx.import('letterbox', decode(:'three', 'base64'), keep_rows => true);
EXECUTE told;
SELECT status, saved_rows, error_rows FROM xlsx.import('letterbox', decode(:'three', 'base64'), keep_rows => true, "returning" => '{id}');
RESET ROLE;
-- Partitions, with a trigger that saves rows of another import meanwhile.
CREATE TABLE parted (id int PRIMARY KEY, name text, no int GENERATED ALWAYS AS IDENTITY) PARTITION BY RANGE (id);
CREATE TABLE parted_low PARTITION OF parted FOR VALUES FROM (0) TO (3);
CREATE TABLE parted_high PARTITION OF parted FOR VALUES FROM (3) TO (9);
CREATE FUNCTION import_more() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  PERFORM xlsx.import('seen', (SELECT book FROM more));
  RETURN CASE WHEN NEW.id <> 2 THEN NEW END;
END $$;
CREATE TABLE more AS SELECT decode(:'three', 'base64') AS book;
CREATE TRIGGER import_more BEFORE INSERT ON parted FOR EACH ROW EXECUTE FUNCTION import_more();
SELECT xlsx.create_profile('parted', 'parted') > 0 AS made;
SELECT keep('parted', '{id,no}');
SELECT task FROM xlsx.import('parted', decode(:'three', 'base64')) \gset
SELECT row_number AS row, action, returned FROM xlsx.task_rows(:task);
SELECT xlsx.alter_profile('parted', mode => 'upsert');
SELECT task FROM xlsx.import('parted', decode(:'three', 'base64')) \gset
SELECT row_number AS row, action, returned FROM xlsx.task_rows(:task);
-- In parts, each behind the last row of the one before; and no rows of a task that is not there.
SELECT row_number AS row, action FROM xlsx.task_rows(:task, 2) LIMIT 2;
SELECT row_number AS row, action FROM xlsx.task_rows(:task, 4) LIMIT 2;
SELECT count(*) FROM xlsx.task_rows(:task, 5);
SELECT count(*) FROM xlsx.task_rows(-1);
-- Many rows: blocks of the sheet, batches with errors in between, and what one stored row holds.
CREATE TABLE many (no int GENERATED ALWAYS AS IDENTITY, id int PRIMARY KEY);
SELECT xlsx.create_profile('many', 'many') > 0 AS made;
SELECT keep('many', '{no}');
SELECT xlsx.write('SELECT nullif(g, 4242) AS id FROM generate_series(1, 10000) g UNION ALL SELECT 5 UNION ALL SELECT 7') AS many \gset
SELECT task FROM xlsx.import('many', :'many') \gset
EXECUTE sums;
SELECT count(*) AS rows, count(DISTINCT place) AS places, min(place), max(place), bool_and((returned ->> 'no')::int IS NOT NULL) FILTER (WHERE action = 'inserted') AS numbers FROM xlsx.task_rows(:task);
SELECT bool_and(place > before) AS in_order FROM (SELECT place, lag(place) OVER () AS before FROM xlsx.task_rows(:task)) AS r;
SELECT array_agg(place) FROM (SELECT place FROM xlsx.task_rows(:task, 4094) LIMIT 5) AS r;
SELECT count(*) BETWEEN 10 AND 40 AS pages, sum(row_count), bool_and(first_row / 4096 = last_row / 4096) AS in_blocks FROM xlsx_private.row_page WHERE task_id = :task;
-- Undo makes it untrue, so it takes it away; a retry begins anew; so does the end of the task.
SELECT xlsx.alter_profile('many', keep_old => true, mode => 'upsert');
\set few `:'root'/test/tools/book.py '[["id"], [20001], [20002]]'`
SELECT task FROM xlsx.import('many', decode(:'few', 'base64')) \gset
EXECUTE told;
SELECT undone, kept FROM xlsx.undo(:task);
EXECUTE told;
SELECT count(*) FROM xlsx_private.row_page WHERE task_id = :task;
SELECT task FROM xlsx.import('many', decode(:'few', 'base64')) \gset
SELECT deleted_rows FROM xlsx.delete(:task);
SELECT count(*) FROM xlsx_private.row_page WHERE task_id = :task;
\set more `:'root'/test/tools/book.py '[["id"], [20003], ["x"]]'`
SELECT task FROM xlsx.import('many', decode(:'more', 'base64')) \gset
SELECT xlsx.erase(:task);
EXECUTE told;
SELECT xlsx.drop_profile(name) FROM xlsx.profiles WHERE name IN ('plain', 'member', 'price', 'ruled', 'seen', 'guarded', 'parted', 'many', 'person', 'inbox', 'letterbox');
DROP TABLE plain, member, price, ruled, guarded, parted, many, more, person, inbox, letterbox;
DROP VIEW seen;
DROP TABLE noted;
DROP FUNCTION leave_out, take_some, import_more, keep;
REVOKE xlsx_user FROM xlsx_test_teller;
DROP ROLE xlsx_test_teller;
DEALLOCATE ALL;
