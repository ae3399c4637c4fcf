-- The workbook of the result of a task: the user's rows with what became of them.
\getenv root PG_ABS_SRCDIR
\set book `:'root'/test/tools/book.py '{"Jan": [["sku", "price", "note"], ["A", 1.5, null], ["B", "x", 7], ["C", 3, "n"]], "Feb": [["sku", "price", "note"], ["D", 4, null], ["E", "y", "=1+1"]]}'`
CREATE TABLE stock (id bigint GENERATED ALWAYS AS IDENTITY (START 9007199254740993), sku text PRIMARY KEY, price numeric, note text, tags text[] DEFAULT '{a,b}', ok boolean DEFAULT true);
SELECT xlsx.create_profile('stock', 'stock') > 0 AS made;
CREATE FUNCTION shown(book bytea, sheet text DEFAULT NULL) RETURNS TABLE ("row" int, "values" text[]) LANGUAGE sql BEGIN ATOMIC
  SELECT c.row, array_agg(c.col || '=' || c.value ORDER BY c.col) FROM xlsx.cells(book, sheet) AS c GROUP BY 1 ORDER BY 1;
END;
-- Nothing kept: the rows with errors.
SELECT task FROM xlsx.import('stock', decode(:'book', 'base64')) \gset
SELECT * FROM shown(xlsx.result_workbook(:task));
-- Everything kept, of two sheets; ids that a double cannot hold are texts.
SELECT xlsx.alter_profile('stock', mode => 'upsert', keep_rows => true, keep_changes => true, "returning" => '{id,price,tags,ok}');
SELECT task AS sheets FROM xlsx.import('stock', decode(:'book', 'base64'), sheets => '~.') \gset
SELECT s.name FROM xlsx.sheets(xlsx.result_workbook(:sheets)) AS s;
SELECT * FROM shown(xlsx.result_workbook(:sheets), 'Jan');
SELECT * FROM shown(xlsx.result_workbook(:sheets), 'Feb');
UPDATE stock SET price = 0, note = NULL;
SELECT task FROM xlsx.import('stock', decode(:'book', 'base64')) \gset
SELECT * FROM shown(xlsx.result_workbook(:task));
SELECT count(*), sum(length(piece)) = length(xlsx.result_workbook(:task)) AS same FROM (SELECT xlsx.result_workbook_chunks(:task) AS piece) AS pieces;
-- When the file is gone: the cells that rows with errors have, by the columns of the profile.
UPDATE xlsx_private.task SET file_id = NULL WHERE id IN (:task, :sheets);
SELECT * FROM shown(xlsx.result_workbook(:task));
SELECT s.name FROM xlsx.sheets(xlsx.result_workbook(:sheets)) AS s;
SELECT * FROM shown(xlsx.result_workbook(:sheets), 'Feb');
-- A task without a row, and one that is not there.
SELECT xlsx.submit('stock', decode(:'book', 'base64'), run_at => now() + interval '1 day') AS task \gset
SELECT * FROM shown(xlsx.result_workbook(:task));
SELECT xlsx.cancel(:task);
SELECT xlsx.result_workbook(-1) IS NULL AS none;
SELECT count(*) FROM (SELECT xlsx.result_workbook_chunks(-1)) AS pieces;
-- Values keep their types and number formats; formulas become values; columns that the import does not read stay, too; rows without a fate go.
CREATE TABLE day (at date, part numeric, ok boolean);
SELECT xlsx.create_profile('day', 'day') > 0 AS made;
SELECT xlsx.write('SELECT date ''2024-02-29'' AS at, 0.5::numeric AS part, true AS ok, time ''06:30'' AS "mine", timestamp ''2024-02-29 12:00'' AS "also mine", 12345678901234567890::numeric AS digits') AS days \gset
SELECT task FROM xlsx.import('day', :'days', keep_rows => true) \gset
SELECT c.col, c.value, c.kind FROM xlsx.cells(xlsx.result_workbook(:task)) AS c WHERE c.row = 2;
SELECT xlsx.drop_profile('day');
DROP TABLE day;
SELECT xlsx.drop_profile('stock');
DROP TABLE stock;
DROP FUNCTION shown;
