-- What the counts of a task say: total = saved + skipped + errors, saved = inserted + updated + unchanged + deleted; and taking rows back.
\getenv root PG_ABS_SRCDIR
\set SHOW_CONTEXT never
\set three `:'root'/test/tools/book.py '[["id", "name"], [1, "Ann"], [2, "Bob"], [3, "Cid"], ["x", "Dan"]]'`
PREPARE counts AS SELECT total_rows AS total, saved_rows AS saved, skipped_rows AS skip, error_rows AS bad, inserted_rows AS ins, updated_rows AS upd,
  unchanged_rows AS same, total_rows = saved_rows + skipped_rows + error_rows
    AND saved_rows = inserted_rows + updated_rows + unchanged_rows + deleted_rows AS sums FROM xlsx.tasks
  WHERE id = (SELECT max(id) FROM xlsx.tasks);
CREATE FUNCTION leave_out() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN CASE WHEN NEW.name <> 'Bob' THEN NEW END; END $$;
-- A BEFORE trigger that returns NULL leaves a row out: it is skipped, not saved.
CREATE TABLE member (id int PRIMARY KEY, name text, task bigint);
CREATE TRIGGER leave_out BEFORE INSERT OR UPDATE ON member FOR EACH ROW EXECUTE FUNCTION leave_out();
SELECT xlsx.create_profile('member', 'member', task_column => 'task') > 0 AS made;
SELECT status, saved_rows, skipped_rows FROM xlsx.import('member', decode(:'three', 'base64'), dry_run => true);
SELECT status, saved_rows, skipped_rows FROM xlsx.import('member', decode(:'three', 'base64'), mode => 'all_or_nothing');
SELECT status, saved_rows, skipped_rows FROM xlsx.import('member', decode(:'three', 'base64'));
EXECUTE counts;
SELECT id, name FROM member ORDER BY id;
-- The same where rows are looked for: one left out by the trigger as new, one as changed, one that is there.
INSERT INTO member VALUES (4, 'Dora');
ALTER TABLE member DISABLE TRIGGER ALL;
INSERT INTO member VALUES (5, 'Eve');
ALTER TABLE member ENABLE TRIGGER ALL;
\set keyed `:'root'/test/tools/book.py '[["id", "name"], [1, "Ann"], [2, "Bob"], [3, "Cyd"], [5, "Bob"], [6, "Fay"]]'`
SELECT status FROM xlsx.import('member', decode(:'keyed', 'base64'), mode => 'upsert');
EXECUTE counts;
SELECT status FROM xlsx.import('member', decode(:'keyed', 'base64'), mode => 'update');
EXECUTE counts;
SELECT status FROM xlsx.import('member', decode(:'keyed', 'base64'), mode => 'skip');
EXECUTE counts;
SELECT id, name FROM member ORDER BY id;
-- Rules: what one sends elsewhere instead is counted there, what one drops is skipped.
CREATE TABLE noted (id int, name text);
CREATE TABLE ruled (id int, name text);
CREATE RULE elsewhere AS ON INSERT TO ruled DO INSTEAD INSERT INTO noted SELECT NEW.id, NEW.name WHERE NEW.id <> 3;
SELECT xlsx.create_profile('ruled', 'ruled') > 0 AS made;
SELECT status FROM xlsx.import('ruled', decode(:'three', 'base64'));
EXECUTE counts;
CREATE OR REPLACE RULE elsewhere AS ON INSERT TO ruled DO INSTEAD NOTHING;
SELECT status FROM xlsx.import('ruled', decode(:'three', 'base64'));
EXECUTE counts;
SELECT (SELECT count(*) FROM ruled) AS ruled, (SELECT count(*) FROM noted) AS noted;
-- A view whose trigger takes some of the rows.
CREATE VIEW seen AS SELECT id, name FROM noted;
CREATE FUNCTION take_some() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.name = 'Bob' THEN RETURN NULL; END IF;
  IF TG_OP = 'INSERT' THEN INSERT INTO noted VALUES (NEW.id, NEW.name);
  ELSE UPDATE noted SET name = NEW.name WHERE id = NEW.id; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER take_some INSTEAD OF INSERT OR UPDATE ON seen FOR EACH ROW EXECUTE FUNCTION take_some();
SELECT xlsx.create_profile('seen', 'seen') > 0 AS made;
SELECT xlsx.alter_profile('seen', key_columns => '{id}');
TRUNCATE noted;
SELECT status FROM xlsx.import('seen', decode(:'three', 'base64'));
EXECUTE counts;
INSERT INTO noted VALUES (2, 'Bert');
SELECT status FROM xlsx.import('seen', decode(:'keyed', 'base64'), mode => 'upsert');
EXECUTE counts;
SELECT * FROM noted ORDER BY id;
-- A policy that hides a row from UPDATE.
CREATE ROLE xlsx_test_counter;
GRANT xlsx_user TO xlsx_test_counter;
CREATE TABLE guarded (id int PRIMARY KEY, name text);
INSERT INTO guarded VALUES (1, 'An'), (2, 'Bo'), (3, 'Cid');
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON guarded FOR SELECT USING (true);
CREATE POLICY add ON guarded FOR INSERT WITH CHECK (true);
CREATE POLICY change ON guarded FOR UPDATE USING (id <> 2);
GRANT SELECT, INSERT, UPDATE ON guarded TO xlsx_test_counter;
SELECT xlsx.create_profile('guarded', 'guarded') > 0 AS made;
SET ROLE xlsx_test_counter;
SELECT status FROM xlsx.import('guarded', decode(:'three', 'base64'), mode => 'upsert');
EXECUTE counts;
RESET ROLE;
SELECT * FROM guarded ORDER BY id;
-- Undo in a partitioned table: rows of two partitions lie at the same places.
CREATE TABLE parted (id int PRIMARY KEY, name text, task bigint) PARTITION BY RANGE (id);
CREATE TABLE parted_low PARTITION OF parted FOR VALUES FROM (0) TO (3);
CREATE TABLE parted_high PARTITION OF parted FOR VALUES FROM (3) TO (9);
CREATE TABLE of_parted (id int REFERENCES parted);
SELECT xlsx.create_profile('parted', 'parted', task_column => 'task') > 0 AS made;
SELECT task FROM xlsx.import('parted', decode(:'three', 'base64')) \gset
INSERT INTO parted VALUES (4, 'Mine', 0);
INSERT INTO of_parted VALUES (3);
SELECT undone, kept, jsonb_path_query_array(reasons, '$[*].row.id') AS ids FROM xlsx.undo(:task);
SELECT tableoid::regclass, id, name FROM parted ORDER BY id;
EXECUTE counts;
DELETE FROM of_parted;
SELECT undone, kept FROM xlsx.undo(:task);
EXECUTE counts;
SELECT undone FROM xlsx.tasks WHERE id = :task;
-- Undo gives back what was there, to the last blank, and touches no other column.
CREATE DOMAIN digits AS text CHECK (VALUE ~ '^[0-9]+$');
CREATE TABLE exact (id int PRIMARY KEY, name text, other json, list int[], spot point, at timestamptz, plain text, stamped int DEFAULT 0, code digits);
SET DateStyle = 'German';
INSERT INTO exact VALUES (1, 'one', '{"b":1,  "a":2, "a":3}', '[0:1]={4,5}', '(1,2)', '02.03.2004 05:06:07.123456+00', ' x ', 7, '00');
CREATE TABLE before AS SELECT e::text FROM exact e;
CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'changed: %', ARRAY(
  SELECT n.key FROM jsonb_each_text(to_jsonb(NEW)) n JOIN jsonb_each_text(to_jsonb(OLD)) o USING (key) WHERE n.value IS DISTINCT FROM o.value); RETURN NEW; END $$;
CREATE TRIGGER watch BEFORE UPDATE OF other, list, spot, stamped ON exact FOR EACH ROW EXECUTE FUNCTION watch();
SELECT xlsx.create_profile('exact', 'exact') > 0 AS made;
SELECT xlsx.alter_profile('exact', mode => 'upsert', keep_old => true, update_columns => '{name,at}');
\set exact `:'root'/test/tools/book.py '[["id", "name", "at"], [1, "two", "2024-01-02 03:04:05"], [2, "new", null]]'`
SELECT task, inserted_rows, updated_rows FROM xlsx.import('exact', decode(:'exact', 'base64')) \gset
RESET DateStyle;
SELECT name FROM exact ORDER BY id;
SELECT undone, kept, reasons FROM xlsx.undo(:task);
SET DateStyle = 'German';
SELECT e::text = b.e AS same FROM exact AS e, before AS b;
RESET DateStyle;
EXECUTE counts;
-- Deleting a task: rows that others refer to stay, and it says so; nothing is done by halves.
SELECT task FROM xlsx.import('parted', decode(:'three', 'base64')) \gset
INSERT INTO of_parted VALUES (1), (3);
-- The key of the partition has a name of the server's, which 18 makes in another way.
SELECT deleted_rows, regexp_replace(message, 'fkey_?1', 'fkey1') AS message FROM xlsx.delete(:task);
SELECT id FROM parted ORDER BY id;
SELECT count(*) FROM xlsx.tasks WHERE id = :task;
DROP TABLE of_parted;
-- A deferred constraint refers as well; in a block of the caller's it waits for his COMMIT, as he may mend it until then.
CREATE TABLE referred (id int PRIMARY KEY, name text, task bigint);
CREATE TABLE refers (id int REFERENCES referred DEFERRABLE INITIALLY DEFERRED);
SELECT xlsx.create_profile('referred', 'referred', task_column => 'task') > 0 AS made;
SELECT task FROM xlsx.import('referred', decode(:'three', 'base64')) \gset
INSERT INTO refers VALUES (2);
SELECT undone, kept, jsonb_path_query_array(reasons, '$[*].row.id') AS ids FROM xlsx.undo(:task);
SELECT deleted_rows, message FROM xlsx.delete(:task);
SELECT id FROM referred ORDER BY id;
DELETE FROM referred WHERE id <> 2;
SELECT task FROM xlsx.import('referred', decode(:'three', 'base64'), mode => 'skip') \gset
INSERT INTO refers VALUES (1);
BEGIN;
SELECT deleted_rows, message FROM xlsx.delete(:task);
DELETE FROM refers WHERE id = 1;
COMMIT;
SELECT id FROM referred ORDER BY id;
SELECT xlsx.drop_profile('referred');
DROP TABLE refers, referred;
-- Rows of another installation's task of the same number are not this one's, and undo does not speak of them.
DELETE FROM parted;
SELECT last_value + 1 AS next FROM xlsx_private.task_id_seq \gset
INSERT INTO parted VALUES (5, 'Old', :next), (6, 'Old', :next);
SELECT task = :next AS same_number, task FROM xlsx.import('parted', decode(:'three', 'base64')) \gset
UPDATE parted SET name = 'Changed' WHERE id = 2;
SELECT undone, kept, jsonb_path_query_array(reasons, '$[*].row.id') AS ids FROM xlsx.undo(:task);
SELECT deleted_rows FROM xlsx.delete(:task);
SELECT id, name FROM parted ORDER BY id;
-- A task whose column of the target is text
CREATE TABLE texty (id int, task text);
SELECT xlsx.create_profile('texty', 'texty', task_column => 'task') > 0 AS made;
SELECT task FROM xlsx.import('texty', decode(:'three', 'base64')) \gset
SELECT undone FROM xlsx.undo(:task);
SELECT deleted_rows FROM xlsx.delete(:task);
SELECT xlsx.drop_profile(name) FROM xlsx.profiles WHERE name IN ('member', 'ruled', 'seen', 'guarded', 'parted', 'exact', 'texty');
DROP TABLE member, ruled, guarded, parted, exact, before, texty;
DROP VIEW seen;
DROP TABLE noted;
DROP FUNCTION leave_out, take_some, watch;
DROP DOMAIN digits;
REVOKE xlsx_user FROM xlsx_test_counter;
DROP ROLE xlsx_test_counter;
DEALLOCATE ALL;
