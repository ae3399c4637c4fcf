-- Any target, and constraints of any kind: a bad row never fails its batch.
\getenv root PG_ABS_SRCDIR
\set people `base64 -w0 :'root'/test/samples/people.xlsx`
CREATE FUNCTION import_people(file bytea, target regclass) RETURNS bigint LANGUAGE sql AS $$
  SELECT xlsx.create_profile(target::text, target, headers => '{"bio_id": "Bio-ID"}');
  SELECT xlsx.submit(target::text, file);
$$;
-- unique: with a row that is there already
CREATE TABLE with_key (name text, gender text, bio_id text PRIMARY KEY, note text DEFAULT 'default');
INSERT INTO with_key VALUES ('Zoe', 'F', 'B3');
SELECT import_people(decode(:'people', 'base64'), 'with_key') AS task \gset
SELECT xlsx.wait(:task, '30 s');
SELECT * FROM with_key ORDER BY bio_id;
SELECT row_number, column_name, cell, code, message, value, detail, constraint_name FROM xlsx.task_errors(:task);
-- unique: twice in the file, beside a check; the first one wins
CREATE TABLE once_each (name text, gender text UNIQUE, bio_id text CHECK (bio_id <> 'B3'));
SELECT import_people(decode(:'people', 'base64'), 'once_each') AS task \gset
SELECT xlsx.wait(:task, '30 s');
SELECT * FROM once_each ORDER BY bio_id;
SELECT row_number, cell, code, value FROM xlsx.task_errors(:task);
-- check
CREATE TABLE with_check (name text, gender text CHECK (gender IN ('M', 'X')), bio_id text);
SELECT import_people(decode(:'people', 'base64'), 'with_check') AS task \gset
SELECT xlsx.wait(:task, '30 s');
SELECT * FROM with_check ORDER BY bio_id;
SELECT row_number, column_name, cell, code, constraint_name FROM xlsx.task_errors(:task);
-- foreign key: known at the end of the statement only
CREATE TABLE genders (code text PRIMARY KEY);
INSERT INTO genders VALUES ('F');
CREATE TABLE with_reference (name text, gender text REFERENCES genders, bio_id text);
SELECT import_people(decode(:'people', 'base64'), 'with_reference') AS task \gset
SELECT xlsx.wait(:task, '30 s');
SELECT * FROM with_reference ORDER BY bio_id;
SELECT row_number, column_name, cell, code, constraint_name FROM xlsx.task_errors(:task);
-- trigger that refuses
CREATE FUNCTION refuse_cid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.name = 'Cid' THEN
    RAISE EXCEPTION 'no Cid here' USING HINT = 'Ask Dora.';
  END IF;
  NEW.name := upper(NEW.name);
  RETURN NEW;
END $$;
CREATE TABLE with_trigger (name text, gender text, bio_id text);
CREATE TRIGGER refuse_cid BEFORE INSERT ON with_trigger FOR EACH ROW EXECUTE FUNCTION refuse_cid();
SELECT import_people(decode(:'people', 'base64'), 'with_trigger') AS task \gset
SELECT xlsx.wait(:task, '30 s');
SELECT * FROM with_trigger ORDER BY bio_id;
SELECT row_number, cell, code, message, hint FROM xlsx.task_errors(:task);
-- partitioned, with generated and default columns
CREATE TABLE parted (name text NOT NULL, gender text, bio_id text, loud text GENERATED ALWAYS AS (upper(name)) STORED,
  place text NOT NULL DEFAULT 'here') PARTITION BY LIST (gender);
CREATE TABLE parted_f PARTITION OF parted FOR VALUES IN ('F');
SELECT import_people(decode(:'people', 'base64'), 'parted') AS task \gset
SELECT xlsx.wait(:task, '30 s');
SELECT tableoid::regclass, * FROM parted ORDER BY bio_id;
SELECT row_number, cell, code, message FROM xlsx.task_errors(:task);
-- view that can be written to
CREATE TABLE behind_view (name text, gender text, bio_id text);
CREATE VIEW women AS SELECT * FROM behind_view WHERE gender = 'F' WITH CHECK OPTION;
SELECT import_people(decode(:'people', 'base64'), 'women') AS task \gset
SELECT xlsx.wait(:task, '30 s');
SELECT * FROM behind_view ORDER BY bio_id;
SELECT row_number, cell, code, message FROM xlsx.task_errors(:task);
SELECT count(xlsx.drop_profile(name)) FROM xlsx.profiles;
SELECT count(xlsx.delete(id)) FROM xlsx.tasks;
DROP TABLE with_key, once_each, with_check, with_reference, genders, with_trigger, parted, behind_view CASCADE;
DROP FUNCTION import_people, refuse_cid;
