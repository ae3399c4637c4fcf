-- Workbooks to fill in for a profile.
CREATE SCHEMA template_test;
SET search_path = template_test;
CREATE TYPE size AS ENUM ('small', 'large, very');
CREATE TABLE department (id int PRIMARY KEY, name text NOT NULL);
INSERT INTO department VALUES (7, 'Sales'), (9, 'R&D');
CREATE TABLE article (
  article_no varchar(5) NOT NULL, label text, size size NOT NULL, in_stock boolean, price numeric(8, 2), count smallint DEFAULT 1,
  since date, seen timestamp, department int REFERENCES department, owner int, color text, key uuid
);
COMMENT ON COLUMN article.label IS 'What customers see';
SELECT xlsx.create_profile('article', 'article', headers => '{"article_no": "Article-No"}') > 0 AS made;
SELECT xlsx.set_column('article', 'owner', lookup => 'SELECT name, id FROM department');
SELECT xlsx.set_column('article', 'count', default_value => '0');
SELECT xlsx.add_rule('article', 'one_of', 'color', '{red,green}');
SELECT xlsx.add_rule('article', 'min', 'price', '{0}');
SELECT xlsx.add_rule('article', 'unique', 'article_no');
SELECT xlsx.add_rule('article', 'pattern', 'article_no', '{^[A-Z]}', message => '{label} begins with a letter');
CREATE TEMP TABLE template AS SELECT xlsx.template('article') AS data;
SELECT s.* FROM template, xlsx.sheets(data) AS s;
SELECT c.* FROM template, xlsx.cells(data) AS c;
-- What is in it besides cells: the parts, as an independent reader sees them
\getenv root PG_ABS_SRCDIR
SELECT current_setting('data_directory') || '/regress_template.xlsx' AS path \gset
SELECT lo_from_bytea(47110816, data) FROM template;
SELECT lo_export(47110816, :'path'), lo_unlink(47110816);
\setenv TEMPLATE :path
\! /usr/bin/python3 "$PG_ABS_SRCDIR"/test/tools/show_template.py "$TEMPLATE"
-- An empty template has the right headers
SELECT status, total_rows, message FROM xlsx.import('article', (SELECT data FROM template));
-- Placed where the profile looks, and readable for those who may not see the choices
SELECT xlsx.alter_profile('article', sheet => 'Articles', header_row => '3', range => 'B2:Z500');
SELECT c.sheet, c.row, c.col, c.value FROM xlsx.cells(xlsx.template('article'), 'Articles') AS c LIMIT 2;
CREATE ROLE regress_typist IN ROLE xlsx_user;
GRANT USAGE ON SCHEMA template_test TO regress_typist;
SELECT xlsx.set_column('article', 'owner', lookup => '');
SET ROLE regress_typist;
SELECT string_agg(c.value, ',' ORDER BY c.col, c.row) FROM xlsx.cells(xlsx.template('article'), '_lists') AS c;
RESET ROLE;
SELECT xlsx.template('nothing');
SELECT xlsx.drop_profile('article');
DROP SCHEMA template_test CASCADE;
DROP ROLE regress_typist;
