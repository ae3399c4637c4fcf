-- Mode sync: the file is all rows of a scope. What it lacks is deleted, marked or counted.
\getenv root PG_ABS_SRCDIR
\set SHOW_CONTEXT never
\set two `:'root'/test/tools/book.py '[["SKU", "Name", "Price"], ["a", "Apple", 1.5], ["b", "Bean", 2], ["e", "Elder", "x"], ["n", "Nut", 7]]'`
\set refused `:'root'/test/tools/book.py '[["SKU", "Name", "Price"], ["a", "Apple", 1.5], ["c", "Corn", -3]]'`
\set unreadable `:'root'/test/tools/book.py '[["SKU", "Name", "Price"], ["a", "Apple", 1.5], [null, "Bean", 2], [null, "Corn", 2]]'`
\set bad `:'root'/test/tools/book.py '[["SKU", "Name", "Price"], ["a", "Apple", "x"], ["b", "Bean", "y"]]'`
\set none `:'root'/test/tools/book.py '[["SKU", "Name", "Price"]]'`
CREATE TABLE item (
  shop int NOT NULL DEFAULT 7, sku text PRIMARY KEY, name text NOT NULL, price numeric(8, 2) CHECK (price > 0),
  gone timestamptz, twice numeric GENERATED ALWAYS AS (price * 2) STORED, id int GENERATED ALWAYS AS IDENTITY, parent text REFERENCES item
);
INSERT INTO item (shop, sku, name, price, parent) VALUES (7, 'a', 'Apple', 1.5, NULL), (7, 'b', 'Bohne', 2, NULL), (7, 'c', 'Corn', 3, NULL),
  (7, 'd', 'Dill', 4, 'c'), (7, 'e', 'Elder', 5, NULL), (8, 'x', 'Xylem', 9, NULL);
SELECT xlsx.create_profile('item', 'item', headers => '{"sku": "SKU"}') > 0 AS made;
SELECT xlsx.set_column('item', 'shop', source => 'none'), xlsx.set_column('item', 'gone', source => 'none'), xlsx.set_column('item', 'parent', source => 'none');
SELECT xlsx.alter_profile('item', mode => 'sync', keep_old => true);
PREPARE counts AS SELECT status, total_rows AS total, saved_rows AS saved, error_rows AS bad,
  inserted_rows AS ins, updated_rows AS upd, unchanged_rows AS same, skipped_rows AS skip, deleted_rows AS del, absent_rows AS absent,
  error_message, jsonb_path_query_array(notes, '$[*].message') AS notes FROM xlsx.tasks WHERE id = (SELECT max(id) FROM xlsx.tasks);
PREPARE items AS SELECT shop, sku, name, price, gone IS NOT NULL AS gone, twice, id, parent FROM item ORDER BY sku;
\set show 'EXECUTE counts; EXECUTE items;'
\set before 'CREATE TEMP TABLE before AS SELECT * FROM item;'
\set same 'SELECT count(*) AS differences FROM ((SELECT * FROM item EXCEPT SELECT * FROM before) UNION ALL (SELECT * FROM before EXCEPT SELECT * FROM item)) AS d; DROP TABLE before;'

-- Without a scope or a limit a file could empty the table.
SELECT status FROM xlsx.import('item', decode(:'two', 'base64'));
SELECT xlsx.submit('item', decode(:'two', 'base64'));
SELECT status FROM xlsx.import('item', decode(:'two', 'base64'), max_absent => '2', dry_run => true);
EXECUTE counts;
SELECT xlsx.alter_profile('item', scope => 'shop = 7');

-- A dry run says how many would go; a row in error is in the file all the same.
:before
SELECT status FROM xlsx.import('item', decode(:'two', 'base64'), dry_run => true);
EXECUTE counts;
SELECT xlsx.report((SELECT max(id) FROM xlsx.tasks)) -> 'counts' AS counts;
:same
-- Then they go, and undo takes them back, a row that refers to another one of them after that.
:before
SELECT task FROM xlsx.import('item', decode(:'two', 'base64')) \gset
:show
SELECT undone, kept, reasons FROM xlsx.undo(:task);
EXECUTE counts;
:same
-- A key that was taken meanwhile stays as it is, and is told.
SELECT task FROM xlsx.import('item', decode(:'two', 'base64')) \gset
INSERT INTO item (sku, name) VALUES ('d', 'Another');
SELECT undone, kept, reasons #> '{0,reason}' AS reason, reasons #> '{0,row,name}' AS name FROM xlsx.undo(:task);
EXECUTE counts;
DELETE FROM item WHERE name = 'Another';
SELECT undone, kept, reasons FROM xlsx.undo(:task);
:show

-- Not more than max_absent: nothing is done at all; a dry run says so.
SELECT status, message FROM xlsx.import('item', decode(:'two', 'base64'), max_absent => '1');
:show
SELECT status, message FROM xlsx.import('item', decode(:'two', 'base64'), max_absent => '39.9%');
SELECT status FROM xlsx.import('item', decode(:'two', 'base64'), max_absent => '39.9%', dry_run => true);
EXECUTE counts;
BEGIN;
SELECT status, absent_rows FROM xlsx.import('item', decode(:'two', 'base64'), max_absent => '40%');
ROLLBACK;
SELECT status, absent_rows FROM xlsx.import('item', decode(:'two', 'base64'), max_absent => '10 %');
SELECT status, absent_rows FROM xlsx.import('item', decode(:'two', 'base64'), max_absent => '101%');
SELECT status, absent_rows FROM xlsx.import('item', decode(:'two', 'base64'), max_absent => '-1');
-- A row that the target refuses is in the file all the same.
BEGIN;
SELECT status, error_rows, absent_rows FROM xlsx.import('item', decode(:'refused', 'base64'));
SELECT sku FROM item ORDER BY sku;
ROLLBACK;
-- A key that cannot be read may be that of any row.
SELECT status FROM xlsx.import('item', decode(:'unreadable', 'base64'));
:show
-- An empty sheet, or one without a good row, removes nothing, unless that is wanted.
SELECT status FROM xlsx.import('item', decode(:'none', 'base64'));
:show
SELECT status FROM xlsx.import('item', decode(:'bad', 'base64'));
:show
SELECT status FROM xlsx.import('item', decode(:'none', 'base64'), mode => 'replace');
:show
BEGIN;
SELECT status FROM xlsx.import('item', decode(:'none', 'base64'), allow_empty => true);
:show
SELECT undone, kept, reasons FROM xlsx.undo((SELECT max(id) FROM xlsx.tasks));
EXECUTE items;
SELECT status FROM xlsx.import('item', decode(:'none', 'base64'), mode => 'replace', allow_empty => true);
:show
ROLLBACK;

-- Marked: a row that would not change is not counted; undo takes the mark away.
SELECT xlsx.alter_profile('item', absent => 'gone = coalesce(gone, ''2026-01-01''), name = upper(name) || '', gone''');
:before
BEGIN;
SELECT task FROM xlsx.import('item', decode(:'two', 'base64')) \gset
:show
SELECT xlsx.alter_profile('item', absent => 'gone = coalesce(gone, ''2027-01-01'')');
SELECT absent_rows FROM xlsx.import('item', decode(:'two', 'base64'));
SELECT undone, kept, reasons FROM xlsx.undo(:task);
:same
ROLLBACK;
DROP TABLE before;
-- Only counted
SELECT xlsx.alter_profile('item', absent => 'report');
SELECT task FROM xlsx.import('item', decode(:'two', 'base64')) \gset
:show
SELECT undone, kept, reasons FROM xlsx.undo(:task);
EXECUTE counts;
-- What it cannot be
SELECT xlsx.alter_profile('item', absent => 'archive');
SELECT xlsx.alter_profile('item', absent => 'gone = now() WHERE true');
SELECT xlsx.alter_profile('item', absent => 'gone = now(); DROP TABLE item');
SELECT xlsx.alter_profile('item', absent => '(gone, name) = (SELECT now(), ''x'')');
SELECT xlsx.alter_profile('item', scope => 'shop = 7; DROP TABLE item');
SELECT xlsx.alter_profile('item', max_absent => 'some');
SELECT xlsx.alter_profile('item', absent => 'nowhere = 1');
SELECT status FROM xlsx.import('item', decode(:'two', 'base64'));
SELECT xlsx.alter_profile('item', absent => '');

-- A condition or a mark does not write.
CREATE FUNCTION spill(text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN DELETE FROM item; RETURN true; END $$;
SELECT xlsx.alter_profile('item', scope => 'public.spill(sku)');
SELECT status FROM xlsx.import('item', decode(:'two', 'base64'));
SELECT xlsx.alter_profile('item', scope => 'shop = 7', absent => 'name = public.spill(sku)::text');
SELECT status FROM xlsx.import('item', decode(:'two', 'base64'));
SELECT xlsx.alter_profile('item', absent => '');
EXECUTE items;

-- Triggers and foreign keys of the rows that go
CREATE TABLE sold (sku text REFERENCES item);
INSERT INTO sold VALUES ('d');
SELECT status FROM xlsx.import('item', decode(:'two', 'base64'));
EXECUTE items;
TRUNCATE sold;
CREATE FUNCTION keep_c() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN CASE WHEN old.sku <> 'c' THEN old END; END $$;
CREATE TRIGGER keep_c BEFORE DELETE ON item FOR EACH ROW EXECUTE FUNCTION keep_c();
SELECT status FROM xlsx.import('item', decode(:'two', 'base64'));
:show
SELECT xlsx.drop_profile('item');
DROP TABLE sold, item;
DROP FUNCTION keep_c, spill;
