/*
 * Whose a task is among those who share one role
 *
 * Where one role serves many tenants, pg_xlsx.tenant_setting names the setting
 * that tells them apart. What is made keeps its value, in a column "tenant":
 * '' is no tenant. Who has none sees what has none.
 */

CREATE FUNCTION xlsx_private.current_tenant() RETURNS text
AS 'MODULE_PATHNAME', 'pg_xlsx_current_tenant' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION xlsx_private.current_tenant() IS
'The tenant of the session, by the setting that pg_xlsx.tenant_setting names; '''' if it has none. Error if it has more than 256 bytes.';

CREATE FUNCTION xlsx_private.check_settings(settings text[]) RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_check_settings' LANGUAGE C STABLE STRICT;
COMMENT ON FUNCTION xlsx_private.check_settings(text[]) IS
'An error unless an import may carry settings of these names along: with a dot, of no extension, at most 20.';

CREATE FUNCTION xlsx_private.party(owner oid, tenant text) RETURNS bigint
AS 'MODULE_PATHNAME', 'pg_xlsx_party' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION xlsx_private.party(oid, text) IS
'A number for an owner with a tenant, by which workers serve them in turns. Two tenants of an owner may have the same one.';
