-- Three tables as people have them, filled from workbooks of a spreadsheet program; each dry run must foretell the real run.
\getenv root PG_ABS_SRCDIR
\set SHOW_CONTEXT never
SET datestyle = 'ISO';
\set hr `base64 -w0 :'root'/test/samples/hr.xlsx`
\set measurements `base64 -w0 :'root'/test/samples/measurements.xlsx`
\set products1 `base64 -w0 :'root'/test/samples/products1.xlsx`
\set products2 `base64 -w0 :'root'/test/samples/products2.xlsx`
CREATE FUNCTION verdict(task bigint) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_object('status', t.status, 'counts', ARRAY[t.total_rows, t.saved_rows, t.error_rows, t.inserted_rows, t.updated_rows,
      t.unchanged_rows, t.skipped_rows],
    'errors', (SELECT jsonb_agg(jsonb_build_array(e.row_number, e.column_name, e.cell, e.code, e.message) ORDER BY e.row_number, e.column_name)
      FROM xlsx.task_errors(t.id) e))
  FROM xlsx.tasks t WHERE t.id = task;
$$;
-- A dry run, its effect on the tables (none), then the real run, in the background; the dry run's verdict must be the same.
CREATE FUNCTION contents(tables regclass[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  one regclass;
  part text;
  whole text := '';
BEGIN
  FOREACH one IN ARRAY tables LOOP
    EXECUTE format('SELECT coalesce(string_agg(t::text, E''\n'' ORDER BY t::text), '''') FROM %s t', one) INTO part;
    whole := whole || part;
  END LOOP;
  RETURN md5(whole);
END $$;
-- Staff: enum, domain, lookup of a foreign key, a key of the file's own rows, a partial unique index
CREATE TYPE hr_contract AS ENUM ('full', 'part', 'temp');
CREATE DOMAIN hr_email AS text CHECK (VALUE ~ '^[^@ ]+@[^@ ]+$');
CREATE TABLE hr_department (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text UNIQUE NOT NULL);
INSERT INTO hr_department (name) VALUES ('Sales'), ('Research'), ('Operations');
CREATE TABLE hr_badge (no text PRIMARY KEY);
INSERT INTO hr_badge SELECT lpad(i::text, 5, '0') FROM generate_series(1, 40) i;
CREATE TABLE hr_staff (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, badge char(5) NOT NULL, full_name varchar(40) NOT NULL, email hr_email NOT NULL,
  department_id int NOT NULL REFERENCES hr_department, contract hr_contract NOT NULL, hired date NOT NULL, hours numeric(4, 1) NOT NULL,
  active boolean NOT NULL, manager text REFERENCES hr_badge,
  CONSTRAINT hours_are_possible CHECK (hours BETWEEN 1 AND 60)
);
CREATE UNIQUE INDEX hr_one_active ON hr_staff (badge) WHERE active;
SELECT xlsx.create_profile('hr', 'hr_staff', headers => '{"email": "E-Mail", "manager": "Manager Badge"}') > 0 AS made;
SELECT xlsx.alter_profile('hr', header_row => 'auto', skip_end => 1);
SELECT xlsx.set_column('hr', 'department_id', header => 'Department', lookup => 'SELECT name, id FROM hr_department');
SELECT contents('{hr_staff}') AS before \gset
SELECT xlsx.submit('hr', decode(:'hr', 'base64'), 'hr.xlsx', dry_run => true) AS dry \gset
SELECT xlsx.wait(:dry, '60 s');
SELECT contents('{hr_staff}') = :'before' AS untouched;
SELECT xlsx.submit('hr', decode(:'hr', 'base64'), 'hr.xlsx') AS task \gset
SELECT xlsx.wait(:task, '60 s');
SELECT verdict(:dry) = verdict(:task) AS foretold;
SELECT status, total_rows, saved_rows, error_rows FROM xlsx.tasks WHERE id = :task;
SELECT row_number, column_name, cell, code, message, constraint_name, sqlstate FROM xlsx.task_errors(:task);
SELECT count(*), count(DISTINCT badge) AS badges, sum(hours) AS hours, min(hired), max(hired) FROM hr_staff;
SELECT badge, full_name, email, department_id, contract, hired, hours, active, manager FROM hr_staff ORDER BY badge LIMIT 4;
-- Measurements: partitions, a generated column, exact numbers, moments
CREATE TABLE measurement (
  sensor text NOT NULL, taken_at timestamp NOT NULL, celsius numeric(5, 2) NOT NULL CHECK (celsius >= -273.15),
  kelvin numeric GENERATED ALWAYS AS (celsius + 273.15) STORED, quality text NOT NULL DEFAULT 'good', remark text,
  PRIMARY KEY (sensor, taken_at)
) PARTITION BY RANGE (taken_at);
CREATE TABLE measurement_q1a PARTITION OF measurement FOR VALUES FROM ('2026-01-01') TO ('2026-02-15');
CREATE TABLE measurement_q1b PARTITION OF measurement FOR VALUES FROM ('2026-02-15') TO ('2026-04-01');
SELECT xlsx.create_profile('measurement', 'measurement') > 0 AS made;
SELECT contents('{measurement}') AS before \gset
SELECT xlsx.submit('measurement', decode(:'measurements', 'base64'), dry_run => true) AS dry \gset
SELECT xlsx.wait(:dry, '60 s');
SELECT contents('{measurement}') = :'before' AS untouched;
SELECT xlsx.submit('measurement', decode(:'measurements', 'base64')) AS task \gset
SELECT xlsx.wait(:task, '60 s');
SELECT verdict(:dry) = verdict(:task) AS foretold;
SELECT status, total_rows, saved_rows, error_rows FROM xlsx.tasks WHERE id = :task;
SELECT row_number, column_name, cell, code, message, sqlstate FROM xlsx.task_errors(:task);
SELECT tableoid::regclass, count(*), sum(celsius), sum(kelvin) FROM measurement GROUP BY 1 ORDER BY 1;
SELECT * FROM measurement ORDER BY sensor, taken_at LIMIT 3;
-- Articles: upsert, what else the sheet has as jsonb, old values kept
CREATE TABLE article (
  code text PRIMARY KEY, title text NOT NULL, price numeric(10, 2) NOT NULL CHECK (price > 0), more jsonb NOT NULL DEFAULT '{}',
  first_seen bigint
);
SELECT xlsx.create_profile('article', 'article', task_column => 'first_seen', headers => '{"code": "Article", "price": "Net price"}') > 0 AS made;
SELECT xlsx.set_column('article', 'more', source => 'extra');
SELECT xlsx.alter_profile('article', mode => 'upsert', keep_old => true);
SELECT xlsx.submit('article', decode(:'products1', 'base64')) AS first \gset
SELECT xlsx.wait(:first, '60 s');
SELECT verdict(:first) -> 'counts' AS counts;
SELECT contents('{article}') AS before \gset
SELECT xlsx.submit('article', decode(:'products2', 'base64'), dry_run => true) AS dry \gset
SELECT xlsx.wait(:dry, '60 s');
SELECT contents('{article}') = :'before' AS untouched;
SELECT xlsx.submit('article', decode(:'products2', 'base64')) AS task \gset
SELECT xlsx.wait(:task, '60 s');
SELECT verdict(:dry) = verdict(:task) AS foretold;
SELECT verdict(:task) -> 'counts' AS counts;
SELECT row_number, column_name, cell, code, message, sqlstate FROM xlsx.task_errors(:task);
SELECT code, title, price, more FROM article WHERE code IN ('A-0019', 'A-0020', 'A-0021', 'A-0044') ORDER BY 1;
SELECT count(*) AS articles, count(DISTINCT first_seen) AS tasks FROM article;
SELECT undone, kept FROM xlsx.undo(:task);
SELECT contents('{article}') = :'before' AS as_before;
SELECT count(xlsx.delete(id)) FROM xlsx.tasks WHERE profile IN ('hr', 'measurement', 'article');
SELECT xlsx.drop_profile(name) FROM xlsx.profiles WHERE name IN ('hr', 'measurement', 'article');
DROP TABLE hr_staff, hr_department, hr_badge, measurement, article;
DROP DOMAIN hr_email;
DROP TYPE hr_contract;
DROP FUNCTION verdict, contents;
RESET datestyle;
