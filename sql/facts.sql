\getenv root PG_ABS_SRCDIR
\set people `base64 -w0 :'root'/test/samples/people.xlsx`
-- Facts that stand in one place of the C code, and that SQL, JSON and TypeScript agree with.
SELECT kind, xlsx_private.names_of(kind) AS names
FROM unnest(ARRAY['mode', 'index_after_load', 'source', 'rule', 'severity', 'status', 'active_status', 'success_status', 'phase']) AS kind;
SELECT xlsx_private.names_of('colour');
SELECT xlsx_private.sentence_of('mode') AS sentence, xlsx_private.choices_of('index_after_load') AS choices;
SELECT kind, xlsx_private.rule_takes(kind, 0) AS none, xlsx_private.rule_takes(kind, 1) AS one, xlsx_private.rule_takes(kind, 2) AS two
FROM unnest(xlsx_private.names_of('rule')) AS kind;
-- No SQL object has a list of its own: whatever compares with two names of a list compares with names_of.
CREATE TEMP VIEW own_code AS
SELECT p.oid::regprocedure::text AS object, pg_get_functiondef(p.oid) AS code
FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e' JOIN pg_extension e ON e.oid = d.refobjid
WHERE e.extname = 'pg_xlsx' AND p.prokind = 'f'
UNION ALL
SELECT c.conrelid::regclass || ' ' || c.conname, pg_get_constraintdef(c.oid) FROM pg_constraint c
WHERE c.connamespace = 'xlsx_private'::regnamespace AND c.contype = 'c';
SELECT DISTINCT o.object, kind FROM own_code o, unnest(ARRAY['mode', 'index_after_load', 'source', 'rule', 'status', 'phase']) AS kind,
  xlsx_private.names_of(kind) AS names
WHERE o.code ~ format('''(%s)''(::text)?, ?''(%1$s)''(::text)?, ?''(%1$s)''', array_to_string(names, '|'))
ORDER BY 1, 2;
-- The index of tasks that have not ended serves those who ask for them in this way.
SET enable_seqscan = off;
CREATE FUNCTION pg_temp.plan_of(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN ' || query; END $$;
SELECT count(*) FILTER (WHERE line ~ 'task_active') AS indexed
FROM pg_temp.plan_of('SELECT id FROM xlsx_private.task WHERE xlsx_private.is_active(status) ORDER BY priority DESC, coalesce(run_at, created_at), id') AS line;
RESET enable_seqscan;
-- Numbers, and the form of header_row.
SELECT kind, xlsx_private.number_of(kind) FROM unnest(ARRAY['chunk_bytes', 'skip_end', 'length_digits']) AS kind;
SELECT xlsx_private.number_of('colour');
SELECT said, xlsx_private.is_header_row(said) AS importable
FROM unnest(ARRAY['first', 'auto', 'none', '1', '9999999', '10000000', '0', '01', '-1', '1 ', '', 'First', 'B7']) AS said;
SELECT said, (SELECT count(*) FROM xlsx.read(decode(:'people', 'base64'), NULL, NULL, said) AS r (name text)) AS rows
FROM unnest(ARRAY['first', 'auto', 'none', '1']) AS said;
SELECT count(*) FROM xlsx.read(decode(:'people', 'base64'), NULL, NULL, '01') AS r (name text);
SELECT count(*) FROM xlsx.read(decode(:'people', 'base64'), NULL, NULL, '10000000') AS r (name text);
-- numeric(digits, scale), from its modifier.
CREATE TABLE decimals (a numeric, b numeric(5), c numeric(7,2), d numeric(3,-2), e numeric(2,5), f numeric(1000,1000), g numeric(2,-9));
SELECT format_type(atttypid, atttypmod) AS type, xlsx_private.integer_digits(atttypmod)
FROM pg_attribute WHERE attrelid = 'decimals'::regclass AND attnum > 0 ORDER BY attnum;
SELECT xlsx.create_profile('decimals', 'decimals') > 0 AS created;
SELECT key AS column_name, value FROM json_each(xlsx.row_schema('decimals') -> 'properties');
SELECT xlsx.drop_profile('decimals');
DROP TABLE decimals;
-- Whatever tells of a task tells of all its columns, by the same names; what only some tell of stands here.
CREATE FUNCTION pg_temp.camel(name text) RETURNS text LANGUAGE sql
RETURN (SELECT string_agg(CASE WHEN place = 1 THEN part ELSE initcap(part) END, '' ORDER BY place) FROM regexp_split_to_table(name, '_') WITH ORDINALITY AS p (part, place));
CREATE TABLE decimals (name text);
SELECT xlsx.create_profile('decimals', 'decimals') > 0 AS created;
SELECT task FROM xlsx.import('decimals', decode(:'people', 'base64')) \gset
SELECT c.name AS only_of_the_view
FROM (SELECT attname AS name FROM pg_attribute WHERE attrelid = 'xlsx.tasks'::regclass AND attnum > 0) AS c
WHERE pg_temp.camel(c.name) NOT IN (SELECT json_object_keys(xlsx_rest.task_json(:task))) ORDER BY 1;
SELECT j.name AS only_of_json FROM json_object_keys(xlsx_rest.task_json(:task)) AS j (name)
WHERE j.name NOT IN (SELECT pg_temp.camel(attname) FROM pg_attribute WHERE attrelid = 'xlsx.tasks'::regclass AND attnum > 0) ORDER BY 1;
SELECT e.name AS not_of_events FROM json_object_keys(xlsx_rest.task_json(:task)) AS e (name)
WHERE e.name NOT IN (SELECT json_object_keys(data) FROM xlsx_rest.rest_snapshot(:'task'));
\set openapi `cat :'root'/notifier/openapi.json`
SELECT coalesce(d.name, j.name) AS not_in_both FROM json_object_keys((:'openapi')::json #> '{components,schemas,Task,properties}') AS d (name)
  FULL JOIN json_object_keys(xlsx_rest.task_json(:task)) AS j (name) ON d.name = j.name WHERE d.name IS NULL OR j.name IS NULL;
-- Numbers of the row that xlsx.import, xlsx.tasks and JSON have, are the same.
SELECT i.name AS not_in_tasks FROM (SELECT unnest(proargnames) AS name, unnest(proargmodes) AS mode FROM pg_proc WHERE oid = 'xlsx.import'::regproc) AS i
WHERE i.mode = 'o' AND i.name NOT IN (SELECT attname FROM pg_attribute WHERE attrelid = 'xlsx.tasks'::regclass);
-- One task is found by its key, whatever it is asked by.
SET enable_seqscan = off;
SELECT count(*) FILTER (WHERE line ~ 'Index.*task_pkey') AS indexed, count(*) FILTER (WHERE line ~ 'Seq Scan on task') AS scanned
FROM pg_temp.plan_of('SELECT * FROM xlsx.tasks WHERE id = 1') AS line;
RESET enable_seqscan;
SELECT message FROM xlsx.delete(:task);
SELECT xlsx.drop_profile('decimals');
DROP TABLE decimals;
