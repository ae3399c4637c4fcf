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
-- Constraints of the table: the server names the first that a row breaks, and the others are told, too.
CREATE SCHEMA elsewhere;
CREATE FUNCTION elsewhere.short(text) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN length($1) < 5;
CREATE TABLE item (id int PRIMARY KEY, lower int, upper int DEFAULT 7, code text, own int DEFAULT 1,
  CONSTRAINT a_range CHECK (lower < upper), CONSTRAINT b_lower CHECK (lower > 0), CONSTRAINT c_short CHECK (elsewhere.short(code)),
  CONSTRAINT d_whole CHECK (item IS NOT NULL OR true), CONSTRAINT e_own CHECK (own > 0 AND id > -99), CONSTRAINT f_code CHECK (code <> 'longer'));
SELECT xlsx.create_profile('item', 'item') > 0 AS made;
SELECT xlsx.set_column('item', 'own', source => 'none');
SELECT xlsx.write($$VALUES (1, 1, 2, 'good'), (2, 5, 2, 'good'), (3, -1, -2, 'longer'), (4, -1, NULL, 'longer'), (1, 1, 2, 'good'), (6, -1, 9, 'good')$$, headers => '{"column1": "ID", "column2": "Lower", "column3": "Upper", "column4": "Code"}') AS book \gset
SELECT status, saved_rows, error_rows FROM xlsx.import('item', :'book');
SELECT row_number, cell, code, message, value, constraint_name, sqlstate FROM xlsx.task_errors((SELECT max(id) FROM xlsx.tasks));
-- By the other way of saving, and where what a table gets is not what stands in the cells.
ALTER TABLE item DROP CONSTRAINT d_whole;
CREATE TABLE item_parts (LIKE item INCLUDING ALL) PARTITION BY RANGE (id);
CREATE TABLE item_rest PARTITION OF item_parts DEFAULT;
SELECT xlsx.create_profile('item_parts', 'item_parts') > 0 AS made;
SELECT status, saved_rows, error_rows FROM xlsx.import('item_parts', :'book');
SELECT row_number, cell, code, constraint_name FROM xlsx.task_errors((SELECT max(id) FROM xlsx.tasks));
CREATE FUNCTION lift() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.lower := abs(NEW.lower); RETURN NEW; END';
CREATE TRIGGER lift BEFORE INSERT ON item FOR EACH ROW EXECUTE FUNCTION lift();
TRUNCATE item;
SELECT status, saved_rows, error_rows FROM xlsx.import('item', :'book');
SELECT row_number, cell, code, constraint_name FROM xlsx.task_errors((SELECT max(id) FROM xlsx.tasks));
SELECT xlsx.drop_profile('item'), xlsx.drop_profile('item_parts');
DROP TABLE item, item_parts;
DROP FUNCTION lift, elsewhere.short;
DROP SCHEMA elsewhere;
