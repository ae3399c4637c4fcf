-- Keys: expressions and partial unique indexes, identity columns, keys that come twice in a file.
\getenv root PG_ABS_SRCDIR
\set SHOW_CONTEXT never
PREPARE counts AS SELECT status, total_rows AS total, saved_rows AS saved, inserted_rows AS ins, updated_rows AS upd, unchanged_rows AS same,
  skipped_rows AS skip, error_rows AS bad FROM xlsx.tasks WHERE id = (SELECT max(id) FROM xlsx.tasks);
-- A partial unique index over an expression
CREATE TABLE person (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL, name text, deleted_at date);
CREATE UNIQUE INDEX person_email_live ON person (lower(email)) WHERE deleted_at IS NULL;
INSERT INTO person (email, name, deleted_at) VALUES ('Ann@x', 'Ann', NULL), ('bob@x', 'Bob', NULL), ('cid@x', 'gone', '2020-01-01');
SELECT xlsx.create_profile('person', 'person') > 0 AS made;
SELECT xlsx.alter_profile('person', mode => 'upsert', keep_old => true);
\set people `:'root'/test/tools/book.py '[["Email", "Name"], ["ann@X", "Ann 2"], ["BOB@x", "Bob"], ["Cid@x", "Cid"], ["dan@x", "Dan"], [null, "none"]]'`
SELECT xlsx.import('person', decode(:'people', 'base64'));
SELECT xlsx.alter_profile('person', key_columns => '{lower(email)}');
SELECT headers, key_columns, key_index FROM xlsx.profiles WHERE name = 'person';
SELECT task FROM xlsx.import('person', decode(:'people', 'base64'), dry_run => true) \gset
EXECUTE counts;
SELECT task FROM xlsx.import('person', decode(:'people', 'base64')) \gset
EXECUTE counts;
SELECT row_number, column_name, code FROM xlsx.task_errors(:task);
SELECT email, name, deleted_at FROM person ORDER BY lower(email), deleted_at;
SELECT undone, kept FROM xlsx.undo(:task);
SELECT email, name, deleted_at FROM person ORDER BY lower(email), deleted_at;
SELECT status FROM xlsx.import('person', decode(:'people', 'base64'), mode => 'skip');
EXECUTE counts;
SELECT status FROM xlsx.import('person', decode(:'people', 'base64'), mode => 'update');
EXECUTE counts;
SELECT email, name, deleted_at FROM person ORDER BY lower(email), deleted_at;
-- A row of the file that is outside of the index has no key; the default of a column counts, as for ON CONFLICT.
CREATE TABLE label (code text, state text NOT NULL DEFAULT 'live', note text);
CREATE UNIQUE INDEX label_live ON label (code) WHERE state = 'live';
CREATE UNIQUE INDEX label_draft ON label (code) WHERE state = 'draft';
SELECT xlsx.create_profile('label', 'label') > 0 AS made;
SELECT xlsx.alter_profile('label', mode => 'upsert', key_columns => '{code}');
\set labels `:'root'/test/tools/book.py '[["Code", "State", "Note"], ["a", null, "1"], ["a", "old", "2"], ["a", "old", "3"], ["b", "live", "4"]]'`
\set news `:'root'/test/tools/book.py '[["Code", "Note"], ["a", "5"], ["c", "6"]]'`
SELECT xlsx.import('label', decode(:'labels', 'base64'));
SELECT xlsx.alter_profile('label', key_index => 'label_gone');
SELECT xlsx.alter_profile('label', key_index => 'label_live', key_columns => '{}');
SELECT status FROM xlsx.import('label', decode(:'labels', 'base64'));
EXECUTE counts;
SELECT status FROM xlsx.import('label', decode(:'news', 'base64'));
EXECUTE counts;
SELECT * FROM label ORDER BY code, note;
-- Where nothing is inserted, no row can come to stand outside: its key alone finds what is to be changed.
\set ends `:'root'/test/tools/book.py '[["Code", "State"], ["a", "old"], ["b", "live"], ["d", "live"]]'`
SELECT status FROM xlsx.import('label', decode(:'ends', 'base64'), mode => 'update');
EXECUTE counts;
SELECT * FROM label ORDER BY code, note;
-- NULL as a value of the key
CREATE TABLE place (country text, town text, people int);
CREATE UNIQUE INDEX place_key ON place (country, town) NULLS NOT DISTINCT;
INSERT INTO place VALUES ('de', NULL, 1), (NULL, 'x', 2);
SELECT xlsx.create_profile('place', 'place') > 0 AS made;
SELECT xlsx.alter_profile('place', mode => 'upsert', key_columns => '{country,town}', keep_old => true);
\set places `:'root'/test/tools/book.py '[["Country", "Town", "People"], ["de", null, 3], [null, "x", 4], [null, null, 5], ["fr", null, 6]]'`
SELECT task FROM xlsx.import('place', decode(:'places', 'base64')) \gset
EXECUTE counts;
SELECT status FROM xlsx.import('place', decode(:'places', 'base64'));
EXECUTE counts;
SELECT * FROM place ORDER BY country, town;
SELECT undone, kept FROM xlsx.undo(:task);
SELECT * FROM place ORDER BY country, town;
-- Collations, operator classes, partitions; columns that are generated, or computed by the profile
CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE word (region text COLLATE "C", word text, kind varchar(10) COLLATE nocase, folded text GENERATED ALWAYS AS (lower(word)) STORED, n int, PRIMARY KEY (region, kind))
  PARTITION BY LIST (region);
CREATE TABLE word_eu PARTITION OF word FOR VALUES IN ('eu');
CREATE TABLE word_us PARTITION OF word FOR VALUES IN ('us');
CREATE UNIQUE INDEX word_folded ON word (region, folded text_pattern_ops);
CREATE UNIQUE INDEX word_expression ON word (region, (word || '!') COLLATE nocase);
INSERT INTO word VALUES ('eu', 'Ant', 'Noun', DEFAULT, 1), ('us', 'Ant', 'noun', DEFAULT, 2);
SELECT xlsx.create_profile('word', 'word') > 0 AS made;
SELECT xlsx.set_column('word', 'region', transform => 'lower(region)');
SELECT xlsx.alter_profile('word', mode => 'upsert');
\set words `:'root'/test/tools/book.py '[["Region", "Word", "Kind", "N"], ["EU", "ANT", "NOUN", 10], ["EU", "bee", "verb", 11], ["Us", "ant", "Noun", 12]]'`
CREATE FUNCTION words(VARIADIC keys text[]) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM xlsx.alter_profile('word', key_columns => keys);
  PERFORM xlsx.import('word', decode(current_setting('keys.words'), 'base64'), dry_run => true);
  RETURN inserted_rows || ' inserted, ' || updated_rows || ' updated, ' || error_rows || ' bad' FROM xlsx.tasks WHERE id = (SELECT max(id) FROM xlsx.tasks);
END $$;
SELECT set_config('keys.words', :'words', false) <> '' AS set;
SELECT words('region', 'kind'), words('region', 'folded'), words('region', '(word || ''!'')'), words('word||''!''', 'region');
-- What can be no key
SELECT xlsx.alter_profile('word', key_columns => '{region,wrod}');
SELECT xlsx.alter_profile('word', key_columns => '{region,lower(wrod)}');
SELECT xlsx.alter_profile('word', key_columns => '{region,"lower(word), 1"}');
SELECT xlsx.alter_profile('word', key_columns => '{region,upper(word)}');
SELECT status, inserted_rows, updated_rows FROM xlsx.import('word', decode(:'words', 'base64'));
SELECT status FROM xlsx.import('word', decode(:'words', 'base64'), mode => 'insert', dry_run => true);
SELECT xlsx.alter_profile('word', key_index => 'word_folded');
SELECT xlsx.alter_profile('word', key_index => 'word_folded', key_columns => '{}');
SELECT xlsx.profile_json('word') ->> 'key_index' AS index, (xlsx.create_profile_from_json(xlsx.profile_json('word'), 'word2')) > 0 AS made;
SELECT name, key_columns, key_index FROM xlsx.profiles WHERE name LIKE 'word%' ORDER BY 1;
SELECT xlsx.drop_profile('word2');
SELECT status, inserted_rows, updated_rows FROM xlsx.import('word', decode(:'words', 'base64'));
SELECT xlsx.set_column('word', 'word', source => 'none');
SELECT xlsx.alter_profile('word', key_columns => '{region,folded}');
SELECT status, inserted_rows, updated_rows FROM xlsx.import('word', decode(:'words', 'base64'));
DROP INDEX word_folded;
SELECT status, inserted_rows, updated_rows FROM xlsx.import('word', decode(:'words', 'base64'));
-- The same key again in a file
CREATE TABLE stock (sku text NOT NULL, name text, price numeric CHECK (price > 0), task bigint);
CREATE UNIQUE INDEX stock_sku ON stock (lower(sku));
SELECT xlsx.create_profile('stock', 'stock', task_column => 'task') > 0 AS made;
SELECT xlsx.alter_profile('stock', mode => 'upsert', key_columns => '{lower(sku)}', keep_old => true);
\set stock `:'root'/test/tools/book.py '[["Sku", "Name", "Price"], ["a", "first", 1], ["b", "only", 2], ["A", "bad", -1], ["A", "second", 3], ["c", "bad", -2], ["C", "good", 4], ["a", "third", 5]]'`
CREATE FUNCTION told(task bigint) RETURNS TABLE (kind text, row_number int, column_name text, cell text, code text, message text) LANGUAGE sql AS $$
  SELECT 'error', row_number, column_name, cell, code, message FROM xlsx.task_errors(task)
  UNION ALL SELECT 'warning', row_number, column_name, cell, code, message FROM xlsx.task_warnings(task) ORDER BY 2, 1
$$;
SELECT task FROM xlsx.import('stock', decode(:'stock', 'base64')) \gset
EXECUTE counts;
SELECT * FROM told(:task);
SELECT sku, name, price FROM stock ORDER BY sku;
SELECT undone, kept FROM xlsx.undo(:task);
SELECT count(*) FROM stock;
SELECT task FROM xlsx.import('stock', decode(:'stock', 'base64'), duplicate_keys => 'first') \gset
EXECUTE counts;
SELECT * FROM told(:task);
SELECT sku, name, price FROM stock ORDER BY sku;
DELETE FROM stock;
SELECT task FROM xlsx.import('stock', decode(:'stock', 'base64'), duplicate_keys => 'error') \gset
EXECUTE counts;
SELECT * FROM told(:task);
SELECT sku, name, price FROM stock ORDER BY sku;
SELECT task FROM xlsx.import('stock', decode(:'stock', 'base64'), mode => 'update') \gset
EXECUTE counts;
SELECT sku, name, price FROM stock ORDER BY sku;
DELETE FROM stock;
-- Skip leaves later rows out, as ever; modes that insert leave them to the table, or do what is asked.
SELECT task FROM xlsx.import('stock', decode(:'stock', 'base64'), mode => 'skip') \gset
EXECUTE counts;
SELECT * FROM told(:task);
DELETE FROM stock;
SELECT task FROM xlsx.import('stock', decode(:'stock', 'base64'), mode => 'insert') \gset
EXECUTE counts;
SELECT * FROM told(:task);
DELETE FROM stock;
SELECT task FROM xlsx.import('stock', decode(:'stock', 'base64'), mode => 'insert', duplicate_keys => 'first') \gset
EXECUTE counts;
SELECT * FROM told(:task);
SELECT xlsx.import('stock', decode(:'stock', 'base64'), mode => 'skip', duplicate_keys => 'last');
SELECT xlsx.import('stock', decode(:'stock', 'base64'), duplicate_keys => 'both');
SELECT count(*) FROM xlsx_private.seen_key;
-- Across batches, and in the background
TRUNCATE stock;
SELECT xlsx.submit('stock', xlsx.write($$SELECT CASE WHEN i % 2 = 0 THEN 'S' ELSE 's' END || i % 1500 AS sku, i::text AS name, 1 AS price FROM generate_series(1, 4000) AS i$$)) AS task \gset
SELECT xlsx.wait(:task, '60 s');
EXECUTE counts;
SELECT count(*), min(name::int), max(name::int) FROM stock;
SELECT count(*), min(row_number), max(row_number), min(message) FROM xlsx.task_warnings(:task);
SELECT xlsx.submit('stock', xlsx.write($$SELECT CASE WHEN i % 2 = 0 THEN 'T' ELSE 't' END || i % 1500 AS sku, i::text AS name, 1 AS price FROM generate_series(1, 4000) AS i$$),
  mode => 'all_or_nothing', duplicate_keys => 'first') AS task \gset
SELECT xlsx.wait(:task, '60 s');
EXECUTE counts;
SELECT count(*), min(name::int), max(name::int) FROM stock WHERE sku ~* '^t';
SELECT count(*), min(row_number), max(row_number) FROM xlsx.task_warnings(:task);
-- Columns that fill themselves, taken in: a blank cell is a new number, and sequences pass the numbers of the file.
CREATE TABLE always (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text UNIQUE);
CREATE TABLE bydefault (id bigint GENERATED BY DEFAULT AS IDENTITY (INCREMENT -1 START -1 MINVALUE -100000 MAXVALUE -1) PRIMARY KEY, name text);
CREATE TABLE serials (id serial PRIMARY KEY, name text);
CREATE TABLE parts (id int GENERATED ALWAYS AS IDENTITY, name text, PRIMARY KEY (id)) PARTITION BY RANGE (id);
CREATE TABLE parts_one PARTITION OF parts FOR VALUES FROM (-1000000) TO (1000000);
SELECT xlsx.create_profile('always', 'always', headers => '{"id": "No"}');
SELECT count(xlsx.create_profile(t, t::regclass, include => '{id}', headers => '{"id": "No"}')) FROM unnest('{always,bydefault,serials,parts}'::text[]) AS t;
SELECT name, columns FROM xlsx.profiles WHERE name IN ('always', 'serials') ORDER BY 1;
SELECT profile, column_name, required FROM xlsx.profile_columns WHERE profile IN ('always', 'serials') ORDER BY 1, 2;
SELECT xlsx.create_profile('always2', 'always', include => '{nobody}');
SELECT xlsx.create_profile_from_json(xlsx.profile_json('always'), 'always2') > 0 AS made;
SELECT columns FROM xlsx.profiles WHERE name = 'always2';
SELECT xlsx.set_column('always2', 'id', header => 'Number');
SELECT xlsx.drop_profile('always2');
\set ids `:'root'/test/tools/book.py '[["No", "Name"], [7, "seven"], [null, "blank"], [20, "twenty"], [20, "again"], [null, "blank too"]]'`
\set downs `:'root'/test/tools/book.py '[["No", "Name"], [-7, "seven"], [null, "blank"], [-20, "twenty"]]'`
SELECT p.profile, i.status, i.inserted_rows, i.error_rows
FROM unnest('{always,serials,parts}'::text[]) AS p (profile), LATERAL xlsx.import(p.profile, decode(:'ids', 'base64'), dry_run => true) AS i;
INSERT INTO always (name) VALUES ('own') RETURNING id;
SELECT p.profile, i.status, i.inserted_rows, i.error_rows
FROM unnest('{always,serials,parts}'::text[]) AS p (profile), LATERAL xlsx.import(p.profile, decode(:'ids', 'base64')) AS i;
SELECT status, inserted_rows FROM xlsx.import('bydefault', decode(:'downs', 'base64'));
INSERT INTO always (name) VALUES ('next') RETURNING id > 20 AS passed;
INSERT INTO bydefault (name) VALUES ('next') RETURNING id < -20 AS passed;
INSERT INTO serials (name) VALUES ('next') RETURNING id > 20 AS passed;
INSERT INTO parts (name) VALUES ('next') RETURNING id > 20 AS passed;
SELECT id, name FROM always WHERE id IN (7, 20) ORDER BY 1;
-- By key: the number is never changed, and nothing is drawn for a row that is there.
\set keyed `:'root'/test/tools/book.py '[["No", "Name"], [7, "seven 2"], [null, "new"], [30, "thirty"]]'`
SELECT p.profile, i.status, i.inserted_rows, i.updated_rows, i.unchanged_rows
FROM unnest('{always,serials,parts}'::text[]) AS p (profile), LATERAL xlsx.import(p.profile, decode(:'keyed', 'base64'), mode => 'upsert') AS i;
SELECT last_value < 31 AS drawn_once FROM serials_id_seq;
INSERT INTO always (name) VALUES ('next 2') RETURNING id > 30 AS passed;
SELECT xlsx.alter_profile('always', key_columns => '{name}');
\set named `:'root'/test/tools/book.py '[["No", "Name"], [null, "seven 2"], [40, "thirty"]]'`
SELECT status, inserted_rows, updated_rows, unchanged_rows FROM xlsx.import('always', decode(:'named', 'base64'), mode => 'upsert');
SELECT id, name FROM always WHERE id IN (7, 30, 40) ORDER BY 1;
-- A sequence is not moved back, and only by those who may.
SELECT setval('serials_id_seq', 1000);
\set low `:'root'/test/tools/book.py '[["No", "Name"], [500, "low"]]'`
SELECT status FROM xlsx.import('serials', decode(:'low', 'base64'));
SELECT last_value, is_called FROM serials_id_seq;
CREATE ROLE keys_clerk;
GRANT xlsx_user TO keys_clerk;
GRANT ALL ON serials, always TO keys_clerk;
GRANT CREATE, USAGE ON SCHEMA public TO keys_clerk;
SET ROLE keys_clerk;
\set high `:'root'/test/tools/book.py '[["No", "Name"], [5000, "high"], [5001, "higher"]]'`
SELECT task FROM xlsx.import('serials', decode(:'high', 'base64')) \gset
SELECT notes FROM xlsx.tasks WHERE id = :task;
RESET ROLE;
SELECT last_value FROM serials_id_seq;
GRANT UPDATE ON SEQUENCE serials_id_seq TO keys_clerk;
SET ROLE keys_clerk;
SELECT status FROM xlsx.import('serials', decode(:'high', 'base64'), mode => 'upsert');
RESET ROLE;
SELECT last_value FROM serials_id_seq;
-- A blank number is a new one, whatever blank_cells is; so is a blank part of a key the default.
\set blank `:'root'/test/tools/book.py '[["No", "Name"], [9000, "nine"], [null, "new one"]]'`
SELECT status FROM xlsx.import('serials', decode(:'blank', 'base64'), mode => 'upsert', blank_cells => 'null');
SELECT status FROM xlsx.import('always', decode(:'blank', 'base64'), mode => 'insert', blank_cells => 'null');
SELECT id > 9000 AS drawn FROM serials WHERE name = 'new one' UNION ALL SELECT id > 9000 FROM always WHERE name = 'new one';
CREATE TABLE shelf (shop int NOT NULL DEFAULT 7, sku text, price int, PRIMARY KEY (shop, sku));
SELECT xlsx.create_profile('shelf', 'shelf') > 0 AS made;
\set shelf `:'root'/test/tools/book.py '[["Shop", "Sku", "Price"], [null, "a", 1], [8, "a", null]]'`
SELECT status FROM xlsx.import('shelf', decode(:'shelf', 'base64'), mode => 'upsert', blank_cells => 'null');
SELECT * FROM shelf ORDER BY shop;
SELECT xlsx.drop_profile('shelf');
DROP TABLE shelf;
-- Mode update finds rows by a number that is always generated.
SELECT xlsx.alter_profile('always', key_columns => '{id}');
\set known `:'root'/test/tools/book.py '[["No", "Name"], [9000, "ninth"]]'`
SELECT status, updated_rows FROM xlsx.import('always', decode(:'known', 'base64'), mode => 'update');
-- A row that has drawn its number is none that the file of a sync lacks.
\set some `:'root'/test/tools/book.py '[["No", "Name"], [9000, "the ninth"], [null, "newest"]]'`
SELECT task, inserted_rows, updated_rows, absent_rows FROM xlsx.import('always', decode(:'some', 'base64'), mode => 'sync', scope => 'true') \gset
SELECT :inserted_rows AS inserted, :updated_rows AS updated, :absent_rows AS absent;
SELECT notes FROM xlsx.tasks WHERE id = :task;
SELECT name FROM always WHERE name IN ('the ninth', 'newest', 'new one') ORDER BY 1;
SELECT count(xlsx.drop_profile(p)) FROM unnest('{always,bydefault,serials,parts}'::text[]) AS p;
DROP TABLE always, bydefault, serials, parts;
SELECT count(xlsx.delete(id)) > 0 AS deleted FROM xlsx.tasks;
DROP OWNED BY keys_clerk;
DROP ROLE keys_clerk;
SELECT count(xlsx.drop_profile(name)) FROM xlsx.profiles WHERE name IN ('person', 'label', 'place', 'word', 'stock');
DROP TABLE person, label, place, word, stock;
DROP FUNCTION words, told;
DROP COLLATION nocase;
