-- Targets whose rows another server keeps.
\getenv root PG_ABS_SRCDIR
\set file `:'root'/test/tools/book.py '[["id", "name"], [1, "Ann"], [2, "Bob"], [2, "Bob again"], [3, null], ["x", "no number"], [4, "Dora"]]'`
CREATE EXTENSION postgres_fdw;
DO $$ BEGIN
  EXECUTE format('CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host %L, port %L, dbname %L)',
    split_part(current_setting('listen_addresses'), ',', 1), current_setting('port'), current_database());
END $$;
CREATE USER MAPPING FOR CURRENT_USER SERVER elsewhere;
CREATE SCHEMA far;
CREATE TABLE far.person (id int PRIMARY KEY, name text NOT NULL CHECK (name <> 'Zoe'));
CREATE FOREIGN TABLE person_far (id int, name text) SERVER elsewhere OPTIONS (schema_name 'far', table_name 'person');
CREATE TABLE person_near (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE person_split (id int, name text NOT NULL) PARTITION BY RANGE (id);
CREATE TABLE person_low PARTITION OF person_split FOR VALUES FROM (0) TO (3);
CREATE FOREIGN TABLE person_high PARTITION OF person_split FOR VALUES FROM (3) TO (9) SERVER elsewhere
  OPTIONS (schema_name 'far', table_name 'person');
CREATE VIEW person_view AS SELECT id, name FROM person_far;
CREATE FUNCTION import_into(target regclass, file text, mode text DEFAULT 'insert') RETURNS bigint LANGUAGE sql AS $$
  SELECT xlsx.create_profile(target::text, target) WHERE NOT EXISTS (SELECT FROM xlsx.profiles WHERE name = $1::text);
  SELECT xlsx.alter_profile(target::text, key_columns => '{id}');
  SELECT xlsx.submit(target::text, decode(file, 'base64'), mode => mode);
$$;
PREPARE outcome (bigint) AS SELECT exactly_once, status, saved_rows, error_rows, error_message FROM xlsx.tasks WHERE id = $1;
-- The task says where a crash could save rows twice.
SELECT import_into('person_near', :'file') AS task \gset
SELECT xlsx.wait(:task, '30 s');
EXECUTE outcome(:task);
-- A row that the other server refuses is an error of that row.
SELECT import_into('person_far', :'file') AS task \gset
SELECT xlsx.wait(:task, '30 s');
EXECUTE outcome(:task);
SELECT row_number, cell, code, message FROM xlsx.task_errors(:task);
SELECT * FROM far.person ORDER BY id;
SELECT import_into('person_far', :'file', 'all_or_nothing') AS task \gset
SELECT xlsx.wait(:task, '30 s');
EXECUTE outcome(:task);
TRUNCATE far.person;
SELECT import_into('person_split', :'file') AS task \gset
SELECT xlsx.wait(:task, '30 s');
EXECUTE outcome(:task);
SELECT tableoid::regclass, * FROM person_split ORDER BY id, name;
TRUNCATE far.person;
INSERT INTO far.person VALUES (1, 'Old');
SELECT import_into('person_view', :'file', 'upsert') AS task \gset
SELECT xlsx.wait(:task, '30 s');
EXECUTE outcome(:task);
SELECT * FROM far.person ORDER BY id;
-- The other server is gone.
ALTER SERVER elsewhere OPTIONS (SET port '1');
\set VERBOSITY sqlstate
SELECT status FROM xlsx.import('person_far', decode(:'file', 'base64'));
\set VERBOSITY terse
SELECT count(xlsx.drop_profile(name)) FROM xlsx.profiles WHERE name LIKE 'person%';
DROP FUNCTION import_into;
DROP TABLE person_near, person_split;
DROP VIEW person_view;
SET client_min_messages = error;
DROP SCHEMA far CASCADE;
DROP EXTENSION postgres_fdw CASCADE;
DEALLOCATE ALL;
