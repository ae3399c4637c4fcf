-- What a profile adds to its table: headers, blanks, defaults, transformations, lookups, rules, messages.
\getenv root PG_ABS_SRCDIR
\set SHOW_CONTEXT never
CREATE TYPE contract AS ENUM ('full', 'part', 'none');
CREATE DOMAIN percent AS int CHECK (VALUE BETWEEN 0 AND 100);
CREATE TABLE department (id int PRIMARY KEY, name text NOT NULL);
INSERT INTO department VALUES (1, 'Sales'), (2, 'Lab'), (3, 'Twin'), (4, 'Twin');
CREATE TABLE staff (
  id bigint GENERATED ALWAYS AS IDENTITY, code varchar(5) NOT NULL, name text NOT NULL, department_id int REFERENCES department,
  contract contract DEFAULT 'full', share percent, born date, salary numeric(9, 2), source text, line int, rest jsonb,
  twice int GENERATED ALWAYS AS (line * 2) STORED
);
COMMENT ON COLUMN staff.born IS 'Day of birth';
SELECT xlsx.create_profile('staff', 'staff') > 0 AS made;
SELECT xlsx.set_column('staff', 'code', header => 'Staff No', aliases => '{Personalnummer,"Emp. No"}', transform => 'upper(value)');
SELECT xlsx.set_column('staff', 'department_id', header => 'Department', lookup => 'SELECT name, id FROM department',
  messages => '{"lookup": {"": "No department is called {value}", "de": "Abteilung {value} gibt es nicht"}}');
SELECT xlsx.set_column('staff', 'contract', pattern => '^(kind of )?contract', default_value => 'part');
SELECT xlsx.set_column('staff', 'salary', null_tokens => '{n/a,-}', transform => $$replace(replace(value, '.', ''), ',', '.')$$);
SELECT xlsx.set_column('staff', 'source', source => 'file_name');
SELECT xlsx.set_column('staff', 'line', source => 'row_number');
SELECT xlsx.set_column('staff', 'rest', source => 'extra');
SELECT xlsx.add_rule('staff', 'pattern', 'code', '{^[A-Z][0-9]+$}', message => '{label} "{value}" in {cell} is no number of ours');
SELECT xlsx.add_rule('staff', 'unique', 'code');
SELECT xlsx.add_rule('staff', 'min_length', 'name', '{2}');
SELECT xlsx.add_rule('staff', 'min', 'born', '{1930-01-01}');
SELECT xlsx.add_rule('staff', 'max', 'salary', '{9999}', severity => 'warning');
SELECT xlsx.add_rule('staff', 'expression', argument => '{"salary > 0 OR contract = ''none''"}', name => 'paid',
  messages => '{"": "Who works is paid", "de": "Wer arbeitet, wird bezahlt"}');
SELECT name, kind, column_name, argument, severity FROM xlsx.profile_rules WHERE profile = 'staff' ORDER BY position;
SELECT column_name, header, label, type, required, source FROM xlsx.profile_columns WHERE profile = 'staff' ORDER BY position;
-- The header is not in the first row, and a total stands below.
\set book `:'root'/test/tools/book.py '{"Notes": [["nothing"]], "Staff 2026": [["Staff of 2026"], ["as of today"], ["Emp. No", "Name", "Department", "Kind of Contract", "Share", "Born", "Salary", "Room", "Floor"], ["a1", "Ann", "Sales", "full", 50, "1990-02-03", "1.234,50", "R1", 2], ["a2", "Bo", "Lab", null, 100, "1980-01-01", "n/a", null, null], ["a3", "C", "Lab", "none", 1, "1929-12-31", 5, "R1", 1], ["x", "Dan", "Lab", "none", 0, null, null, null, null], ["a4", "Eve", "Garden", "none", 0, null, null, null, null], ["a5", "Fay", "Twin", "none", 0, null, null, null, null], ["a6", "Gus", "Lab", "half", 101, null, null, null, null], ["a1", "Hal", "Lab", "none", 0, null, null, null, null], ["a7", "Ida", "Lab", "full", 0, null, "20.000,00", null, null], ["a8", "Jo", "Lab", "full", 0, null, null, null, null], ["a9", "Kim", "Lab", "full", 0, null, "0", null, null], ["toolong", "Lee", "Lab", "none", 0, null, "abc", null, null], ["Total", null, null, null, null, null, 7]]}'`
SELECT xlsx.alter_profile('staff', sheet => '~^Staff', header_row => 'auto', skip_end => 1);
SELECT status, total_rows, saved_rows, error_rows, warning_rows, inserted_rows FROM xlsx.import('staff', decode(:'book', 'base64'), 'staff.xlsx');
SELECT code, name, department_id, contract, share, born, salary, source, line, rest, twice FROM staff ORDER BY id;
SELECT max(id) AS task FROM xlsx.tasks \gset
SELECT row_number, column_name, cell, code, message, detail, hint, constraint_name FROM xlsx.task_errors(:task);
SELECT * FROM xlsx.task_warnings(:task);
-- In another language
SELECT status, error_rows FROM xlsx.import('staff', decode(:'book', 'base64'), locale => 'de-AT', dry_run => true);
SELECT row_number, message FROM xlsx.task_errors((SELECT max(id) FROM xlsx.tasks)) WHERE code IN ('lookup', 'rule') ORDER BY 1;
SELECT count(*) FROM staff;
-- By number of the sheet and of the row, with a range and a mapping by hand
SELECT xlsx.alter_profile('staff', skip_end => 0, range => 'A1:F5');
SELECT status, total_rows, saved_rows FROM xlsx.import('staff', decode(:'book', 'base64'), sheet => '#2', header_row => '3',
  mapping => '{"Emp. No": "name", "Name": "code"}', dry_run => true);
SELECT row_number, column_name, cell, code, message FROM xlsx.task_errors((SELECT max(id) FROM xlsx.tasks));
SELECT xlsx.import('staff', decode(:'book', 'base64'), sheet => '#3');
SELECT xlsx.import('staff', decode(:'book', 'base64'), mapping => '{"Name": "nobody"}', header_row => '3');
-- There and back as JSON
SELECT xlsx.create_profile_from_json(xlsx.profile_json('staff'), 'copy') > 0 AS made;
SELECT xlsx.profile_json('staff') - 'name' = xlsx.profile_json('copy') - 'name' AS same;
-- The table changes: what comes is taken in, what goes is left out, and what was configured is missed.
ALTER TABLE staff ADD COLUMN phone text, DROP COLUMN born;
SELECT column_name, header FROM xlsx.profile_columns WHERE profile = 'staff' AND column_name IN ('phone', 'born');
ALTER TABLE staff DROP COLUMN code;
SELECT xlsx.import('staff', decode(:'book', 'base64'), header_row => '3');
-- What cannot be said
SELECT xlsx.set_column('copy', 'name', transform => 'value); DROP TABLE staff; SELECT (1');
SELECT xlsx.set_column('copy', 'name', transform => 'value FROM department');
SELECT xlsx.set_column('copy', 'name', pattern => '(');
SELECT xlsx.set_column('copy', 'nobody', header => 'x');
SELECT xlsx.set_column('copy', 'name', lookup => 'DELETE FROM department RETURNING name, id');
SELECT xlsx.add_rule('copy', 'min', 'name');
SELECT xlsx.add_rule('copy', 'min_length', 'name', '{x}');
SELECT xlsx.add_rule('copy', 'expression', argument => '{"1 = 1; SELECT 2"}');
SELECT xlsx.alter_profile('copy', range => 'A1:');
SELECT xlsx.alter_profile('copy', mode => 'merge');
SELECT xlsx.alter_profile('nobody', mode => 'skip');
SELECT xlsx.drop_rule('copy', 'nothing');
SELECT xlsx.drop_profile('copy'), xlsx.drop_profile('staff');
DROP TABLE staff, department;
DROP TYPE contract;
DROP DOMAIN percent;
