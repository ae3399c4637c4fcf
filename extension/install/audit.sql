/*
 * Audit: who did what to which task
 *
 * Rows are only appended, by the C code as the owner, in the transaction of
 * what they record. They stay when the task goes, and have a retention of
 * their own. No other code writes the table.
 */

CREATE TABLE xlsx_private.audit (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  happened_at  timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  action       text   NOT NULL CHECK (action = ANY (xlsx_private.names_of('audit_action'))),
  task         bigint NOT NULL,
  owner        xlsx_private.role_ref NOT NULL,
  tenant       text   NOT NULL DEFAULT '',
  actor        xlsx_private.role_ref NOT NULL,
  login        xlsx_private.role_ref NOT NULL,
  subject      text,
  profile      text   NOT NULL,
  file_name    text   NOT NULL,
  attempt      int    NOT NULL,
  status       text   NOT NULL,
  saved_rows   bigint NOT NULL,
  error_rows   bigint NOT NULL,
  changed_rows bigint,
  error_code   text
);
COMMENT ON TABLE xlsx_private.audit IS 'What was done to tasks, by whom. Nothing changes a row; sweeps remove those whose time is over.';
COMMENT ON COLUMN xlsx_private.audit.actor IS 'Role that was in force.';
COMMENT ON COLUMN xlsx_private.audit.login IS 'Role that had logged in: of the sidecar, where it acted for somebody.';
COMMENT ON COLUMN xlsx_private.audit.subject IS 'Claim "sub" of the token with which the sidecar was called.';
COMMENT ON COLUMN xlsx_private.audit.changed_rows IS 'Rows of the target that an undo or a delete took back.';

ALTER TABLE xlsx_private.audit ENABLE ROW LEVEL SECURITY;
CREATE POLICY audit_all ON xlsx_private.audit FOR SELECT TO xlsx_admin USING (pg_catalog.pg_has_role('xlsx_admin', 'USAGE'));
CREATE POLICY audit_own ON xlsx_private.audit FOR SELECT
  USING ((owner::oid = ANY ((SELECT xlsx_private.roles_of_me())::oid[]) OR actor::oid = ANY ((SELECT xlsx_private.roles_of_me())::oid[]))
    AND tenant = (SELECT xlsx_private.current_tenant()));

SELECT pg_catalog.pg_extension_config_dump('xlsx_private.audit', '');
SELECT pg_catalog.pg_extension_config_dump('xlsx_private.audit_id_seq', '');

CREATE VIEW xlsx.audit WITH (security_invoker = true) AS
SELECT a.id, a.happened_at, a.action, a.task, xlsx_private.name_of(a.owner) AS owner, xlsx_private.name_of(a.actor) AS actor,
  xlsx_private.name_of(a.login) AS login, a.subject, a.profile, a.file_name, a.attempt, a.status, a.saved_rows, a.error_rows, a.changed_rows, a.error_code, nullif(a.tenant, '') AS tenant
FROM xlsx_private.audit a;
COMMENT ON VIEW xlsx.audit IS
'Who did what to which task: submit, import (in a transaction of its own), run (an attempt began), end (status, rows so far), cancel, retry, undo and delete (changed_rows: rows taken back), release (of a held task), erase (of its data). Each row is written in the transaction of what it records, never changed, and outlives its task; pg_xlsx.keep_audit says how long. owner, tenant: of the task; actor: the role in force; login: the role that had logged in; subject: of the token, where the sidecar acted. Roles are named as they were then. xlsx_admin sees all; others see what they did and what was done to their tasks, as far as it is their tenant''s.';

CREATE FUNCTION xlsx_private.remove_audit(most int) RETURNS bigint
LANGUAGE plpgsql VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  removed bigint;
BEGIN
  -- The oldest come first by their number, too, so no index on the time is needed.
  DELETE FROM xlsx_private.audit WHERE id IN (
    SELECT o.id FROM (SELECT a.id, a.happened_at, a.action FROM xlsx_private.audit a ORDER BY a.id LIMIT most) AS o
    WHERE o.happened_at < clock_timestamp() - xlsx_private.kept_for('audit')
      -- What a limit counts is kept for its hour.
      AND (o.happened_at < clock_timestamp() - interval '1 hour' OR o.action NOT IN ('submit', 'import')
        OR NOT EXISTS (SELECT FROM xlsx_private.role_limit l WHERE l.tasks_per_hour IS NOT NULL)));
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END
$$;
COMMENT ON FUNCTION xlsx_private.remove_audit(int) IS 'Removes rows of audit whose time is over, at most so many, and returns how many. A sweep calls it.';

CREATE FUNCTION xlsx_private.note_subject(subject text) RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_note_subject' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx_private.note_subject(text) IS
'Until the end of the transaction, audit names this subject of a token. Only for a session of a member of xlsx_notifier; the first call in a transaction counts, so that SQL of a tenant cannot change it.';
