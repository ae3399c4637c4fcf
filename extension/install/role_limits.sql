/*
 * How much a role may have: waiting tasks, tasks an hour, stored bytes, rows of a task
 */

CREATE TABLE xlsx_private.role_limit (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  role           xlsx_private.role_ref NOT NULL,
  waiting_tasks  int    CHECK (waiting_tasks >= 0),
  tasks_per_hour int    CHECK (tasks_per_hour >= 0),
  stored_bytes   bigint CHECK (stored_bytes >= 0),
  rows_per_task  bigint CHECK (rows_per_task >= 0)
);
CREATE UNIQUE INDEX role_limit_role ON xlsx_private.role_limit ((role::oid));
COMMENT ON TABLE xlsx_private.role_limit IS 'What a role may have at most. NULL: no limit.';
-- Tasks of the last hour are counted where a deleted task still stands.
CREATE INDEX audit_made ON xlsx_private.audit ((owner::oid), tenant, happened_at) WHERE action IN ('submit', 'import');
CREATE INDEX file_owner ON xlsx_private.file ((owner::oid), tenant);

-- Everybody may see what refuses him.
ALTER TABLE xlsx_private.role_limit ENABLE ROW LEVEL SECURITY;
CREATE POLICY role_limit_all ON xlsx_private.role_limit FOR SELECT TO xlsx_admin USING (pg_catalog.pg_has_role('xlsx_admin', 'USAGE'));
CREATE POLICY role_limit_own ON xlsx_private.role_limit FOR SELECT USING (role::oid = ANY ((SELECT xlsx_private.roles_of_me())::oid[]));

SELECT pg_catalog.pg_extension_config_dump('xlsx_private.role_limit', '');
SELECT pg_catalog.pg_extension_config_dump('xlsx_private.role_limit_id_seq', '');

CREATE FUNCTION xlsx_private.limit_role(caller regrole, role regrole, waiting_tasks int, tasks_per_hour int, stored_bytes bigint, rows_per_task bigint)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  name text;
BEGIN
  PERFORM xlsx_private.require_admin(caller, 'limit a role');
  IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = limit_role.role) THEN
    RAISE EXCEPTION 'role "%" does not exist', coalesce(limit_role.role::text, 'NULL') USING ERRCODE = 'undefined_object', DETAIL = 'A role must be named.';
  END IF;
  name := CASE WHEN limit_role.waiting_tasks < 0 THEN 'waiting_tasks' WHEN limit_role.tasks_per_hour < 0 THEN 'tasks_per_hour'
    WHEN limit_role.stored_bytes < 0 THEN 'stored_bytes' WHEN limit_role.rows_per_task < 0 THEN 'rows_per_task' END;
  IF name IS NOT NULL THEN
    RAISE EXCEPTION '% must not be negative', name USING ERRCODE = 'invalid_parameter_value', HINT = 'NULL means no limit.';
  END IF;
  DELETE FROM xlsx_private.role_limit l WHERE l.role::oid = limit_role.role::oid;
  IF num_nonnulls(limit_role.waiting_tasks, limit_role.tasks_per_hour, limit_role.stored_bytes, limit_role.rows_per_task) > 0 THEN
    INSERT INTO xlsx_private.role_limit (role, waiting_tasks, tasks_per_hour, stored_bytes, rows_per_task)
    VALUES (limit_role.role, limit_role.waiting_tasks, limit_role.tasks_per_hour, limit_role.stored_bytes, limit_role.rows_per_task);
  END IF;
END
$$;
COMMENT ON FUNCTION xlsx_private.limit_role(regrole, regrole, int, int, bigint, bigint) IS 'xlsx.limit_role, as the owner of the tables.';

CREATE FUNCTION xlsx.limit_role(role regrole, waiting_tasks int DEFAULT NULL, tasks_per_hour int DEFAULT NULL, stored_bytes bigint DEFAULT NULL,
  rows_per_task bigint DEFAULT NULL) RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_as_owner' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx.limit_role(regrole, int, int, bigint, bigint) IS
'Sets all limits of a role; NULL: none. waiting_tasks: tasks that wait at a time. tasks_per_hour: submits and imports in the last 60 minutes, deleted ones too. stored_bytes: size of its files that are kept, uploads under way among them; files that are kept only because a task has error rows make room first. rows_per_task: rows of a sheet; a task ends with the error at the first row beyond. What is beyond a limit is refused with SQLSTATE 53400 and the name of the limit. It counts what the role owns, not what its members own; where tenants share the role (pg_xlsx.tenant_setting), each of them has these limits. For xlsx_admin.';

CREATE VIEW xlsx.role_limits WITH (security_invoker = true) AS
SELECT l.role::regrole AS role, l.waiting_tasks, l.tasks_per_hour, l.stored_bytes, l.rows_per_task FROM xlsx_private.role_limit l;
COMMENT ON VIEW xlsx.role_limits IS 'Limits that xlsx.limit_role has set. NULL: none. A role sees its own; xlsx_admin sees all.';
