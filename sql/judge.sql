-- One judge for a row: rules look at what is saved, and messages say what the profile has for them.
\getenv root PG_ABS_SRCDIR
\set VERBOSITY terse
-- What a transformation makes is trimmed before it is saved: rules see it like that.
CREATE TABLE judged (id int PRIMARY KEY, word text, code varchar(3));
SELECT xlsx.create_profile('judged', 'judged') > 0 AS made;
SELECT xlsx.set_column('judged', 'word', transform => $$' ' || upper(value) || ' '$$), xlsx.set_column('judged', 'code', transform => $$'  ' || value$$);
SELECT xlsx.add_rule('judged', 'one_of', 'word', '{A,B}'), xlsx.add_rule('judged', 'pattern', 'code', '{^[a-z]}'),
  xlsx.add_rule('judged', 'min_length', 'word', '{2}', severity => 'warning', message => '{label} {cell} {value} {limit}');
\set book `:'root'/test/tools/book.py '[["id", "word", "code"], [1, "a", "a"], [2, "c", "b"], [3, "b", "long"], [4, "b", "1234"]]'`
SELECT status, saved_rows, error_rows, warning_rows FROM xlsx.import('judged', decode(:'book', 'base64'));
SELECT id, '[' || word || ']' AS word, '[' || code || ']' AS code FROM judged;
SELECT row_number, cell, code, message FROM xlsx.task_errors((SELECT max(id) FROM xlsx.tasks));
SELECT row_number, cell, code, message FROM xlsx.task_warnings((SELECT max(id) FROM xlsx.tasks));
SELECT xlsx.drop_profile('judged');
DROP TABLE judged;
-- Messages: by code, by locale, with places; what looks like a place elsewhere is none.
CREATE TABLE said (id int NOT NULL, code varchar(3) NOT NULL, amount numeric(4, 1), at date, kind text);
SELECT xlsx.create_profile('said', 'said') > 0 AS made;
SELECT xlsx.set_column('said', 'id', label => 'No. {value}');
SELECT xlsx.set_column('said', 'code', messages => '{"length": {"": "{value} is long", "de": "{value} in {cell} ist zu lang: {limit}{type}{}{label", "de-AT": "{label}{label} {cell}{value}"}, "required": "{cell}"}');
SELECT xlsx.set_column('said', 'amount', messages => '{"exactness": {"fr": "non"}}');
SELECT xlsx.add_rule('said', 'one_of', 'kind', '{a,"{value}"}', messages => '{"de": "{label}: {value}"}');
SELECT xlsx.add_rule('said', 'max', 'amount', '{99.5}');
SELECT xlsx.add_rule('said', 'expression', argument => '{id < amount}', messages => '{"de": "{label} ({value}, {cell})"}');
SELECT xlsx.add_rule('said', 'expression', argument => '{1 = 2}', name => '{value}', severity => 'warning');
\set book `:'root'/test/tools/book.py '[["id", "code", "amount", "at", "kind"], [1.5, "{cell}long", 1.25, "today", "{value}"], ["x{value}", null, 12345, 3, "b"], [200, "abc", 100, null, "{cell}"]]'`
SELECT status, error_rows, warning_rows FROM xlsx.import('said', decode(:'book', 'base64'));
SELECT row_number, cell, code, message FROM xlsx.task_errors((SELECT max(id) FROM xlsx.tasks));
SELECT row_number, cell, code, message FROM xlsx.task_warnings((SELECT max(id) FROM xlsx.tasks));
SELECT status, error_rows FROM xlsx.import('said', decode(:'book', 'base64'), locale => 'de-AT', dry_run => true);
SELECT row_number, cell, code, message FROM xlsx.task_errors((SELECT max(id) FROM xlsx.tasks));
SELECT status, error_rows FROM xlsx.import('said', decode(:'book', 'base64'), locale => 'de_CH', dry_run => true);
SELECT row_number, cell, code, message FROM xlsx.task_errors((SELECT max(id) FROM xlsx.tasks)) WHERE code IN ('length', 'exactness', 'one_of');
SELECT xlsx.drop_profile('said');
DROP TABLE said;
-- Columns that are no cells, and defaults, without SQL: a row stands for itself.
CREATE TABLE noted (id int NOT NULL, kind text NOT NULL, task bigint NOT NULL, file text, line int, rest jsonb, small smallint);
SELECT xlsx.create_profile('noted', 'noted') > 0 AS made;
SELECT xlsx.set_column('noted', 'kind', default_value => 'usual'), xlsx.set_column('noted', 'task', source => 'task_id'),
  xlsx.set_column('noted', 'file', source => 'file_name'), xlsx.set_column('noted', 'line', source => 'row_number'),
  xlsx.set_column('noted', 'rest', source => 'extra'), xlsx.set_column('noted', 'small', default_value => '99999');
SELECT xlsx.add_rule('noted', 'max_length', 'kind', '{4}', severity => 'warning'), xlsx.add_rule('noted', 'max', 'line', '{3}'),
  xlsx.add_rule('noted', 'pattern', 'id', '{^[0-9]$}');
\set book `:'root'/test/tools/book.py '[["id", "more", "kind", "small", "", "and so on"], [1, "x", null, 5, "y", true], [22, null, "own", 1, null, null], [3, 4.5, " ", 2, null, "a_x0000_b"], [4, null, "k", null, null, null], [7, "z", "k", 3, null, null]]'`
SELECT task, status, saved_rows, error_rows, warning_rows FROM xlsx.import('noted', decode(:'book', 'base64'), 'a.xlsx') \gset
SELECT :'status' AS status, :saved_rows AS saved, :error_rows AS errors, :warning_rows AS warnings;
SELECT id, kind, task = :task AS task, file, line, rest, small FROM noted ORDER BY id;
SELECT row_number, column_name, cell, code, message, value FROM xlsx.task_errors(:task);
SELECT row_number, cell, code, message, value FROM xlsx.task_warnings(:task);
SELECT xlsx.drop_profile('noted');
DROP TABLE noted;
