/*
 * Rights: all of them stand here
 */

-- Needed by this script alone.
DROP FUNCTION xlsx_private.show_to_owner(regclass);

-- ALTER DEFAULT PRIVILEGES of the role that installs has given rights to others, or to the roles below.
DO $$
DECLARE
  given record;
BEGIN
  FOR given IN
    SELECT 'SCHEMA ' || o.oid::regnamespace AS object, a.grantee FROM pg_namespace o, aclexplode(o.nspacl) a
    WHERE o.oid IN ('xlsx'::regnamespace, 'xlsx_private'::regnamespace, 'xlsx_rest'::regnamespace) AND a.grantee <> o.nspowner
    UNION SELECT CASE o.relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || o.oid::regclass, a.grantee FROM pg_class o, aclexplode(o.relacl) a
    WHERE o.relnamespace IN ('xlsx'::regnamespace, 'xlsx_private'::regnamespace, 'xlsx_rest'::regnamespace) AND a.grantee <> o.relowner
    UNION SELECT 'ROUTINE ' || o.oid::regprocedure, a.grantee FROM pg_proc o, aclexplode(o.proacl) a
    WHERE o.pronamespace IN ('xlsx'::regnamespace, 'xlsx_private'::regnamespace, 'xlsx_rest'::regnamespace) AND a.grantee <> o.proowner
  LOOP
    EXECUTE format('REVOKE ALL ON %s FROM %s', given.object, CASE given.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(given.grantee)) END);
  END LOOP;
END
$$;

GRANT USAGE ON SCHEMA xlsx, xlsx_rest TO PUBLIC;
-- The views run with the rights of their caller, so the caller must reach the tables.
GRANT USAGE ON SCHEMA xlsx_private TO xlsx_user;

-- Functions are for the roles below; those that read and write workbooks touch nothing that their caller could not.
REVOKE EXECUTE ON ALL ROUTINES IN SCHEMA xlsx, xlsx_private, xlsx_rest FROM PUBLIC;
GRANT EXECUTE ON FUNCTION xlsx.server_file, xlsx.large_object, xlsx.sheets, xlsx.cells, xlsx.read, xlsx.discover,
  xlsx.create_table_sql, xlsx.write, xlsx.write_chunks, xlsx.version, xlsx_private.library_version, xlsx_private.version_order
  TO PUBLIC;
-- No more than SET ROLE, which everybody may try.
GRANT EXECUTE ON FUNCTION xlsx_rest.act_as TO PUBLIC;
GRANT EXECUTE ON ALL ROUTINES IN SCHEMA xlsx, xlsx_private, xlsx_rest TO xlsx_user;
-- What runs as the owner and is told who calls would believe anybody.
DO $$
DECLARE
  signature regprocedure;
BEGIN
  FOR signature IN SELECT p.oid FROM pg_catalog.pg_proc p
    WHERE p.pronamespace = 'xlsx_private'::pg_catalog.regnamespace AND p.proargnames[1] = 'caller' LOOP
    EXECUTE pg_catalog.format('REVOKE EXECUTE ON ROUTINE %s FROM xlsx_user', signature);
  END LOOP;
END
$$;
-- The owner's C code alone needs these.
REVOKE EXECUTE ON FUNCTION xlsx_private.is_remote, xlsx_private.freeze_profile, xlsx_private.profile_content, xlsx_private.wake_queue, xlsx_private.require_columns, xlsx_private.require_fillable,
  xlsx_private.check_rule, xlsx_private.check_texts, xlsx_private.check_messages, xlsx_private.check_pattern, xlsx_private.assignments,
  xlsx_private.require_members, xlsx_private.check_definition, xlsx_private.pointers, xlsx_private.orphans,
  xlsx_private.remove_orphans, xlsx_private.remove_audit, xlsx_private.fold_tally, xlsx_private.recount, xlsx_private.look_back, xlsx_private.expired_tasks, xlsx_private.next_ended,
  xlsx_private.remove_kept, xlsx_private.next_expiry, xlsx_private.carries_sql, xlsx_private.options_hold_sql, xlsx_private.require_admin, xlsx_private.carried_settings,
  xlsx_private.schedule_check, xlsx_private.schedule_keep_run, xlsx_private.schedule_record_failure
  FROM xlsx_user;
-- Who hears events hears those of everybody.
REVOKE EXECUTE ON FUNCTION xlsx.listen() FROM xlsx_user;
GRANT EXECUTE ON FUNCTION xlsx.listen() TO xlsx_notifier, xlsx_admin;
REVOKE EXECUTE ON FUNCTION xlsx_rest.rest_owners(text) FROM xlsx_user;
GRANT EXECUTE ON FUNCTION xlsx_rest.rest_owners(text) TO xlsx_notifier, xlsx_admin;
-- What sends webhooks sees those of everybody.
REVOKE EXECUTE ON FUNCTION xlsx_rest.webhooks_claim, xlsx_rest.webhooks_report FROM xlsx_user;
GRANT EXECUTE ON FUNCTION xlsx_rest.webhooks_claim, xlsx_rest.webhooks_report TO xlsx_notifier, xlsx_admin;
-- Events come from the worker; anybody else could tell lies about a task.
REVOKE EXECUTE ON FUNCTION xlsx.emit(bigint, text, json) FROM xlsx_user;
GRANT EXECUTE ON FUNCTION xlsx.emit(bigint, text, json) TO xlsx_admin;

-- Row-level security says which rows. What is not named here is for the owner alone.
GRANT SELECT ON xlsx_private.profile, xlsx_private.profile_column, xlsx_private.profile_rule, xlsx_private.frozen_profile, xlsx_private.task,
  xlsx_private.error_page, xlsx_private.error_row, xlsx_private.error_block, xlsx_private.error_count, xlsx_private.warning_page, xlsx_private.warning_row, xlsx_private.row_page, xlsx_private.kept_row,
  xlsx_private.undo_xid, xlsx_private.undo_row, xlsx_private.queue_rule, xlsx_private.tally, xlsx_private.job,
  xlsx_private.audit, xlsx_private.role_limit, xlsx_private.schedule, xlsx_private.schedule_file, xlsx_private.schedule_run, xlsx_private.resumable, xlsx_private.webhook_delivery, xlsx_private.task_now, xlsx_private.live_column, xlsx_private.shown_column, xlsx_private.importable_column, xlsx_private.held_subject
  TO xlsx_user;
GRANT SELECT ON xlsx.tasks, xlsx.audit, xlsx.role_limits, xlsx.progress, xlsx.profiles, xlsx.profile_columns, xlsx.profile_rules, xlsx.queue, xlsx.limits, xlsx.jobs,
  xlsx.schedules, xlsx.schedule_runs, xlsx.schedule_files, xlsx.webhook_deliveries
  TO xlsx_user;
GRANT SELECT ON xlsx.metrics TO xlsx_notifier, xlsx_admin;
GRANT SELECT ON xlsx.ownerless TO xlsx_admin;
