-- Whatever runs with other rights than its writer's calls functions and operators of pg_catalog and of the extension, and no others.
-- What views, policies, SQL functions, defaults, constraints and indexes refer to is in the catalog, where it is not the server's own.
CREATE VIEW ours AS
SELECT d.classid, d.objid FROM pg_depend d JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
WHERE e.extname = 'pg_xlsx' AND d.deptype = 'e'
UNION SELECT 'pg_rewrite'::regclass, r.oid FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class WHERE c.relnamespace IN ('xlsx'::regnamespace, 'xlsx_private'::regnamespace, 'xlsx_rest'::regnamespace)
UNION SELECT 'pg_policy'::regclass, p.oid FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE c.relnamespace IN ('xlsx'::regnamespace, 'xlsx_private'::regnamespace, 'xlsx_rest'::regnamespace)
UNION SELECT 'pg_attrdef'::regclass, a.oid FROM pg_attrdef a JOIN pg_class c ON c.oid = a.adrelid WHERE c.relnamespace IN ('xlsx'::regnamespace, 'xlsx_private'::regnamespace, 'xlsx_rest'::regnamespace)
UNION SELECT 'pg_constraint'::regclass, o.oid FROM pg_constraint o WHERE o.connamespace IN ('xlsx'::regnamespace, 'xlsx_private'::regnamespace, 'xlsx_rest'::regnamespace)
UNION SELECT 'pg_trigger'::regclass, t.oid FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace IN ('xlsx'::regnamespace, 'xlsx_private'::regnamespace, 'xlsx_rest'::regnamespace)
UNION SELECT 'pg_class'::regclass, c.oid FROM pg_class c WHERE c.relnamespace IN ('xlsx'::regnamespace, 'xlsx_private'::regnamespace, 'xlsx_rest'::regnamespace);
CREATE VIEW foreign_to_us AS
SELECT pg_describe_object(d.classid, d.objid, d.objsubid) AS object, pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid) AS calls
FROM pg_depend d JOIN ours o USING (classid, objid)
WHERE d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_cast'::regclass, 'pg_type'::regclass, 'pg_class'::regclass,
    'pg_collation'::regclass, 'pg_opclass'::regclass, 'pg_opfamily'::regclass)
  AND NOT EXISTS (SELECT FROM ours r WHERE (r.classid, r.objid) = (d.refclassid, d.refobjid))
  AND NOT EXISTS (SELECT FROM pg_type t JOIN ours r ON r.classid = 'pg_class'::regclass AND r.objid = coalesce(nullif(t.typrelid, 0),
    (SELECT e.typrelid FROM pg_type e WHERE e.oid = t.typelem)) WHERE d.refclassid = 'pg_type'::regclass AND t.oid = d.refobjid)
  AND (pg_identify_object(d.refclassid, d.refobjid, 0)).schema NOT IN ('pg_catalog', 'pg_toast');
SELECT count(*) > 100 AS many_are_ours FROM ours;
SELECT * FROM foreign_to_us ORDER BY 1, 2;
-- The question finds what it asks for: an operator, a function and a type of somebody else's.
BEGIN;
CREATE FUNCTION public.same(regrole, regrole) RETURNS boolean LANGUAGE sql RETURN true;
CREATE OPERATOR public.= (LEFTARG = regrole, RIGHTARG = regrole, FUNCTION = public.same);
CREATE VIEW xlsx.planted AS SELECT count(*) FROM xlsx_private.task t WHERE t.owner OPERATOR(public.=) t.login;
CREATE FUNCTION xlsx_private.planted() RETURNS boolean LANGUAGE sql RETURN (SELECT bool_and(public.same(t.owner, t.login)) FROM xlsx_private.task t);
ALTER EXTENSION pg_xlsx ADD FUNCTION xlsx_private.planted();
SELECT * FROM foreign_to_us ORDER BY 1, 2;
ROLLBACK;
-- The body of other functions is a text that is read when it runs. Each has a search_path of its own, or runs statements of its caller's and has no operator beside them.
CREATE FUNCTION bare(body text) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(DISTINCT m[1], ' ' ORDER BY m[1]) FROM regexp_matches(
    regexp_replace(regexp_replace(regexp_replace(regexp_replace(body, '--[^\n]*', '', 'g'), '\$([a-z]*)\$.*?\$\1\$', '', 'g'), '''[^'']*''', '', 'g'),
      'OPERATOR\(pg_catalog\.[^)]+\)|:=|=>|::|\.\.|\m(count|min|max)\(\*\)|\.\*|SELECT \*|GET DIAGNOSTICS[^;]*;|USING (ERRCODE|DETAIL|HINT|MESSAGE)[^;]*;', '', 'g'),
    '([-+*/<>=~!@#%^&|?]+|\mIS (NOT )?DISTINCT FROM\M|\mBETWEEN\M|\mI?LIKE\M|\mNULLIF\M)', 'gi') AS m
$$;
SELECT bare($$ a := b || c; d OPERATOR(pg_catalog.=) e; IF f <> 'g = h' THEN x => 1::int; -- i = j
$$) AS finds_them;
SELECT p.oid::regprocedure AS signature, bare(p.prosrc) AS operators_that_anybody_could_make
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace IN ('xlsx'::regnamespace, 'xlsx_private'::regnamespace, 'xlsx_rest'::regnamespace) AND l.lanname IN ('plpgsql', 'sql') AND p.prosqlbody IS NULL
  AND NOT coalesce(p.proconfig @> '{"search_path=pg_catalog, pg_temp"}', false) AND bare(p.prosrc) <> '' ORDER BY 1;
-- Nor does a call without a schema stand in one.
SELECT p.oid::regprocedure AS signature, string_agg(DISTINCT m[2], ' ') AS calls_that_anybody_could_answer
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang,
  regexp_matches(regexp_replace(regexp_replace(p.prosrc, '--[^\n]*', '', 'g'), '''[^'']*''', '', 'g'), '(^|[^a-z_.])([a-z_]+)\(', 'g') AS m
WHERE p.pronamespace IN ('xlsx'::regnamespace, 'xlsx_private'::regnamespace, 'xlsx_rest'::regnamespace) AND l.lanname IN ('plpgsql', 'sql') AND p.prosqlbody IS NULL
  AND NOT coalesce(p.proconfig @> '{"search_path=pg_catalog, pg_temp"}', false)
  AND m[2] NOT IN ('coalesce', 'exists', 'nullif', 'cast', 'row', 'array', 'greatest', 'least') GROUP BY 1 ORDER BY 1;
DROP FUNCTION bare;
DROP VIEW foreign_to_us, ours;
