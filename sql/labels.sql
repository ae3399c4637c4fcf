-- A function is no steadier than what it calls: IMMUTABLE calls nothing STABLE, STABLE nothing VOLATILE, and neither locks or writes rows.
CREATE VIEW body AS
SELECT p.oid, p.oid::regprocedure AS signature, p.provolatile, p.proparallel,
  regexp_replace(regexp_replace(pg_get_functiondef(p.oid), '^.*?(?=BEGIN ATOMIC|RETURN |AS \$)', ''), '''[^'']*''', '', 'g') AS text
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace IN ('xlsx'::regnamespace, 'xlsx_private'::regnamespace, 'xlsx_rest'::regnamespace) AND p.prokind = 'f' AND l.lanname IN ('sql', 'plpgsql');
CREATE FUNCTION steadiness(label "char") RETURNS int LANGUAGE sql IMMUTABLE RETURN array_position('{v,s,i}', label::text);
-- Of functions with one name the steadiest counts.
SELECT b.signature, string_agg(DISTINCT called.name, ', ') AS calls_what_is_less_steady
FROM body b, LATERAL (SELECT m[1] AS name FROM regexp_matches(lower(b.text), '((?:xlsx|xlsx_private|pg_catalog)?\.?[a-z_]+)\s*\(', 'g') AS m) AS called,
  LATERAL (SELECT max(steadiness(c.provolatile)) AS most FROM pg_proc c JOIN pg_namespace n ON n.oid = c.pronamespace
    WHERE called.name IN (n.nspname || '.' || c.proname, CASE WHEN n.nspname = 'pg_catalog' THEN c.proname END)) AS known
WHERE known.most < steadiness(b.provolatile) GROUP BY 1 ORDER BY 1;
SELECT signature AS writes_or_locks FROM body
WHERE provolatile <> 'v' AND text ~* '\m(INSERT INTO|DELETE FROM|UPDATE xlsx|FOR (NO KEY )?UPDATE|FOR (KEY )?SHARE|LOCK TABLE)\M' ORDER BY 1;
-- Functions in C that are not volatile: each was compared with what it does. None that reads a file is immutable, since the file may be another one.
\a
SELECT DISTINCT CASE p.provolatile WHEN 'i' THEN 'immutable' ELSE 'stable' END AS label, p.proname
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace IN ('xlsx'::regnamespace, 'xlsx_private'::regnamespace, 'xlsx_rest'::regnamespace) AND l.lanname = 'c' AND p.provolatile <> 'v' ORDER BY 1, 2;
\a
SELECT string_agg(p.proname, ' ' ORDER BY p.proname) AS parallel_safe FROM pg_proc p
WHERE p.pronamespace IN ('xlsx'::regnamespace, 'xlsx_private'::regnamespace, 'xlsx_rest'::regnamespace) AND p.proparallel = 's';
DROP VIEW body;
DROP FUNCTION steadiness;
