-- All errors of a row are told, whatever finds them: none hides another.
\set VERBOSITY terse
CREATE TABLE shelf (name text PRIMARY KEY, no int);
INSERT INTO shelf VALUES ('North', 1), ('South', 2);
CREATE TABLE stock (
  shelf int NOT NULL, code varchar(5) NOT NULL, amount int NOT NULL, price numeric(6,2), since date, until date, done boolean, note text, twice int);
SELECT xlsx.create_profile('stock', 'stock') > 0 AS made;
SELECT xlsx.set_column('stock', 'shelf', lookup => 'SELECT name, no FROM shelf', messages => '{"lookup": "{cell}: no {label} is called {value}"}');
SELECT xlsx.set_column('stock', 'twice', transform => '(2 * value::int)::text', messages => '{"transform": "{label} in {cell} is no number"}');
SELECT xlsx.set_column('stock', 'note', transform => 'CASE WHEN value = ''bang'' THEN (1 / length(replace(value, ''bang'', '''')))::text ELSE upper(value) END');
SELECT xlsx.add_rule('stock', 'pattern', 'code', '{^[A-Z]+[0-9]$}');
SELECT xlsx.add_rule('stock', 'unique', 'code');
SELECT xlsx.add_rule('stock', 'min', 'amount', '{1}');
SELECT xlsx.add_rule('stock', 'max', 'price', '{500}', severity => 'warning');
SELECT xlsx.add_rule('stock', 'one_of', 'note', '{GOOD,BAD}');
SELECT xlsx.add_rule('stock', 'expression', argument => '{since <= until}', name => 'in time', message => '{label} do not go together: {value} ({cell})');
SELECT xlsx.add_rule('stock', 'expression', argument => '{100 / amount > 1}', name => 'few', message => '{label} is too much');
SELECT xlsx.add_rule('stock', 'expression', argument => '{"EXISTS (SELECT FROM (SELECT r.price) AS p WHERE p.price < 10)"}', name => 'cheap', message => '{label} is not cheap');
SELECT xlsx.add_rule('stock', 'expression', argument => '{"to_jsonb(r) ->> ''done'' = ''true''"}', name => 'whole row', message => 'read: {label}');
SELECT xlsx.add_rule('stock', 'expression', argument => '{random() < 2 AND 1 = 2}', name => 'never', severity => 'warning', message => '[{label}] [{value}] [{cell}]');
CREATE TABLE given (shelf text, code text, amount text, price text, since text, until text, done text, note text, twice text);
INSERT INTO given VALUES
  ('North', 'A1', '5', '1.00', '2024-01-01', '2024-02-01', 'true', 'good', '1'),
  -- Everything is wrong: a lookup, four types, a pattern, a list; the rule about two dates is about nothing.
  ('West', 'abcdefg', 'x', '1.001', '2024-13-01', '2024-02-01', 'perhaps', 'fine', '1'),
  -- A lookup and all that needs no shelf: a length, a rule on a cell, on rows, and across them.
  ('West', 'A1', '0', '600', '2024-03-01', '2024-02-01', 'false', 'fine', '1'),
  -- Two transformations throw, each says so, and nothing else is hidden.
  ('West', 'B', '200', '1.00', '2024-03-01', '2024-02-01', 'true', 'bang', 'two'),
  ('South', 'B1', '200', '20', '2024-03-01', '2024-02-01', 'false', 'bad', '1'),
  -- A blank cell and one that is only too long.
  (NULL, 'C1', NULL, NULL, NULL, '2024-02-01', NULL, NULL, 'two'),
  -- A row that is refused does not count for the rule across rows.
  ('North', 'C1', '7', '1.00', '2024-01-01', '2024-02-01', 'true', 'good', '1');
SELECT xlsx.write('SELECT * FROM given') AS book \gset
SELECT status, total_rows, saved_rows, error_rows, warning_rows FROM xlsx.import('stock', :'book');
SELECT row_number, cell, code, message, detail, constraint_name FROM xlsx.task_errors((SELECT max(id) FROM xlsx.tasks));
SELECT row_number, cell, code, message FROM xlsx.task_warnings((SELECT max(id) FROM xlsx.tasks));
SELECT * FROM stock ORDER BY code;
-- A rule that throws where the row is bad anyway is one more thing that is wrong with it.
SELECT xlsx.add_rule('stock', 'expression', argument => '{10 / (amount - 5) > 0}', name => 'around five');
TRUNCATE stock;
DELETE FROM given WHERE amount IS DISTINCT FROM '5';
UPDATE given SET shelf = 'West';
SELECT xlsx.write('SELECT * FROM given') AS book \gset
SELECT status, saved_rows, error_rows FROM xlsx.import('stock', :'book');
SELECT row_number, cell, code, message, detail, constraint_name FROM xlsx.task_errors((SELECT max(id) FROM xlsx.tasks));
SELECT xlsx.drop_profile('stock');
DROP TABLE stock, shelf, given;
