-- What a blank cell does, in rows that are there and in new ones.
\getenv root PG_ABS_SRCDIR
\set SHOW_CONTEXT never
CREATE SCHEMA blank;
SET search_path = blank, public;
CREATE TABLE ware (
  sku text PRIMARY KEY, name text NOT NULL DEFAULT 'unnamed', price numeric(8, 2) DEFAULT 1, colour text, stock int NOT NULL, tags text[]
);
SELECT xlsx.create_profile('ware', 'ware', headers => '{"sku": "SKU"}') > 0 AS made;
SELECT xlsx.alter_profile('ware', mode => 'upsert', keep_old => true);
PREPARE wares AS SELECT * FROM ware ORDER BY sku;
CREATE FUNCTION told(task bigint) RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(', ', status, nullif(format('inserted %s', inserted_rows), 'inserted 0'), nullif(format('updated %s', updated_rows), 'updated 0'),
    nullif(format('unchanged %s', unchanged_rows), 'unchanged 0'), nullif(format('skipped %s', skipped_rows), 'skipped 0'), nullif(format('errors %s', error_rows), 'errors 0')) || coalesce(': ' || error_message, '')
    || coalesce((SELECT string_agg(format(E'\n  %s %s %s: %s', e.row_number, coalesce(e.cell, e.column_name), e.code, e.message), '' ORDER BY e.row_number, e.column_name)
      FROM xlsx.task_errors(told.task) e), '')
  FROM xlsx.tasks t WHERE t.id = told.task
$$;
CREATE FUNCTION fill() RETURNS void LANGUAGE sql AS $$
  DELETE FROM ware;
  INSERT INTO ware VALUES ('a', 'Shoe', 10, 'red', 5, '{x,y}'), ('b', 'Boot', 20, 'blue', 6, NULL), ('c', 'Sandal', 30, NULL, 7, '{z}')
$$;
\set blanks `:'root'/test/tools/book.py '[["SKU", "Name", "Price", "Colour", "Stock", "Tags"], ["a", null, 11, null, null, null], ["b", null, null, null, null, null], ["n", null, null, null, 1, null]]'`
\set prices `:'root'/test/tools/book.py '[["SKU", "Price"], ["a", 12], ["b", 20], ["n", 3], ["c", null]]'`
-- By default they keep what is there; a new row gets the defaults.
SELECT fill();
SELECT task, told(task) FROM xlsx.import('ware', decode(:'blanks', 'base64')) \gset
\echo :told
EXECUTE wares;
SELECT undone, kept FROM xlsx.undo(:task);
EXECUTE wares;
-- The same by a dry run; nothing is changed by it.
SELECT told(task) FROM xlsx.import('ware', decode(:'blanks', 'base64'), dry_run => true);
EXECUTE wares;
-- Null clears, and a column that cannot be NULL is required.
SELECT xlsx.alter_profile('ware', blank_cells => 'null');
SELECT told(task) FROM xlsx.import('ware', decode(:'blanks', 'base64'));
SELECT xlsx.set_column('ware', 'name', blank_cells => 'keep'), xlsx.set_column('ware', 'stock', blank_cells => 'keep');
SELECT told(task) FROM xlsx.import('ware', decode(:'blanks', 'base64'));
EXECUTE wares;
-- Default writes the default, of the table or of the profile.
SELECT fill();
SELECT xlsx.alter_profile('ware', blank_cells => 'default');
SELECT xlsx.set_column('ware', 'name', blank_cells => '');
SELECT xlsx.set_column('ware', 'colour', default_value => 'grey');
SELECT told(task) FROM xlsx.import('ware', decode(:'blanks', 'base64'));
EXECUTE wares;
-- The default of the profile is for new rows where blanks keep; it never replaces a NULL that was asked for.
SELECT fill();
SELECT xlsx.alter_profile('ware', blank_cells => 'keep');
SELECT told(task) FROM xlsx.import('ware', decode(:'blanks', 'base64'));
EXECUTE wares;
SELECT xlsx.set_column('ware', 'colour', blank_cells => 'null');
SELECT told(task) FROM xlsx.import('ware', decode(:'blanks', 'base64'));
EXECUTE wares;
SELECT count(xlsx.set_column('ware', column_name, blank_cells => '')) FROM xlsx.profile_columns WHERE profile = 'ware';
SELECT xlsx.set_column('ware', 'colour', default_value => '');
-- A sheet without a column never touches it, whatever blank cells do. Update needs the key alone.
SELECT fill();
SELECT xlsx.alter_profile('ware', blank_cells => 'null');
SELECT told(task) FROM xlsx.import('ware', decode(:'prices', 'base64'), mode => 'update');
EXECUTE wares;
SELECT xlsx.alter_profile('ware', blank_cells => 'keep');
SELECT told(task) FROM xlsx.import('ware', decode(:'prices', 'base64'), mode => 'update');
-- A look at the sheet says the same of its headers.
SELECT xlsx.alter_profile('ware', mode => 'update');
SELECT m ->> 'column' AS missing, m ->> 'required' AS required FROM xlsx.preview(decode(:'prices', 'base64'), 'ware') p, json_array_elements(p -> 'missing') m;
SELECT xlsx.alter_profile('ware', mode => 'upsert');
-- Upsert asks a row for NOT NULL columns when it turns out to be new.
SELECT told(task) FROM xlsx.import('ware', decode(:'prices', 'base64'));
SELECT told(task) FROM xlsx.import('ware', decode(:'prices', 'base64'), mode => 'skip');
SELECT told(task) FROM xlsx.import('ware', decode(:'prices', 'base64'), mode => 'insert');
\set noname `:'root'/test/tools/book.py '[["Name", "Price"], ["Shoe", 12]]'`
SELECT told(task) FROM xlsx.import('ware', decode(:'noname', 'base64'), mode => 'update');
EXECUTE wares;
-- A text that clears, whatever blank cells do; a number is a text here, too.
SELECT fill();
SELECT xlsx.alter_profile('ware', clear_token => '#');
SELECT xlsx.set_column('ware', 'price', clear_token => '0');
\set clears `:'root'/test/tools/book.py '[["SKU", "Name", "Price", "Colour", "Stock", "Tags"], ["a", null, 0, " # ", null, "#"], ["b", "#", null, "#", 8, null], ["n", null, 0, "green", 1, null], ["c", null, "#", "#", null, null]]'`
SELECT told(task) FROM xlsx.import('ware', decode(:'clears', 'base64'));
EXECUTE wares;
SELECT told(task) FROM xlsx.import('ware', decode(:'clears', 'base64'), mode => 'update');
-- In inserts, by each way of saving: a NULL that was asked for is not the default.
DELETE FROM ware;
SELECT told(task) FROM xlsx.import('ware', decode(:'clears', 'base64'), mode => 'insert');
EXECUTE wares;
SELECT xlsx.set_column('ware', 'price', blank_cells => 'null'), xlsx.set_column('ware', 'tags', blank_cells => 'null');
\set new `:'root'/test/tools/book.py '[["SKU", "Name", "Price", "Colour", "Stock", "Tags"], ["p", null, null, null, 1, "{q}"], ["q", "Clog", 2, null, 1, null]]'`
DELETE FROM ware;
SELECT told(task) FROM xlsx.import('ware', decode(:'new', 'base64'), mode => 'insert');
CREATE FUNCTION pass() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER pass BEFORE INSERT ON ware FOR EACH ROW EXECUTE FUNCTION pass();
UPDATE ware SET sku = sku || '1';
SELECT told(task) FROM xlsx.import('ware', decode(:'new', 'base64'), mode => 'insert');
EXECUTE wares;
DROP TRIGGER pass ON ware;
SELECT count(xlsx.set_column('ware', column_name, blank_cells => '', clear_token => '')) FROM xlsx.profile_columns WHERE profile = 'ware';
SELECT xlsx.alter_profile('ware', clear_token => '');
-- Only update_columns are written, so others are not asked for; a new row has all of them.
SELECT fill();
SELECT xlsx.alter_profile('ware', update_columns => '{price}');
SELECT xlsx.alter_profile('ware', blank_cells => 'null');
SELECT told(task) FROM xlsx.import('ware', decode(:'blanks', 'base64'), mode => 'update');
SELECT told(task) FROM xlsx.import('ware', decode(:'blanks', 'base64'));
EXECUTE wares;
SELECT xlsx.alter_profile('ware', update_columns => '{}');
SELECT xlsx.alter_profile('ware', blank_cells => 'keep');
-- What the profile demands is demanded of every cell, not of a sheet without the column in a mode that only updates.
SELECT fill();
SELECT xlsx.set_column('ware', 'colour', required => true);
SELECT xlsx.add_rule('ware', 'required', 'tags');
SELECT told(task) FROM xlsx.import('ware', decode(:'blanks', 'base64'));
SELECT told(task) FROM xlsx.import('ware', decode(:'prices', 'base64'));
SELECT told(task) FROM xlsx.import('ware', decode(:'prices', 'base64'), mode => 'update');
SELECT xlsx.set_column('ware', 'colour', required => false);
SELECT xlsx.drop_rule('ware', name) FROM xlsx.profile_rules WHERE profile = 'ware';
-- Computed values: NULL counts as a blank cell, a default_value goes through the transformation, a cell that clears is not asked.
SELECT fill();
SELECT xlsx.set_column('ware', 'colour', transform => $$nullif(lower(value), '-')$$, default_value => 'GREY');
SELECT xlsx.set_column('ware', 'price', transform => $$value::numeric / (value::numeric - 1)$$);
SELECT xlsx.alter_profile('ware', clear_token => '#');
\set computes `:'root'/test/tools/book.py '[["SKU", "Price", "Colour", "Stock"], ["a", 2, "-", null], ["b", null, "RED", null], ["c", "#", "#", null], ["n", null, null, 1], ["m", 1, "-", 2], ["o", 1, null, null], ["p", "#", "#", null]]'`
SELECT told(task) FROM xlsx.import('ware', decode(:'computes', 'base64'));
EXECUTE wares;
SELECT xlsx.set_column('ware', 'price', transform => '');
SELECT xlsx.set_column('ware', 'colour', transform => '', default_value => '', lookup => $$SELECT * FROM (VALUES ('r', 'red'), ('none', NULL)) v$$);
\set looks `:'root'/test/tools/book.py '[["SKU", "Colour"], ["a", "none"], ["b", "r"], ["c", null], ["n", "#"]]'`
SELECT fill();
SELECT told(task) FROM xlsx.import('ware', decode(:'looks', 'base64'), mode => 'update');
EXECUTE wares;
SELECT xlsx.set_column('ware', 'colour', lookup => '');
-- A list without elements is a blank cell.
SELECT xlsx.set_column('ware', 'tags', split => ';');
\set lists `:'root'/test/tools/book.py '[["SKU", "Tags"], ["a", " ; "], ["b", "x; y"], ["c", "#"]]'`
SELECT told(task) FROM xlsx.import('ware', decode(:'lists', 'base64'), mode => 'update');
EXECUTE wares;
SELECT xlsx.alter_profile('ware', clear_token => '');
-- A task goes before a column, a column before its profile.
SELECT fill();
SELECT xlsx.alter_profile('ware', blank_cells => 'default', clear_token => '#'), xlsx.set_column('ware', 'colour', blank_cells => 'keep', clear_token => '*', default_value => 'pink');
SELECT column_name, blank_cells, clear_token FROM xlsx.profile_columns WHERE profile = 'ware' ORDER BY position;
\set tokens `:'root'/test/tools/book.py '[["SKU", "Price", "Colour"], ["a", null, null], ["b", "#", "*"], ["c", "~", "~"]]'`
SELECT told(task) FROM xlsx.import('ware', decode(:'tokens', 'base64'), mode => 'update');
EXECUTE wares;
SELECT fill();
SELECT told(task) FROM xlsx.import('ware', decode(:'tokens', 'base64'), mode => 'update', blank_cells => 'null', clear_token => '~');
EXECUTE wares;
SELECT fill();
SELECT xlsx.submit('ware', decode(:'tokens', 'base64'), mode => 'update', blank_cells => 'keep', clear_token => '') AS task \gset
SELECT xlsx.wait(:task, '60 s');
SELECT told(:task);
SELECT mode, options FROM xlsx.tasks WHERE id = :task;
EXECUTE wares;
SELECT j ->> 'blank_cells' AS blank_cells, j ->> 'clear_token' AS clear_token, jsonb_path_query_array(j, '$.columns[*] ? (@.blank_cells != null).blank_cells') AS columns
FROM xlsx.profile_json('ware') j;
SELECT xlsx.create_profile_from_json(xlsx.profile_json('ware'), 'ware 2') > 0 AS made;
SELECT blank_cells, clear_token FROM xlsx.profiles WHERE name = 'ware 2';
SELECT xlsx.drop_profile('ware 2');
-- Words that are not known; a text that means blank and clears.
SELECT xlsx.alter_profile('ware', blank_cells => 'empty');
SELECT xlsx.set_column('ware', 'colour', blank_cells => 'empty');
SELECT xlsx.import('ware', decode(:'tokens', 'base64'), blank_cells => 'empty');
SELECT xlsx.alter_profile('ware', null_tokens => '{-,#}');
SELECT xlsx.set_column('ware', 'tags', null_tokens => '{#}');
SELECT xlsx.alter_profile('ware', null_tokens => '{-}');
SELECT xlsx.import('ware', decode(:'tokens', 'base64'), clear_token => '-');
-- Triggers UPDATE OF hear of columns with a cell; of a table, a partition, and a table behind a view.
CREATE TABLE part (sku text PRIMARY KEY, name text, price int, twice int GENERATED ALWAYS AS (price * 2) STORED) PARTITION BY LIST (sku);
CREATE TABLE part_a PARTITION OF part FOR VALUES IN ('a', 'b');
CREATE TABLE part_c PARTITION OF part DEFAULT;
CREATE VIEW part_view AS SELECT sku, name AS title, price FROM part;
CREATE TABLE heard (trigger text, sku text);
CREATE FUNCTION hear() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO heard VALUES (TG_NAME, NEW.sku); RETURN NEW; END';
CREATE TRIGGER of_name AFTER UPDATE OF name ON part FOR EACH ROW EXECUTE FUNCTION hear();
CREATE TRIGGER of_twice AFTER UPDATE OF twice ON part FOR EACH ROW EXECUTE FUNCTION hear();
CREATE TRIGGER of_price_c BEFORE UPDATE OF price ON part_c FOR EACH ROW EXECUTE FUNCTION hear();
INSERT INTO part VALUES ('a', 'Ann', 1), ('b', 'Bob', 2), ('c', 'Cid', 3), ('d', 'Dan', 4), ('e', 'Eve', 5);
SELECT xlsx.create_profile('part', 'part', mode => 'upsert', keep_old => true) > 0 AS made,
  xlsx.create_profile('part_view', 'part_view', mode => 'update', key_columns => '{sku}', headers => '{"title": "Name"}') > 0 AS made;
\set parts `:'root'/test/tools/book.py '[["Sku", "Name", "Price"], ["a", "Anna", null], ["b", null, 20], ["c", "Cindy", 30], ["d", null, 40], ["e", null, null], ["f", "Fay", null]]'`
SELECT task, told(task) FROM xlsx.import('part', decode(:'parts', 'base64')) \gset
\echo :told
SELECT trigger, string_agg(sku, '' ORDER BY sku) AS skus FROM heard GROUP BY 1 ORDER BY 1;
SELECT * FROM part ORDER BY sku;
SELECT undone, kept FROM xlsx.undo(:task);
SELECT * FROM part ORDER BY sku;
DELETE FROM heard;
SELECT told(task) FROM xlsx.import('part_view', decode(:'parts', 'base64'));
SELECT trigger, string_agg(sku, '' ORDER BY sku) AS skus FROM heard GROUP BY 1 ORDER BY 1;
SELECT xlsx.drop_profile('part'), xlsx.drop_profile('part_view');
SELECT xlsx.drop_profile('ware');
DEALLOCATE wares;
RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA blank CASCADE;
RESET client_min_messages;
