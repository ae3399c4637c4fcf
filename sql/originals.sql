-- A row that the target refuses while it is saved shows what stands in its cells, not what was made of it.
\getenv root PG_ABS_SRCDIR
\set SHOW_CONTEXT never
CREATE TABLE department (id int PRIMARY KEY, name text UNIQUE);
INSERT INTO department VALUES (7, 'Sales'), (8, 'Stock');
CREATE TABLE clerk (id int PRIMARY KEY, department int, salary numeric(8, 2) CONSTRAINT low_salary CHECK (salary < 5000), active boolean, born date, note text NOT NULL,
  file text DEFAULT 'none', line int, task bigint);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN IF NEW.note LIKE 'bad%' THEN RAISE EXCEPTION 'no % here', NEW.note; END IF; RETURN NEW; END $$;
CREATE TRIGGER refuse AFTER INSERT OR UPDATE ON clerk FOR EACH ROW EXECUTE FUNCTION refuse();
SELECT xlsx.create_profile('clerk', 'clerk', task_column => 'task') > 0 AS made;
SELECT xlsx.set_column('clerk', 'department', lookup => 'SELECT name, id FROM department');
SELECT xlsx.set_column('clerk', 'salary', transform => $$replace(replace(value, '.', ''), ',', '.')$$);
SELECT xlsx.set_column('clerk', 'note', transform => 'lower(value)');
SELECT xlsx.set_column('clerk', 'file', source => 'file_name');
SELECT xlsx.set_column('clerk', 'line', source => 'row_number');
\set book `:'root'/test/tools/book.py '[["id", "department", "salary", "active", "born", "note", "more"], [1, "Sales", "1.234,50", false, "2000-01-01", "Fine", "x"], [1, "Sales", "1.234,50", false, "2000-01-01", "  Twice ", "y"], [], [2.0, "Stock", "7.000,00", true, "2001-02-03", "BAD luck", null], [3, "Nowhere", "1,5", true, null, "lost", null], [4, "Stock", null, null, null, "Bad", null], [1e0, "Stock", 12.5, "no", null, "again", null]]'`
PREPARE errors AS SELECT row_number, cell, code, message, value, "values" FROM xlsx.task_errors((SELECT max(id) FROM xlsx.tasks));
SELECT total_rows, saved_rows, error_rows FROM xlsx.import('clerk', decode(:'book', 'base64'), 'clerks.xlsx');
EXECUTE errors;
SELECT string_agg(c.value, ' | ' ORDER BY c.row, c.col) FROM xlsx.cells(xlsx.errors_workbook((SELECT max(id) FROM xlsx.tasks)), range => 'A3:J3') AS c;
-- In one go, by key, and in the background
TRUNCATE clerk;
SELECT status, saved_rows, error_rows FROM xlsx.import('clerk', decode(:'book', 'base64'), 'clerks.xlsx', dry_run => true);
EXECUTE errors;
SELECT xlsx.alter_profile('clerk', key_columns => '{id}');
SELECT status, saved_rows, error_rows FROM xlsx.import('clerk', decode(:'book', 'base64'), 'clerks.xlsx', mode => 'update');
SELECT row_number, cell, code, value, "values" ->> 'Department' AS department, "values" ->> 'Salary' AS salary FROM xlsx.task_errors((SELECT max(id) FROM xlsx.tasks));
SELECT xlsx.submit('clerk', decode(:'book', 'base64'), 'clerks.xlsx') AS task \gset
SELECT xlsx.wait(:task, '30 s');
EXECUTE errors;
SELECT body #>> '{data,0,values}' AS values FROM xlsx_rest.rest_errors(:'task', NULL, NULL);
-- Numbers come back as numbers, so that a re-upload reads what stood there: the text 1.234 could be read in two ways, and as 1234 where the comma is declared.
CREATE TABLE amount (id int CHECK (id < 100), paid numeric, note text, code text, serial numeric);
SELECT xlsx.create_profile('amount', 'amount') > 0 AS made;
SELECT xlsx.alter_profile('amount', "decimal" => ',');
\set book `:'root'/test/tools/book.py '[["id", "paid", "note", "code", "serial"], ["x", 1.234, "checked", 12.5, 12345678901234567890], [100, 1.234, "saved", "1.234", -0.30000000000000004], [1, "1.234", "good", 7, 1e-7], ["y", true, null, 1e300, 2]]'`
SELECT saved_rows, error_rows FROM xlsx.import('amount', decode(:'book', 'base64'));
SELECT xlsx.errors_workbook(max(id)) AS again FROM xlsx.tasks \gset
SELECT row, string_agg(kind || ' ' || value, ', ' ORDER BY col) FROM xlsx.cells(:'again') WHERE row > 1 AND col BETWEEN 'B' AND 'F' GROUP BY row ORDER BY row;
ALTER TABLE amount DROP CONSTRAINT amount_id_check, ALTER id TYPE text;
SELECT saved_rows, error_rows FROM xlsx.import('amount', :'again');
SELECT * FROM amount ORDER BY note;
SELECT xlsx.drop_profile('amount');
DROP TABLE amount;
SELECT xlsx.drop_profile('clerk');
DROP TABLE clerk, department;
DROP FUNCTION refuse;
DEALLOCATE ALL;
