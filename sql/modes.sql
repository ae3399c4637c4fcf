-- Modes of saving, dry runs, and taking back what a task did.
\getenv root PG_ABS_SRCDIR
\set SHOW_CONTEXT never
\set first `:'root'/test/tools/book.py '[["SKU", "Name", "Price", "Colour", "Size"], ["a", "Apple", 1.5, "red", "S"], ["b", "Bean", 2, null, null], ["c", "Corn", 3, null, null]]'`
\set second `:'root'/test/tools/book.py '[["SKU", "Name", "Price", "Colour"], ["b", "Bean", 2, null], ["c", "Corn", 4, "gold"], ["d", "Dill", 5, null], ["e", "Endive", -1, null], ["d", "Dill 2", 6, null], [null, "none", 7, null]]'`
\set names `:'root'/test/tools/book.py '[["SKU", "Name"], ["a", "Apricot"], ["x", "Xylem"]]'`
CREATE TABLE product (
  sku text PRIMARY KEY, name text NOT NULL, price numeric(8, 2) CHECK (price > 0), attributes jsonb,
  task bigint, changed int NOT NULL DEFAULT 0
);
SELECT xlsx.create_profile('product', 'product', task_column => 'task', headers => '{"sku": "SKU"}') > 0 AS made;
SELECT xlsx.set_column('product', 'attributes', source => 'extra');
SELECT xlsx.set_column('product', 'changed', source => 'none');
SELECT xlsx.alter_profile('product', mode => 'upsert', keep_old => true);
PREPARE counts AS SELECT mode, status, dry_run AS dry, total_rows AS total, saved_rows AS saved, error_rows AS bad,
  inserted_rows AS ins, updated_rows AS upd, unchanged_rows AS same, skipped_rows AS skip, error_message FROM xlsx.tasks
  WHERE id = (SELECT max(id) FROM xlsx.tasks);
PREPARE products AS SELECT sku, name, price, attributes FROM product ORDER BY sku;
\set show 'EXECUTE counts; EXECUTE products;'
-- Upsert: once to insert, once to update; keys that come twice, rows that are bad
SELECT status FROM xlsx.import('product', decode(:'first', 'base64'));
:show
SELECT task AS dry FROM xlsx.import('product', decode(:'second', 'base64'), dry_run => true) \gset
:show
SELECT status, task FROM xlsx.import('product', decode(:'second', 'base64')) \gset
:show
-- The dry run said the same, row by row.
SELECT count(*) AS differences FROM (
  (SELECT row_number, column_name, cell, code, message FROM xlsx.task_errors(:dry) EXCEPT ALL
    SELECT row_number, column_name, cell, code, message FROM xlsx.task_errors(:task))
  UNION ALL
  (SELECT row_number, column_name, cell, code, message FROM xlsx.task_errors(:task) EXCEPT ALL
    SELECT row_number, column_name, cell, code, message FROM xlsx.task_errors(:dry))) d;
SELECT row_number, column_name, cell, code, message, constraint_name, sqlstate FROM xlsx.task_errors(:task);
SELECT jsonb_pretty(xlsx.report(:dry) - '{taskId,phases}'::text[]);
SELECT phase ->> 'phase' AS phase, (phase ->> 'ms')::bigint >= 0 AS timed FROM jsonb_array_elements(xlsx.report(:task) -> 'phases') AS phase;
-- Undo: what was changed since stays.
UPDATE product SET changed = 1 WHERE sku = 'c';
SELECT undone, kept, jsonb_path_query_array(reasons, '$[*].reason') AS reasons FROM xlsx.undo(:task);
EXECUTE products;
UPDATE product SET changed = 0 WHERE sku = 'c';
SELECT undone, kept, reasons FROM xlsx.undo(:task);
EXECUTE products;
\set VERBOSITY sqlstate
SELECT xlsx.undo(:task);
SELECT xlsx.undo(:dry);
\set VERBOSITY default
-- Update only: no row is made, and a column that the sheet lacks keeps its value.
SELECT status FROM xlsx.import('product', decode(:'names', 'base64'), mode => 'update');
:show
SELECT row_number, column_name, cell, code, message FROM xlsx.task_errors((SELECT max(id) FROM xlsx.tasks));
-- Skip what is there
SELECT status FROM xlsx.import('product', decode(:'second', 'base64'), mode => 'skip');
:show
-- All or nothing
SELECT status, message FROM xlsx.import('product', decode(:'second', 'base64'), mode => 'all_or_nothing');
:show
SELECT count(*) FROM xlsx.task_errors((SELECT max(id) FROM xlsx.tasks));
-- Replace: the old rows stay when one of the new ones is bad.
SELECT status FROM xlsx.import('product', decode(:'second', 'base64'), mode => 'replace');
:show
SELECT status, task FROM xlsx.import('product', decode(:'first', 'base64'), mode => 'replace') \gset
:show
-- Too many errors
SELECT status FROM xlsx.import('product', decode(:'second', 'base64'), mode => 'insert', max_errors => 1);
:show
SELECT status FROM xlsx.import('product', decode(:'second', 'base64'), mode => 'skip', max_errors => 2);
EXECUTE counts;
-- Undo of inserted rows, by the task's id; a row that another refers to stays.
CREATE TABLE sale (sku text REFERENCES product);
DELETE FROM product;
SELECT task FROM xlsx.import('product', decode(:'first', 'base64'), mode => 'insert') \gset
INSERT INTO sale VALUES ('a');
UPDATE product SET price = 9 WHERE sku = 'b';
SELECT undone, kept, jsonb_path_query_array(reasons, '$[*].reason') AS reasons FROM xlsx.undo(:task);
EXECUTE products;
DROP TABLE sale;
-- A blank cell keeps what is there, and is the default of a new row: the same file again changes nothing.
CREATE TABLE parcel (id int PRIMARY KEY, kind text NOT NULL DEFAULT 'letter', weight numeric(4, 1) DEFAULT 1, note text);
SELECT xlsx.create_profile('parcel', 'parcel') > 0 AS made;
SELECT xlsx.alter_profile('parcel', mode => 'upsert');
\set parcels `:'root'/test/tools/book.py '[["id", "kind", "weight", "note"], [1, null, null, null], [2, "box", 3, "heavy"]]'`
INSERT INTO parcel VALUES (1, 'box', 9, 'old');
SELECT inserted_rows, updated_rows, unchanged_rows FROM xlsx.import('parcel', decode(:'parcels', 'base64'));
SELECT inserted_rows, updated_rows, unchanged_rows FROM xlsx.import('parcel', decode(:'parcels', 'base64'));
SELECT inserted_rows, updated_rows, unchanged_rows FROM xlsx.import('parcel', decode(:'parcels', 'base64'), mode => 'update');
SELECT * FROM parcel ORDER BY id;
SELECT xlsx.drop_profile('parcel');
DROP TABLE parcel;
-- In the background
SELECT xlsx.submit('product', decode(:'second', 'base64'), dry_run => true) AS task \gset
SELECT xlsx.wait(:task, '30 s');
:show
SELECT xlsx.submit('product', decode(:'second', 'base64'), mode => 'replace') AS task \gset
SELECT xlsx.wait(:task, '30 s');
:show
SELECT xlsx.submit('product', decode(:'second', 'base64')) AS task \gset
SELECT xlsx.wait(:task, '30 s');
:show
SELECT xlsx.submit('product', decode(:'first', 'base64'), mode => 'replace') AS task \gset
SELECT xlsx.wait(:task, '30 s');
:show
-- A key that is none
SELECT xlsx.alter_profile('product', key_columns => '{name}');
SELECT xlsx.import('product', decode(:'first', 'base64'));
SELECT xlsx.alter_profile('product', key_columns => '{}');
ALTER TABLE product DROP CONSTRAINT product_pkey;
SELECT xlsx.import('product', decode(:'first', 'base64'));
SELECT xlsx.submit('product', decode(:'first', 'base64'), mode => 'merge');
-- Nothing stays behind: no plan in the session (rules, computed columns, each way of saving), no packet.
ALTER TABLE product ADD PRIMARY KEY (sku);
CREATE VIEW product_view AS SELECT sku, name, price FROM product;
SELECT xlsx.create_profile('product_view', 'product_view', headers => '{"sku": "SKU"}') > 0 AS made;
SELECT xlsx.add_rule('product_view', 'expression', argument => '{price > 0}');
SELECT xlsx.set_column('product_view', 'name', transform => 'upper(name)');
CREATE FUNCTION plans() RETURNS bigint LANGUAGE sql AS $$
  SELECT count(*) FROM pg_backend_memory_contexts WHERE name IN ('CachedPlanSource', 'SPI Plan')
$$;
SELECT count(xlsx.import('product', decode(:'first', 'base64'), mode => 'upsert')),
  count(xlsx.import('product_view', decode(:'first', 'base64'), mode => 'insert')) FROM generate_series(1, 2);
SELECT plans() AS plans \gset
SELECT count(xlsx.import('product', decode(:'first', 'base64'), mode => 'upsert')),
  count(xlsx.import('product_view', decode(:'first', 'base64'), mode => 'insert')) FROM generate_series(1, 3);
SELECT plans() - :plans AS more_plans;
DROP FUNCTION plans;
SELECT xlsx.drop_profile('product_view');
DROP VIEW product_view;
SELECT count(*) FROM xlsx_private.packet p JOIN xlsx.tasks t ON t.id = p.task_id WHERE t.status <> 'FAILED';
SELECT xlsx.drop_profile('product');
DROP TABLE product;
DEALLOCATE ALL;
