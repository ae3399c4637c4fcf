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
CREATE FUNCTION lists.refused(statement text) RETURNS TABLE (state text, message text, detail text, hint text) LANGUAGE plpgsql AS $$
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
  $$SELECT xlsx.set_column('copy', 'department_id', multiple => ';')$$]) AS s, lists.refused(s) AS r;
SELECT xlsx.drop_profile('member'), xlsx.drop_profile('copy');
DROP SCHEMA lists CASCADE;
DROP ROLE lister;
