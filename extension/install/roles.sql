/*
 * pg_xlsx 1.0
 *
 * Schema xlsx is what people call; schema xlsx_private holds the tables.
 * Rights: xlsx_user may import and sees what is his, xlsx_notifier serves a
 * web frontend, xlsx_admin sees everything.  The tables can only be read
 * through the views, under row-level security; the C functions write them as
 * the owner of the extension.
 */
\echo Use "CREATE EXTENSION pg_xlsx" to load this file. \quit

DO $$
DECLARE
  role text;
BEGIN
  FOREACH role IN ARRAY ARRAY['xlsx_user', 'xlsx_notifier', 'xlsx_admin'] LOOP
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = role) THEN
      BEGIN
        EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN', role);
      EXCEPTION
        -- Roles are the cluster's: another database may just have got the extension.
        WHEN duplicate_object OR unique_violation THEN NULL;
      END;
    END IF;
  END LOOP;
  -- Both do all that a user does, and more.
  GRANT xlsx_user TO xlsx_notifier, xlsx_admin;
END
$$;

CREATE SCHEMA xlsx_private;
COMMENT ON SCHEMA xlsx IS 'Reads workbooks, imports them into tables, and tells how far it is.';
COMMENT ON SCHEMA xlsx_private IS 'Tables of pg_xlsx; use the views and functions of schema xlsx.';
GRANT USAGE ON SCHEMA xlsx TO PUBLIC;
-- The views run with the rights of their caller, so the caller must reach the tables.
GRANT USAGE ON SCHEMA xlsx_private TO xlsx_user;
