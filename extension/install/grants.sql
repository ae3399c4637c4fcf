/*
 * Rights
 */

-- Functions are for the roles below; those that read and write workbooks touch nothing that their caller could not.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA xlsx, xlsx_private FROM PUBLIC;
GRANT EXECUTE ON FUNCTION xlsx.server_file, xlsx.large_object, xlsx.sheets, xlsx.cells, xlsx.read, xlsx.discover,
  xlsx.create_table_sql, xlsx.write, xlsx.write_chunks
  TO PUBLIC;
-- No more than SET ROLE, which everybody may try.
GRANT EXECUTE ON FUNCTION xlsx.act_as TO PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA xlsx, xlsx_private TO xlsx_user;
-- Who hears events hears those of everybody.
REVOKE EXECUTE ON FUNCTION xlsx.listen() FROM xlsx_user;
GRANT EXECUTE ON FUNCTION xlsx.listen() TO xlsx_notifier, xlsx_admin;
-- Events come from the worker; anybody else could tell lies about a task.
REVOKE EXECUTE ON FUNCTION xlsx.emit(bigint, text, json) FROM xlsx_user;
GRANT EXECUTE ON FUNCTION xlsx.emit(bigint, text, json) TO xlsx_admin;
GRANT SELECT ON xlsx.tasks, xlsx.profiles, xlsx.profile_columns, xlsx.profile_rules TO xlsx_user;
