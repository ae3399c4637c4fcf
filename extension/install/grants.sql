/*
 * Rights
 */

-- Functions are for the roles below; those that read and write workbooks touch nothing that their caller could not.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA xlsx, xlsx_private, xlsx_rest FROM PUBLIC;
GRANT EXECUTE ON FUNCTION xlsx.server_file, xlsx.large_object, xlsx.sheets, xlsx.cells, xlsx.read, xlsx.discover,
  xlsx.create_table_sql, xlsx.write, xlsx.write_chunks
  TO PUBLIC;
-- No more than SET ROLE, which everybody may try.
GRANT EXECUTE ON FUNCTION xlsx_rest.act_as TO PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA xlsx, xlsx_private, xlsx_rest TO xlsx_user;
-- What runs as the owner and is told who calls would believe anybody.
DO $$
DECLARE
  signature regprocedure;
BEGIN
  FOR signature IN SELECT p.oid FROM pg_catalog.pg_proc p
    WHERE p.pronamespace = 'xlsx_private'::pg_catalog.regnamespace AND p.proargnames[1] = 'caller' LOOP
    EXECUTE pg_catalog.format('REVOKE EXECUTE ON FUNCTION %s FROM xlsx_user', signature);
  END LOOP;
END
$$;
-- The owner's C code alone needs these.
REVOKE EXECUTE ON FUNCTION xlsx_private.is_remote, xlsx_private.freeze_profile, xlsx_private.profile_content, xlsx_private.wake_queue, xlsx_private.require_columns, xlsx_private.require_fillable,
  xlsx_private.check_column, xlsx_private.check_rule, xlsx_private.check_texts, xlsx_private.check_messages, xlsx_private.check_pattern,
  xlsx_private.check_range, xlsx_private.require_members, xlsx_private.check_definition, xlsx_private.pointers, xlsx_private.orphans,
  xlsx_private.remove_orphans
  FROM xlsx_user;
-- Who hears events hears those of everybody.
REVOKE EXECUTE ON FUNCTION xlsx.listen() FROM xlsx_user;
GRANT EXECUTE ON FUNCTION xlsx.listen() TO xlsx_notifier, xlsx_admin;
-- Events come from the worker; anybody else could tell lies about a task.
REVOKE EXECUTE ON FUNCTION xlsx.emit(bigint, text, json) FROM xlsx_user;
GRANT EXECUTE ON FUNCTION xlsx.emit(bigint, text, json) TO xlsx_admin;
GRANT SELECT ON xlsx.tasks, xlsx.profiles, xlsx.profile_columns, xlsx.profile_rules TO xlsx_user;
