/*
 * pg_xlsx 1.0
 *
 * Schema xlsx is what people call, schema xlsx_rest what the sidecar calls;
 * schema xlsx_private holds the tables.
 * Rights: xlsx_user may import and sees what is his, xlsx_notifier serves a
 * web frontend, xlsx_admin sees everything.  The tables can only be read
 * through the views, under row-level security; the C functions write them as
 * the owner of the extension.
 */
\echo Use "CREATE EXTENSION pg_xlsx" to load this file. \quit

-- Whatever is in schema xlsx, or on anybody's path, none of it is called here.
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

-- What lay in these schemas, or came into them later by others, would be called with the rights of whoever owns the extension.
-- A restore makes schema xlsx before the extension, as whoever restores, or as the superuser that owned it.
DO $$
DECLARE
  subject record;
  others text;
BEGIN
  FOR subject IN SELECT n.nspname AS name FROM pg_namespace n WHERE n.nspname IN ('xlsx_private', 'xlsx_rest') ORDER BY n.nspname LOOP
    RAISE EXCEPTION 'schema "%" exists already', subject.name USING ERRCODE = 'duplicate_schema',
      DETAIL = format('The extension makes it, for %s that nobody else may write.', CASE subject.name WHEN 'xlsx_rest' THEN 'functions' ELSE 'tables' END),
      HINT = 'Drop the schema, or rename it.';
  END LOOP;
  SELECT n.oid, n.nspowner, n.nspacl, n.xmin = pg_current_xact_id()::xid AS is_new, pg_get_userbyid(n.nspowner) AS owner, coalesce((SELECT r.rolsuper FROM pg_roles r WHERE r.oid = n.nspowner), false) AS super
  INTO subject FROM pg_namespace n WHERE n.nspname = 'xlsx';
  IF NOT subject.super AND subject.owner <> current_user THEN
    RAISE EXCEPTION 'schema "xlsx" belongs to role "%"', subject.owner USING ERRCODE = 'insufficient_privilege',
      DETAIL = 'Its owner could put functions and operators into it that run with the rights of a superuser.',
      HINT = 'Drop the schema, and let CREATE EXTENSION make it.';
  END IF;
  SELECT string_agg(pg_describe_object(d.classid, d.objid, d.objsubid), ', ' ORDER BY pg_describe_object(d.classid, d.objid, d.objsubid)) INTO others
  FROM (SELECT d.classid, d.objid, d.objsubid FROM pg_depend d
    WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = subject.oid
      AND NOT (d.classid = 'pg_extension'::regclass AND d.objid = (SELECT e.oid FROM pg_extension e WHERE e.extname = 'pg_xlsx')) LIMIT 10) AS d;
  IF others IS NOT NULL THEN
    RAISE EXCEPTION 'schema "xlsx" is not empty' USING ERRCODE = 'object_not_in_prerequisite_state',
      DETAIL = format('It holds %s.', others), HINT = 'Drop these objects, or move them to another schema.';
  END IF;
  SELECT string_agg(CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END, ', ' ORDER BY a.grantee) INTO others
  FROM aclexplode(subject.nspacl) a
  -- CREATE EXTENSION has just made the schema, with default privileges: nobody else has seen it, and grants.sql takes them away.
  WHERE NOT subject.is_new AND a.privilege_type = 'CREATE' AND a.grantee <> subject.nspowner AND NOT coalesce((SELECT r.rolsuper FROM pg_roles r WHERE r.oid = a.grantee), false);
  IF others IS NOT NULL THEN
    RAISE EXCEPTION 'others may make objects in schema "xlsx": %', others USING ERRCODE = 'insufficient_privilege',
      DETAIL = 'They could put functions and operators into it that run with the rights of a superuser.',
      HINT = format('REVOKE CREATE ON SCHEMA xlsx FROM %s;', others);
  END IF;
END
$$;

-- Roles are the cluster's: they may be there by another database, by a restore, or by somebody who was here first.
DO $$
DECLARE
  role text;
  powers text;
  relatives text;
  quiet CONSTANT text := current_setting('client_min_messages');
BEGIN
  -- CREATE EXTENSION lets through warnings only.
  PERFORM set_config('client_min_messages', 'notice', true);
  FOREACH role IN ARRAY ARRAY['xlsx_user', 'xlsx_notifier', 'xlsx_admin'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = role) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN', role);
      EXCEPTION
        -- Another database may just have got the extension.
        WHEN duplicate_object OR unique_violation THEN NULL;
      END;
    END IF;
    SELECT concat_ws(' ', CASE WHEN r.rolsuper THEN 'SUPERUSER' END, CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END,
      CASE WHEN r.rolcreatedb THEN 'CREATEDB' END, CASE WHEN r.rolreplication THEN 'REPLICATION' END,
      CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END, CASE WHEN r.rolcanlogin THEN 'LOGIN' END)
    INTO powers FROM pg_roles r WHERE r.rolname = role;
    IF powers <> '' THEN
      RAISE EXCEPTION 'role "%" has %', role, powers USING ERRCODE = 'object_not_in_prerequisite_state',
        DETAIL = 'The extension gives this role rights on its tables. Every member would have the other powers too.',
        HINT = format('ALTER ROLE %I NO%s;', role, replace(powers, ' ', ' NO'));
    END IF;
    SELECT string_agg(pg_get_userbyid(m.member), ', ' ORDER BY pg_get_userbyid(m.member)) INTO relatives
    FROM pg_auth_members m WHERE m.roleid = role::regrole AND pg_get_userbyid(m.member) NOT IN ('xlsx_notifier', 'xlsx_admin');
    IF relatives IS NOT NULL THEN
      RAISE NOTICE 'role "%" has members already: %', role, relatives USING HINT = 'They get the rights that the extension gives to the role.';
    END IF;
    SELECT string_agg(pg_get_userbyid(m.roleid), ', ' ORDER BY pg_get_userbyid(m.roleid)) INTO relatives
    FROM pg_auth_members m WHERE m.member = role::regrole AND m.roleid <> 'xlsx_user'::regrole;
    IF relatives IS NOT NULL THEN
      RAISE NOTICE 'role "%" is a member of others already: %', role, relatives USING HINT = 'Its members have the rights of these roles.';
    END IF;
  END LOOP;
  PERFORM set_config('client_min_messages', quiet, true);
  -- Both do all that a user does, and more.
  GRANT xlsx_user TO xlsx_notifier, xlsx_admin;
END
$$;

CREATE SCHEMA xlsx_private;
CREATE SCHEMA xlsx_rest;
COMMENT ON SCHEMA xlsx IS 'Reads and writes workbooks, imports them into tables, and reports the progress of imports.';
COMMENT ON SCHEMA xlsx_private IS 'Tables of pg_xlsx. Use the views and functions of schema xlsx.';
COMMENT ON SCHEMA xlsx_rest IS 'Functions that the sidecar of pg_xlsx calls: answers of its REST interface, and uploads in pieces.';
