-- What people call is in schema xlsx, what the sidecar calls in xlsx_rest; each object says what it is for.
SELECT string_agg(DISTINCT p.proname, ' ' ORDER BY p.proname) AS functions_for_people FROM pg_proc p WHERE p.pronamespace = 'xlsx'::regnamespace;
SELECT string_agg(DISTINCT p.proname, ' ' ORDER BY p.proname) AS functions_for_the_sidecar FROM pg_proc p WHERE p.pronamespace = 'xlsx_rest'::regnamespace;
SELECT string_agg(DISTINCT c.relname, ' ' ORDER BY c.relname) AS views FROM pg_class c WHERE c.relnamespace = 'xlsx'::regnamespace AND c.relkind = 'v';
CREATE VIEW ours AS
SELECT d.classid, d.objid FROM pg_depend d JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
WHERE e.extname = 'pg_xlsx' AND d.classid IN ('pg_proc'::regclass, 'pg_class'::regclass, 'pg_namespace'::regclass, 'pg_type'::regclass);
SELECT count(*) > 200 AS many, count(*) FILTER (WHERE d.description IS NULL) AS without_comment
FROM ours o LEFT JOIN pg_description d ON d.classoid = o.classid AND d.objoid = o.objid AND d.objsubid = 0
WHERE NOT EXISTS (SELECT FROM pg_class c WHERE o.classid = 'pg_class'::regclass AND c.oid = o.objid AND c.relkind NOT IN ('r', 'v'))
  AND NOT EXISTS (SELECT FROM pg_type t WHERE o.classid = 'pg_type'::regclass AND t.oid = o.objid
    AND (t.typelem <> 0 OR t.typrelid IN (SELECT c.oid FROM pg_class c WHERE c.relkind <> 'c')));
DROP VIEW ours;
-- One thing has one name: a task is task, the place in a sheet is sheet, range and header_row.
SELECT p.oid::regprocedure AS signature, a.name FROM pg_proc p, unnest(p.proargnames) AS a (name)
WHERE p.pronamespace IN ('xlsx'::regnamespace, 'xlsx_rest'::regnamespace)
  AND a.name IN ('task_id', 'import', 'import_id', 'job', 'job_id', 'cell_range', 'sheet_name', 'header_row_number')
ORDER BY 1;
SELECT p.oid::regprocedure AS signature FROM pg_proc p
WHERE p.pronamespace = 'xlsx'::regnamespace AND 'sheet' = ANY (p.proargnames[1:p.pronargs]) AND p.proname NOT IN ('sheets', 'write', 'write_chunks')
  AND NOT (p.proargnames @> '{range,header_row}' OR p.proname = 'cells' AND 'range' = ANY (p.proargnames));
-- Those who serve a frontend, and those whom it serves, call xlsx_rest; who owns which task is for the first alone. Others may do what SET ROLE does.
SELECT r.rolname, string_agg(DISTINCT p.proname, ' ') FILTER (WHERE has_function_privilege(r.oid, p.oid, 'EXECUTE') IS DISTINCT FROM (r.rolname <> 'pg_monitor')) AS unlike_the_rest
FROM pg_roles r, pg_proc p
WHERE r.rolname IN ('xlsx_user', 'xlsx_notifier', 'xlsx_admin', 'pg_monitor') AND p.pronamespace = 'xlsx_rest'::regnamespace
GROUP BY 1 ORDER BY 1;
