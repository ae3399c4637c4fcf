-- Lookups by table, words without case and accents, several words in a cell.
\getenv root PG_ABS_SRCDIR
\set SHOW_CONTEXT never
CREATE SCHEMA lists;
CREATE TABLE lists.department (id int PRIMARY KEY, code text, name text NOT NULL);
INSERT INTO lists.department VALUES (1, 'S', 'Sales'), (2, 'L', 'Lab'), (3, 'T1', 'Twin'), (4, 'T2', 'Twin'), (5, 'M', 'Märkte'), (6, 'Lab', 'Elsewhere');
CREATE TABLE lists.member (name text, department_id int, others int[]);
SELECT xlsx.create_profile('member', 'lists.member') > 0 AS made;
SELECT xlsx.set_column('member', 'department_id', header => 'Department', lookup_table => 'department', lookup_key => '{code,name}');
SELECT xlsx.set_column('member', 'others', lookup_table => 'lists.department', lookup_key => '{name}', lookup_value => 'id', multiple => ';', ignore_case => true);
SELECT column_name, lookup, lookup_table, lookup_key, lookup_value, multiple, ignore_case FROM xlsx.profile_columns WHERE profile = 'member' ORDER BY position;
\set book `:'root'/test/tools/book.py '{"Members": [["Name", "Department", "Others"], ["Ann", "S", "sales; MARKTE;"], ["Bo", "Sales", null], ["Cy", "Lab", "lab"], ["Di", "Twin", "Lab;Garden"], ["Ed", "Slaes", "Lab;Labb;X"], ["Flo", "sales", ";"], ["Gus", "T2", "twin"], ["Hal", "Nothing like it", "Mårkte"], ["Ida", null, "elsewhere;Sales"]]}'`
SELECT status, saved_rows, error_rows FROM xlsx.import('member', decode(:'book', 'base64'));
SELECT * FROM lists.member ORDER BY name;
SELECT row_number, column_name, code, message, detail, hint FROM xlsx.task_errors((SELECT max(id) FROM xlsx.tasks));
-- The first column ignores case, too.
SELECT xlsx.set_column('member', 'department_id', ignore_case => true);
SELECT status, saved_rows, error_rows FROM xlsx.import('member', decode(:'book', 'base64'), dry_run => true);
SELECT row_number, column_name, code, hint FROM xlsx.task_errors((SELECT max(id) FROM xlsx.tasks)) WHERE column_name = 'Department';
-- As a role that may read the table, and as one that may not
CREATE ROLE lister;
GRANT xlsx_user TO lister;
GRANT USAGE ON SCHEMA lists TO lister;
GRANT INSERT ON lists.member TO lister;
SET ROLE lister;
SELECT status, message FROM xlsx.import('member', decode(:'book', 'base64'), dry_run => true);
RESET ROLE;
GRANT SELECT ON lists.department TO lister;
SET ROLE lister;
SELECT status, saved_rows, error_rows FROM xlsx.import('member', decode(:'book', 'base64'), dry_run => true);
RESET ROLE;
-- As JSON, and made again from it
SELECT xlsx.create_profile_from_json(xlsx.profile_json('member'), 'copy') > 0 AS made;
SELECT count(*) FROM xlsx.profile_columns c JOIN xlsx.profile_columns m USING (column_name, lookup_table, lookup_key, lookup_value, ignore_case)
WHERE c.profile = 'copy' AND m.profile = 'member';
-- What does not fit
CREATE FUNCTION refused(statement text) RETURNS TABLE (state text, message text, detail text, hint text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  message := 'done';
  RETURN NEXT;
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
  RETURN NEXT;
END
$$;
SELECT r.* FROM unnest(ARRAY[
  $$SELECT xlsx.set_column('copy', 'others', lookup => 'SELECT 1, 2')$$,
  $$SELECT xlsx.set_column('copy', 'others', lookup_table => '')$$,
  $$SELECT xlsx.set_column('copy', 'others', lookup_table => '', multiple => '')$$,
  $$SELECT xlsx.set_column('copy', 'others', lookup_key => '{name}')$$,
  $$SELECT xlsx.set_column('copy', 'others', lookup_table => 'department')$$,
  $$SELECT xlsx.set_column('copy', 'others', lookup_table => 'departments', lookup_key => '{name}')$$,
  $$SELECT xlsx.set_column('copy', 'others', lookup_table => 'department', lookup_key => '{title}')$$,
  $$SELECT xlsx.set_column('copy', 'others', lookup_table => 'lists.member', lookup_key => '{name}')$$,
  $$SELECT xlsx.set_column('copy', 'others', multiple => ';')$$,
  $$SELECT xlsx.set_column('copy', 'name', ignore_case => true)$$,
  $$SELECT xlsx.set_column('copy', 'department_id', multiple => ';')$$]) AS s, refused(s) AS r;
SELECT xlsx.drop_profile('member'), xlsx.drop_profile('copy');
DROP SCHEMA lists CASCADE;
DROP ROLE lister;
-- Words and lists without SQL: enums, one_of, arrays
CREATE TYPE size AS ENUM ('small', 'Médium', 'large', 'LARGE');
CREATE TABLE word (size size, state text, tags text[], numbers numeric[], days date[], sizes size[]);
SELECT xlsx.create_profile('word', 'word') > 0 AS made;
SELECT xlsx.add_rule('word', 'one_of', 'state', '{Open,Closed,Straße}') AS rule;
SELECT xlsx.set_column('word', c, split => ';') FROM unnest('{tags,numbers,sizes}'::name[]) AS c;
SELECT xlsx.set_column('word', 'days', split => ' | ', date_order => 'DMY');
\set book `:'root'/test/tools/book.py '{"Words": [["Size", "State", "Tags", "Numbers", "Days", "Sizes"], ["small", "Open", "a; b;\\\"c\\\\;;{d}", "1;2.5", "01.02.2024 | 2024-12-31", "small;large"], ["Small", "open", ";;", 7, null, "tiny"], ["medium", "STRASSE", null, "1;x", "31.12.2024 | 31.13.2024", null], ["huge", "Opne", "one", "1,5", null, null], ["Large", "Closed", null, null, null, null]]}'`
SELECT status, saved_rows, error_rows FROM xlsx.import('word', decode(:'book', 'base64'));
SELECT * FROM word;
SELECT row_number, column_name, code, message, detail, hint FROM xlsx.task_errors((SELECT max(id) FROM xlsx.tasks));
SELECT xlsx.set_column('word', 'size', ignore_case => true), xlsx.set_column('word', 'state', ignore_case => true);
SELECT status, saved_rows, error_rows FROM xlsx.import('word', decode(:'book', 'base64'), mode => 'replace');
SELECT size, state FROM word;
SELECT row_number, column_name, code, message, hint FROM xlsx.task_errors((SELECT max(id) FROM xlsx.tasks)) WHERE column_name IN ('Size', 'State');
SELECT r.* FROM unnest(ARRAY[
  $$SELECT xlsx.set_column('word', 'numbers', ignore_case => true)$$,
  $$SELECT xlsx.set_column('word', 'tags', transform => 'value')$$,
  $$SELECT xlsx.set_column('word', 'state', split => ';')$$,
  $$SELECT xlsx.set_column('word', 'numbers', "decimal" => ',')$$,
  $$SELECT xlsx.set_column('word', 'numbers', rounding => 'half_up')$$,
  $$SELECT xlsx.set_column('word', 'numbers', split => '', "decimal" => ',')$$]) AS s, refused(s) AS r;
SELECT xlsx.drop_profile('word');
DROP TABLE word;
DROP TYPE size;
DROP FUNCTION refused;
