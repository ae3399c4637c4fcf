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
'Header made of the name of a column: bio_id -> Bio ID. A name that is not a plain lower-case identifier stays as it is.';

-- Of all profiles at once, by joins: a function for each would take a thousand times as long for a thousand of them.
CREATE VIEW xlsx_private.importable_column WITH (security_invoker = true) AS
SELECT a.attrelid AS target, a.attnum AS position, a.attname AS column_name
FROM pg_catalog.pg_attribute a
WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attidentity = '' AND a.attgenerated = ''
  -- A serial column fills itself.
  AND NOT (a.atthasdef AND EXISTS (SELECT FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class s ON s.oid = d.objid
    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum AND d.deptype = 'a' AND s.relkind = 'S' OFFSET 0));
COMMENT ON VIEW xlsx_private.importable_column IS 'Columns of tables that a sheet can fill: all but identity, serial and generated columns.';

CREATE FUNCTION xlsx_private.importable_columns(target regclass, task_column name)
RETURNS TABLE ("position" int, column_name name, header text, label text)
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT i.position, i.column_name, xlsx_private.header_of(i.column_name),
    coalesce(nullif(pg_catalog.btrim(pg_catalog.col_description(i.target, i.position)), ''),
      pg_catalog.translate(xlsx_private.header_of(i.column_name), '-_', '  '))
  FROM xlsx_private.importable_column i
  WHERE i.target = importable_columns.target AND i.column_name IS DISTINCT FROM task_column
  ORDER BY i.position;
END;
COMMENT ON FUNCTION xlsx_private.importable_columns(regclass, name) IS
'Columns of a table that a sheet can fill: all but identity, serial and generated columns and task_column. label: the comment of the column, else its header.';

CREATE VIEW xlsx_private.live_column WITH (security_invoker = true) AS
SELECT c.*
FROM xlsx_private.profile p JOIN xlsx_private.profile_column c ON c.profile_id = p.id
  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = p.target::oid AND a.attname = c.column_name AND NOT a.attisdropped
WHERE c.source <> 'none' AND (c.custom OR a.attname IS NOT NULL)
UNION ALL
SELECT n.*
FROM xlsx_private.profile p JOIN xlsx_private.importable_column i ON i.target = p.target::oid AND i.column_name IS DISTINCT FROM p.task_column
  LEFT JOIN xlsx_private.profile_column c ON c.profile_id = p.id AND c.column_name = i.column_name
  -- All options that are not given have no value.
  CROSS JOIN LATERAL pg_catalog.jsonb_populate_record(NULL::xlsx_private.profile_column, pg_catalog.jsonb_build_object('profile_id', p.id,
    'position', 100000 + i.position, 'column_name', i.column_name, 'header', xlsx_private.header_of(i.column_name),
    'label', coalesce(nullif(pg_catalog.btrim(pg_catalog.col_description(i.target, i.position)), ''),
      pg_catalog.translate(xlsx_private.header_of(i.column_name), '-_', '  ')),
    'aliases', '{}', 'source', 'cell', 'ignore_case', false, 'messages', pg_catalog.jsonb_build_object(), 'custom', false)) AS n
WHERE p.follow AND c.column_name IS NULL;
COMMENT ON VIEW xlsx_private.live_column IS
'Columns of all profiles, as their targets are now. Columns that a target got later are included. Columns that it lost are left out, unless somebody configured them.';

-- The same, for all profiles at once: each attribute is looked up once.
CREATE VIEW xlsx_private.shown_column WITH (security_invoker = true) AS
SELECT p.id AS profile_id, coalesce(c.position, 100000 + a.attnum) AS position, a.attname AS column_name, coalesce(c.header, xlsx_private.header_of(a.attname)) AS header,
  coalesce(c.label, nullif(pg_catalog.btrim(pg_catalog.col_description(a.attrelid, a.attnum)), ''), pg_catalog.translate(xlsx_private.header_of(a.attname), '-_', '  ')) AS label, coalesce(c.source, 'cell') AS source,
  coalesce(c.required, false) OR (a.attnotnull AND NOT a.atthasdef AND a.attidentity = '') AS required, a.atttypid AS type, a.atttypmod AS modifier, true AS in_target
FROM xlsx_private.profile p
  JOIN pg_catalog.pg_attribute a ON a.attrelid = p.target::oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN xlsx_private.profile_column c ON c.profile_id = p.id AND c.column_name = a.attname
WHERE c.source <> 'none' OR (c.source IS NULL AND p.follow AND a.attname IS DISTINCT FROM p.task_column AND a.attidentity = '' AND a.attgenerated = ''
    AND EXISTS (SELECT FROM xlsx_private.importable_column i WHERE i.target = a.attrelid AND i.position = a.attnum OFFSET 0))
UNION ALL
SELECT c.profile_id, c.position, c.column_name, c.header, c.label, c.source, c.required, NULL, NULL, false
FROM xlsx_private.profile_column c JOIN xlsx_private.profile p ON p.id = c.profile_id
WHERE c.custom AND c.source <> 'none' AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a
  WHERE a.attrelid = p.target::oid AND a.attname = c.column_name AND NOT a.attisdropped OFFSET 0);
COMMENT ON VIEW xlsx_private.shown_column IS
'What GET /profiles shows of the columns of live_column. in_target: the target has the column.';

CREATE FUNCTION xlsx_private.live_columns(profile bigint) RETURNS SETOF xlsx_private.profile_column
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT c.* FROM xlsx_private.live_column c WHERE c.profile_id = profile ORDER BY c.position, c.column_name;
END;
COMMENT ON FUNCTION xlsx_private.live_columns(bigint) IS
'Columns of a profile, as its target is now. Columns that the target got later are included. Columns that it lost are left out, unless somebody configured them.';

CREATE FUNCTION xlsx_private.lookup_query(lookup_table text, lookup_key text[], lookup_value text) RETURNS text
LANGUAGE sql STABLE STRICT
RETURN (SELECT pg_catalog.string_agg(pg_catalog.format('SELECT %I::pg_catalog.text, %I::pg_catalog.text FROM %s', k.name, lookup_value, lookup_table),
  ' UNION ALL ' ORDER BY k.place) FROM pg_catalog.unnest(lookup_key) WITH ORDINALITY AS k (name, place));
COMMENT ON FUNCTION xlsx_private.lookup_query(text, text[], text) IS
'The query of a lookup by table: a row for each key column of each row. lookup_table: a qualified name, quoted. NULL if there is none.';

CREATE FUNCTION xlsx_private.key_needs(target oid, key_columns text[], key_index name) RETURNS name[]
AS 'MODULE_PATHNAME', 'pg_xlsx_key_needs' LANGUAGE C STABLE;
COMMENT ON FUNCTION xlsx_private.key_needs(oid, text[], name) IS
'Columns of a target that no row may leave blank, because the key that is named reads them. NULL if none is named, if the target or the index is gone, or if the key takes NULL as a value.';

CREATE FUNCTION xlsx_private.profile_content(profile bigint) RETURNS jsonb
-- Not in SQL, whose functions are planned anew in each query: this is called for each task.
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  -- Options are added by the columns of the tables alone; their names are the same.
  RETURN (SELECT to_jsonb(p) - '{id,target,owner,created_at,follow,null_tokens,trim_cells}'::text[] || jsonb_build_object(
    'columns', (SELECT coalesce(jsonb_agg(to_jsonb(c) - '{profile_id,position,column_name,custom,lookup_table,lookup_key,lookup_value}'::text[]
        || jsonb_build_object('name', c.column_name, 'required', coalesce(c.required, false) OR coalesce(c.column_name = ANY (k.needed), false),
        'lookup', coalesce(c.lookup, xlsx_private.lookup_query(c.lookup_table, c.lookup_key, c.lookup_value)),
        'null_tokens', coalesce(c.null_tokens, p.null_tokens), 'trim_cells', coalesce(c.trim_cells, p.trim_cells))
        ORDER BY c.position, c.column_name), '[]')
      FROM xlsx_private.live_columns(p.id) c),
    'rules', (SELECT coalesce(jsonb_agg(jsonb_build_object('name', r.name, 'column', r.column_name, 'kind', r.kind,
        'argument', r.argument, 'severity', r.severity, 'messages', r.messages) ORDER BY r.position, r.name), '[]')
      FROM xlsx_private.profile_rule r WHERE r.profile_id = p.id))
  FROM xlsx_private.profile p, LATERAL (SELECT xlsx_private.key_needs(p.target::oid, p.key_columns, p.key_index) AS needed OFFSET 0) AS k
  WHERE p.id = profile);
END
$$;
COMMENT ON FUNCTION xlsx_private.profile_content(bigint) IS
'A profile in the form that an import reads: options, columns in the order of the target now, rules in their order.';

CREATE FUNCTION xlsx_private.freeze_profile(profile bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  now_is xlsx_private.frozen_profile;
  known bigint;
  word text;
BEGIN
  SELECT p.id, p.target, p.owner, xlsx_private.profile_content(p.id), xlsx_private.target_word(p.target, p.name)
  INTO now_is.profile_id, now_is.target, now_is.owner, now_is.content, word
  FROM xlsx_private.profile p WHERE p.id = freeze_profile.profile;
  IF word IS NOT NULL THEN
    RAISE NOTICE '%', word USING HINT = format('Another table becomes the target by: SELECT xlsx.alter_profile(%L, target => …);', now_is.content ->> 'name');
  END IF;
  now_is.hash := sha256(convert_to(format('%s %s %s %s', profile, xlsx_private.stored_oid_of(now_is.target), now_is.owner::oid, now_is.content), 'UTF8'));
  -- A row that somebody is removing is none.
  SELECT f.id INTO known FROM xlsx_private.frozen_profile f
  WHERE f.hash = now_is.hash AND f.profile_id = now_is.profile_id AND xlsx_private.stored_oid_of(f.target) = xlsx_private.stored_oid_of(now_is.target)
    AND xlsx_private.name_of(f.target) = xlsx_private.name_of(now_is.target) AND f.owner::oid = now_is.owner::oid
    AND f.content = now_is.content ORDER BY f.id LIMIT 1 FOR KEY SHARE SKIP LOCKED;
  IF known IS NULL THEN
    INSERT INTO xlsx_private.frozen_profile (hash, profile_id, target, owner, headers, content)
    VALUES (now_is.hash, now_is.profile_id, now_is.target, now_is.owner,
      ARRAY(SELECT c.item ->> 'header' FROM jsonb_array_elements(now_is.content -> 'columns') WITH ORDINALITY AS c (item, place) ORDER BY c.place),
      now_is.content)
    RETURNING id INTO known;
  END IF;
  RETURN known;
END
$$;
COMMENT ON FUNCTION xlsx_private.freeze_profile(bigint) IS
'Keeps a copy of a profile, one for all tasks that use the same content, and returns the id of the copy.';

CREATE FUNCTION xlsx_private.is_remote(profile bigint) RETURNS boolean
LANGUAGE sql STABLE
BEGIN ATOMIC
  WITH RECURSIVE reached (relation) AS (
    SELECT p.target::oid FROM xlsx_private.profile p WHERE p.id = profile
    UNION
    SELECT behind.relation FROM reached, LATERAL (
      SELECT i.inhrelid FROM pg_catalog.pg_inherits i WHERE i.inhparent = reached.relation
      UNION ALL
      SELECT d.refobjid FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_depend d
        ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid
        AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      WHERE r.ev_class = reached.relation) AS behind (relation)
  )
  SELECT EXISTS (SELECT FROM reached JOIN pg_catalog.pg_class c ON c.oid = reached.relation WHERE c.relkind = 'f');
END;
COMMENT ON FUNCTION xlsx_private.is_remote(bigint) IS
'Can rows of this profile go to another server, which commits by itself? True if the target is a foreign table, or if there is one among its partitions, its children or behind its rules.';

CREATE VIEW xlsx.profiles WITH (security_invoker = true) AS
SELECT p.id, p.name, p.target::pg_catalog.regclass AS target, p.task_column, p.owner::pg_catalog.regrole AS owner, p.created_at,
  ARRAY(SELECT c.header FROM xlsx_private.live_columns(p.id) c ORDER BY c.position, c.column_name) AS headers,
  ARRAY(SELECT c.column_name FROM xlsx_private.live_columns(p.id) c ORDER BY c.position, c.column_name) AS columns,
  p.sheet, p.header_row, p.range, p.skip_end, p.null_tokens, p.trim_cells, p.mode, p.key_columns, p.key_index, p.update_columns,
  p.max_errors, p.keep_old, p.locale, p.follow, p.index_after_load, p.target_by, p.header_check, p.header_rows, p.fill_merged, p.skip_hidden,
  p.stop_at, p.sheets, p.date_order, p.decimal, p.time_zone, p.no_value, p.keep_rows, p.keep_changes, p."returning", p.settings, p.scope, p.absent, p.max_absent,
  p.allow_empty, p.delete_when, p.duplicate_keys, p.blank_cells, p.clear_token, p.hold, p.four_eyes, p.on_duplicate, p.on_end,
  p.webhooks
FROM xlsx_private.profile p;
COMMENT ON VIEW xlsx.profiles IS 'Profiles: their options, the headers that they expect, and the columns of the target in the same order.';

CREATE VIEW xlsx.profile_columns WITH (security_invoker = true) AS
SELECT p.name AS profile, c.position, c.column_name, c.header, c.label, c.aliases, c.pattern,
  pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
  coalesce(c.required OR (a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''), a.attnotnull AND NOT a.atthasdef AND a.attidentity = '') AS required, c.source,
  c.default_value, c.transform, c.lookup, c.lookup_table, c.lookup_key, c.lookup_value, c.multiple, c.ignore_case,
  coalesce(c.null_tokens, p.null_tokens) AS null_tokens,
  coalesce(c.trim_cells, p.trim_cells) AS trim_cells, c.messages,
  coalesce(c.date_order, p.date_order) AS date_order, coalesce(c.decimal, p.decimal) AS decimal, coalesce(c.time_zone, p.time_zone) AS time_zone,
  c.format, coalesce(c.rounding, 'error') AS rounding, c.split, c.param,
  coalesce(c.blank_cells, p.blank_cells) AS blank_cells, coalesce(c.clear_token, p.clear_token) AS clear_token
FROM xlsx_private.profile p
  JOIN xlsx_private.live_column c ON c.profile_id = p.id
  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = p.target::pg_catalog.oid AND a.attname = c.column_name AND NOT a.attisdropped;
COMMENT ON VIEW xlsx.profile_columns IS 'Columns of the profiles, with the types that their targets have now.';

CREATE VIEW xlsx.profile_rules WITH (security_invoker = true) AS
SELECT p.name AS profile, r.name, r.position, r.column_name, r.kind, r.argument, r.severity, r.messages
FROM xlsx_private.profile p JOIN xlsx_private.profile_rule r ON r.profile_id = p.id;
COMMENT ON VIEW xlsx.profile_rules IS 'Rules of the profiles. position: the order in which they are checked.';

CREATE FUNCTION xlsx.profile_json(profile text) RETURNS jsonb
LANGUAGE sql STABLE STRICT
BEGIN ATOMIC
  SELECT pg_catalog.jsonb_strip_nulls((pg_catalog.to_jsonb(p) - '{id,owner,created_at}'::text[])
    || pg_catalog.jsonb_build_object('target', (SELECT pg_catalog.format('%I.%I', n.nspname, r.relname)
        FROM pg_catalog.pg_class r JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace WHERE r.oid = p.target::pg_catalog.oid),
      'columns', (SELECT pg_catalog.jsonb_agg(pg_catalog.to_jsonb(c) - '{profile_id}'::text[] ORDER BY c.position, c.column_name)
        FROM xlsx_private.profile_column c WHERE c.profile_id = p.id),
      'rules', (SELECT pg_catalog.jsonb_agg(pg_catalog.to_jsonb(r) - '{profile_id}'::text[] ORDER BY r.position)
        FROM xlsx_private.profile_rule r WHERE r.profile_id = p.id)))
  FROM xlsx_private.profile p WHERE p.name = profile;
END;
COMMENT ON FUNCTION xlsx.profile_json(text) IS 'A profile as JSON object, for xlsx.create_profile_from_json. NULL if there is no such profile.';
