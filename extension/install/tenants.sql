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

CREATE FUNCTION xlsx_private.carried_settings(settings text[]) RETURNS jsonb
AS 'MODULE_PATHNAME', 'pg_xlsx_carried_settings' LANGUAGE C STABLE;
COMMENT ON FUNCTION xlsx_private.carried_settings(text[]) IS
'The values that settings have in the session, and the one that tells tenants apart, by name. NULL: none has a value. Error if they are too long.';

CREATE FUNCTION xlsx_private.set_settings(settings jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  one record;
  before jsonb := '{}';
BEGIN
  FOR one IN SELECT s.key, s.value FROM jsonb_each_text(settings) AS s LOOP
    before := before || jsonb_build_object(one.key, coalesce(current_setting(one.key, true), ''));
    PERFORM set_config(one.key, one.value, true);
  END LOOP;
  RETURN before;
END
$$;
COMMENT ON FUNCTION xlsx_private.set_settings(jsonb) IS
'Gives settings these values until the transaction ends, and returns those that they had; what was not set had ''''.';

CREATE FUNCTION xlsx_private.params_scope(owner oid, tenant text, params jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN pg_catalog.jsonb_set(pg_catalog.jsonb_set('{}', '{*}', params), ARRAY[owner::pg_catalog.text OPERATOR(pg_catalog.||) ' ' OPERATOR(pg_catalog.||) tenant], params);
COMMENT ON FUNCTION xlsx_private.params_scope(oid, text, jsonb) IS
'Params of a task below its owner and tenant, and below "*": so that one index finds those of a tenant without passing those of others, and those of all.';

CREATE FUNCTION xlsx_private.party(owner oid, tenant text) RETURNS bigint
AS 'MODULE_PATHNAME', 'pg_xlsx_party' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION xlsx_private.party(oid, text) IS
'A number for an owner with a tenant, by which workers serve them in turns. Two tenants of an owner may have the same one.';
