/*
 * Rights
 */

-- Functions are for the roles below; reading a workbook touches nothing but its argument.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA xlsx, xlsx_private FROM PUBLIC;
GRANT EXECUTE ON FUNCTION xlsx.sheets(bytea), xlsx.cells(bytea, text, text) TO PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA xlsx, xlsx_private TO xlsx_user;
-- Events come from the worker; anybody else could tell lies about a task.
REVOKE EXECUTE ON FUNCTION xlsx.emit(bigint, text, json) FROM xlsx_user;
GRANT EXECUTE ON FUNCTION xlsx.emit(bigint, text, json) TO xlsx_admin;
GRANT SELECT ON xlsx.tasks, xlsx.profiles TO xlsx_user;
