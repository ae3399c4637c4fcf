/*
 * What the notifier needs besides the REST interface.
 */

CREATE FUNCTION xlsx_rest.act_as(role text, superuser_allowed boolean DEFAULT false, subject text DEFAULT NULL, claims json DEFAULT NULL,
  single_claims boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  wanted record;
BEGIN
  SELECT r.rolname, r.rolsuper INTO wanted FROM pg_roles r WHERE r.rolname = act_as.role;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'role "%" does not exist', role USING ERRCODE = 'invalid_authorization_specification';
  END IF;
  IF wanted.rolsuper AND NOT superuser_allowed THEN
    RAISE EXCEPTION 'role "%" is a superuser', role USING ERRCODE = 'insufficient_privilege',
      HINT = 'Tokens name ordinary roles, unless the setting jwt-allow-superuser says otherwise.';
  END IF;
  IF subject IS NOT NULL THEN
    PERFORM xlsx_private.note_subject(subject);
  END IF;
  -- As PostgREST does: policies that work there work here.
  PERFORM set_config('request.jwt.claims', coalesce(claims::text, ''), true);
  IF single_claims AND claims IS NOT NULL THEN
    PERFORM set_config('request.jwt.claim.' || c.key, coalesce(c.value, ''), true) FROM json_each_text(claims) AS c (key, value)
    WHERE c.key ~ '^[A-Za-z_][A-Za-z0-9_$]*$';
  END IF;
  -- Like SET LOCAL ROLE: the server checks that the session may, and takes it back at the end of the transaction.
  PERFORM set_config('role', wanted.rolname, true);
END
$$;
COMMENT ON FUNCTION xlsx_rest.act_as(text, boolean, text, json, boolean) IS
'Makes role the current role until the end of the transaction. The session must be a member of it. Error for a superuser, unless superuser_allowed. subject: that of the token, for xlsx.audit. claims: the object of the token, which becomes the setting request.jwt.claims until then. single_claims: each claim becomes request.jwt.claim.NAME, too, if its name is letters, digits, _ and $.';
