/*
 * Profiles
 */

CREATE FUNCTION xlsx_private.header_of(column_name name) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN column_name ~ '^[a-z0-9_]+$' THEN
  (SELECT pg_catalog.string_agg(CASE word WHEN 'id' THEN 'ID' ELSE
      pg_catalog.upper(pg_catalog.left(word, 1)) || pg_catalog.substr(word, 2) END, ' ' ORDER BY position)
    FROM pg_catalog.regexp_split_to_table(column_name::text, '_+') WITH ORDINALITY AS w (word, position)
    WHERE word <> '')
  ELSE column_name::text END;
COMMENT ON FUNCTION xlsx_private.header_of(name) IS
'Header made of a column name: bio_id -> Bio ID; a name that is not a plain lower-case identifier is taken as it stands.';

CREATE FUNCTION xlsx_private.importable_columns(target regclass, task_column name)
RETURNS TABLE ("position" int, column_name name)
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT a.attnum, a.attname
  FROM pg_catalog.pg_attribute a
  WHERE a.attrelid = target AND a.attnum > 0 AND NOT a.attisdropped
    AND a.attidentity = '' AND a.attgenerated = ''
    AND a.attname IS DISTINCT FROM task_column
    -- A serial column fills itself.
    AND NOT (a.atthasdef AND pg_catalog.pg_get_serial_sequence(target::text, a.attname::text) IS NOT NULL)
  ORDER BY a.attnum;
END;
COMMENT ON FUNCTION xlsx_private.importable_columns(regclass, name) IS
'Columns of a table that a sheet should fill: all but identity, serial, generated and task_column.';

CREATE FUNCTION xlsx.create_profile(name text, target regclass, task_column name DEFAULT NULL,
  headers jsonb DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  new_id bigint;
  unknown text;
BEGIN
  IF coalesce(name, '') = '' THEN
    RAISE EXCEPTION 'a profile needs a name' USING ERRCODE = 'invalid_name';
  END IF;
  IF EXISTS (SELECT FROM xlsx_private.profile p WHERE p.name = create_profile.name) THEN
    RAISE EXCEPTION 'profile "%" already exists', name USING ERRCODE = 'duplicate_object';
  END IF;
  IF NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = target AND c.relkind IN ('r', 'p', 'v', 'f')) THEN
    RAISE EXCEPTION 'cannot import into "%"', coalesce(target::text, 'NULL') USING
      ERRCODE = 'wrong_object_type', DETAIL = 'It is neither a table nor a view.';
  END IF;
  IF NOT has_any_column_privilege(target, 'INSERT') THEN
    RAISE EXCEPTION 'permission denied for table %', target USING
      ERRCODE = 'insufficient_privilege', HINT = 'Imports run as the role that submits them; it needs INSERT.';
  END IF;
  IF headers IS NOT NULL AND (jsonb_typeof(headers) <> 'object'
    OR EXISTS (SELECT FROM jsonb_each(headers) h WHERE jsonb_typeof(h.value) <> 'string' OR h.value = '""')) THEN
    RAISE EXCEPTION 'headers must be a JSON object of strings that are not empty' USING
      ERRCODE = 'invalid_parameter_value', HINT = 'Write it as {"bio_id": "Bio-ID"}.';
  END IF;
  SELECT string_agg(quote_ident(given), ', ') INTO unknown
  FROM (SELECT task_column AS given WHERE task_column IS NOT NULL UNION ALL SELECT jsonb_object_keys(headers)) g
  WHERE NOT EXISTS (SELECT FROM pg_attribute a
    WHERE a.attrelid = target AND a.attname = g.given AND a.attnum > 0 AND NOT a.attisdropped);
  IF unknown IS NOT NULL THEN
    RAISE EXCEPTION 'relation "%" has no column %', target, unknown USING ERRCODE = 'undefined_column';
  END IF;
  INSERT INTO xlsx_private.profile (name, target, task_column, owner)
  VALUES (create_profile.name, create_profile.target, create_profile.task_column, current_user::regrole)
  RETURNING id INTO new_id;
  INSERT INTO xlsx_private.profile_column (profile_id, position, column_name, header, label)
  SELECT new_id, c.position, c.column_name, h.header, translate(h.header, '-_', '  ')
  FROM xlsx_private.importable_columns(target, task_column) c
    CROSS JOIN LATERAL (SELECT coalesce(headers ->> c.column_name, xlsx_private.header_of(c.column_name))) AS h (header);
  IF NOT FOUND THEN
    RAISE EXCEPTION 'relation "%" has no column that a sheet could fill', target USING
      ERRCODE = 'invalid_table_definition';
  END IF;
  RETURN new_id;
END
$$;
COMMENT ON FUNCTION xlsx.create_profile(text, regclass, name, jsonb) IS
'Makes a profile from a table and returns its id: each column but identity, serial, generated and task_column is expected under a header made of its name (bio_id: Bio ID), or under the one given in headers ({"bio_id": "Bio-ID"}). NOT NULL without default is required. task_column receives the task''s id. Needs INSERT on the target.';

CREATE FUNCTION xlsx.drop_profile(name text) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM xlsx_private.profile p WHERE p.name = drop_profile.name;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'profile "%" does not exist', name USING ERRCODE = 'undefined_object';
  END IF;
END
$$;
COMMENT ON FUNCTION xlsx.drop_profile(text) IS 'Removes a profile of one''s own; tasks that used it stay.';

CREATE VIEW xlsx.profiles WITH (security_invoker = true) AS
SELECT p.id, p.name, p.target, p.task_column, p.owner, p.created_at,
  ARRAY(SELECT c.header FROM xlsx_private.profile_column c WHERE c.profile_id = p.id ORDER BY c.position) AS headers,
  ARRAY(SELECT c.column_name FROM xlsx_private.profile_column c WHERE c.profile_id = p.id ORDER BY c.position) AS columns
FROM xlsx_private.profile p;
COMMENT ON VIEW xlsx.profiles IS 'Profiles, with the headers they expect and the columns these go to.';
