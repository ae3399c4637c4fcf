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
FROM pg_temp.plan_of('SELECT id FROM xlsx_private.task WHERE xlsx_private.is_active(status) ORDER BY priority DESC, run_at, id') AS line;
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
