-- delete_when: rows of the file that delete rows of the target, in upsert, update and sync.
\getenv root PG_ABS_SRCDIR
\set SHOW_CONTEXT never
\set rows `:'root'/test/tools/book.py '[["SKU", "Name", "Price", "Action"], ["a", "Apple", 1.5, null], ["b", null, "x", "Delete"], ["n", "Nut", 7, "keep"], ["c", null, null, "delete"], ["none", null, null, "DELETE"], [null, null, null, "delete"], ["d", null, 4, null], ["e", null, null, "boom"]]'`
\set order `:'root'/test/tools/book.py '[["SKU", "Name", "Price", "Action"], ["a", "New", 9, null], ["a", null, null, "delete"], ["b", null, null, "delete"], ["b", "Back", 8, null]]'`
CREATE TABLE stock (sku text PRIMARY KEY, name text NOT NULL, price numeric(8, 2) CHECK (price > 0), size text NOT NULL DEFAULT 'S');
INSERT INTO stock VALUES ('a', 'Apple', 1.5), ('b', 'Bean', 2), ('c', 'Corn', 3), ('d', 'Dill', 3), ('e', 'Elder', 5), ('z', 'Zest', 9);
CREATE FUNCTION is_delete(text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
  IF $1 = 'boom' THEN RAISE 'no such action' USING ERRCODE = 'data_exception'; END IF; RETURN lower($1) = 'delete'; END $$;
SELECT xlsx.create_profile('stock', 'stock', headers => '{"sku": "SKU"}') > 0 AS made;
SELECT xlsx.alter_profile('stock', mode => 'upsert', keep_old => true, keep_rows => true, delete_when => 'public.is_delete(extra ->> ''Action'')');
SELECT xlsx.add_rule('stock', 'expression', argument => '{"name IS NOT NULL"}', name => 'named') IS NOT NULL AS added;
PREPARE counts AS SELECT mode, status, total_rows AS total, saved_rows AS saved, error_rows AS bad,
  inserted_rows AS ins, updated_rows AS upd, unchanged_rows AS same, skipped_rows AS skip, deleted_rows AS del, absent_rows AS absent, error_message
  FROM xlsx.tasks WHERE id = (SELECT max(id) FROM xlsx.tasks);
\set show 'EXECUTE counts; SELECT * FROM stock ORDER BY sku;'
\set errors 'SELECT row_number, column_name, code, message, detail FROM xlsx.task_errors((SELECT max(id) FROM xlsx.tasks));'
CREATE TABLE before AS SELECT * FROM stock;
\set same 'SELECT count(*) AS differences FROM ((SELECT * FROM stock EXCEPT SELECT * FROM before) UNION ALL (SELECT * FROM before EXCEPT SELECT * FROM stock)) AS d;'
-- Of a row that deletes, only the key is looked at.
SELECT status FROM xlsx.import('stock', decode(:'rows', 'base64'), dry_run => true);
EXECUTE counts;
:same
SELECT task FROM xlsx.import('stock', decode(:'rows', 'base64')) \gset
:show
:errors
SELECT row_number, action, returned FROM xlsx.task_rows(:task);
SELECT undone, kept, reasons FROM xlsx.undo(:task);
EXECUTE counts;
:same
-- Update: a key that is not there is what the row asks for.
SELECT task FROM xlsx.import('stock', decode(:'rows', 'base64'), mode => 'update') \gset
:show
:errors
SELECT undone, kept, reasons FROM xlsx.undo(:task);
:same
-- Sync: a row that deletes is in the file.
SELECT task FROM xlsx.import('stock', decode(:'rows', 'base64'), mode => 'sync', scope => 'true') \gset
:show
SELECT notes FROM xlsx.tasks WHERE id = :task;
SELECT undone, kept, reasons FROM xlsx.undo(:task);
:same
SELECT task FROM xlsx.import('stock', decode(:'order', 'base64'), mode => 'sync', scope => 'true') \gset
:show
SELECT undone, kept, reasons FROM xlsx.undo(:task);
:same
-- The other modes delete nothing.
SELECT xlsx.submit('stock', decode(:'rows', 'base64'), mode => 'insert');
SELECT status FROM xlsx.import('stock', decode(:'rows', 'base64'), mode => 'skip');
SELECT status FROM xlsx.import('stock', decode(:'rows', 'base64'), mode => 'replace');
SELECT xlsx.alter_profile('stock', delete_when => 'sku = ''a''; DROP TABLE stock');
-- Rows to which others refer
CREATE TABLE sold (sku text REFERENCES stock);
INSERT INTO sold VALUES ('c');
SELECT status FROM xlsx.import('stock', decode(:'rows', 'base64'));
:show
:errors
SELECT xlsx.drop_profile('stock');
DROP TABLE sold, stock, before;
DROP FUNCTION is_delete;
