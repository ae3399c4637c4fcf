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
RETURNS TABLE ("position" int, column_name name, header text, label text)
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT a.attnum, a.attname, xlsx_private.header_of(a.attname),
    coalesce(nullif(pg_catalog.btrim(pg_catalog.col_description(a.attrelid, a.attnum)), ''),
      pg_catalog.translate(xlsx_private.header_of(a.attname), '-_', '  '))
  FROM pg_catalog.pg_attribute a
  WHERE a.attrelid = target AND a.attnum > 0 AND NOT a.attisdropped
    AND a.attidentity = '' AND a.attgenerated = ''
    AND a.attname IS DISTINCT FROM task_column
    -- A serial column fills itself.
    AND NOT (a.atthasdef AND pg_catalog.pg_get_serial_sequence(target::text, a.attname::text) IS NOT NULL)
  ORDER BY a.attnum;
END;
COMMENT ON FUNCTION xlsx_private.importable_columns(regclass, name) IS
'Columns of a table that a sheet should fill: all but identity, serial, generated and task_column. The comment of a column is its label.';

CREATE FUNCTION xlsx_private.live_columns(profile bigint) RETURNS SETOF xlsx_private.profile_column
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT c.*
  FROM xlsx_private.profile p JOIN xlsx_private.profile_column c ON c.profile_id = p.id
  WHERE p.id = profile AND c.source <> 'none'
    AND (c.custom OR EXISTS (SELECT FROM pg_catalog.pg_attribute a
      WHERE a.attrelid = p.target AND a.attname = c.column_name AND NOT a.attisdropped))
  UNION ALL
  SELECT p.id, 100000 + i.position, i.column_name, i.header, i.label, '{}', NULL, NULL, 'cell', NULL, NULL, NULL,
    NULL, NULL, '{}', false
  FROM xlsx_private.profile p CROSS JOIN LATERAL xlsx_private.importable_columns(p.target, p.task_column) i
  WHERE p.id = profile AND p.follow
    AND NOT EXISTS (SELECT FROM xlsx_private.profile_column c WHERE c.profile_id = p.id AND c.column_name = i.column_name)
  ORDER BY 2;
END;
COMMENT ON FUNCTION xlsx_private.live_columns(bigint) IS
'Columns of a profile as its target is now: columns that came later are in, those that are gone and that nobody configured are out.';

CREATE FUNCTION xlsx_private.own_profile(profile text) RETURNS bigint
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  found_id bigint;
  found_owner regrole;
BEGIN
  SELECT p.id, p.owner INTO found_id, found_owner FROM xlsx_private.profile p WHERE p.name = profile;
  IF found_id IS NULL THEN
    RAISE EXCEPTION 'profile "%" does not exist', profile USING ERRCODE = 'undefined_object';
  END IF;
  IF NOT pg_has_role(found_owner::oid, 'USAGE') THEN
    RAISE EXCEPTION 'profile "%" belongs to %', profile, found_owner USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN found_id;
END
$$;
COMMENT ON FUNCTION xlsx_private.own_profile(text) IS 'Id of a profile that the current role may change.';

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
'May rows of this profile go to another server, which commits by itself: is the target a foreign table, or are there any among its partitions, its children or behind its rules?';

CREATE FUNCTION xlsx_private.require_columns(target regclass, names name[]) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  unknown text;
BEGIN
  SELECT string_agg(quote_ident(given), ', ') INTO unknown
  FROM unnest(names) AS given
  WHERE given IS NOT NULL AND NOT EXISTS (SELECT FROM pg_attribute a
    WHERE a.attrelid = target AND a.attname = given AND a.attnum > 0 AND NOT a.attisdropped);
  IF unknown IS NOT NULL THEN
    RAISE EXCEPTION 'relation "%" has no column %', target, unknown USING ERRCODE = 'undefined_column';
  END IF;
END
$$;
COMMENT ON FUNCTION xlsx_private.require_columns(regclass, name[]) IS 'An error that names the columns which the target does not have.';

CREATE FUNCTION xlsx.create_profile(name text, target regclass, task_column name DEFAULT NULL,
  headers jsonb DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  new_id bigint;
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
  PERFORM xlsx_private.require_columns(target, ARRAY[task_column] || ARRAY(SELECT jsonb_object_keys(headers)::name));
  INSERT INTO xlsx_private.profile (name, target, task_column, owner)
  VALUES (create_profile.name, create_profile.target, create_profile.task_column, current_user::regrole)
  RETURNING id INTO new_id;
  INSERT INTO xlsx_private.profile_column (profile_id, position, column_name, header, label, custom)
  SELECT new_id, c.position, c.column_name, coalesce(headers ->> c.column_name, c.header),
    CASE WHEN headers ? c.column_name::text AND col_description(target, c.position) IS NULL
      THEN translate(headers ->> c.column_name, '-_', '  ') ELSE c.label END,
    coalesce(headers ? c.column_name::text, false)
  FROM xlsx_private.importable_columns(target, task_column) c;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'relation "%" has no column that a sheet could fill', target USING
      ERRCODE = 'invalid_table_definition';
  END IF;
  RETURN new_id;
END
$$;
COMMENT ON FUNCTION xlsx.create_profile(text, regclass, name, jsonb) IS
'Makes a profile from a table and returns its id: each column but identity, serial, generated and task_column is expected under a header made of its name (bio_id: Bio ID), or under the one given in headers ({"bio_id": "Bio-ID"}). NOT NULL without default is required; a column''s comment is its label in messages. Columns that the table gets later are taken in. task_column receives the task''s id. Needs INSERT on the target.';

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

CREATE FUNCTION xlsx.alter_profile(profile text, sheet text DEFAULT NULL, header_row text DEFAULT NULL,
  cell_range text DEFAULT NULL, skip_end int DEFAULT NULL, null_tokens text[] DEFAULT NULL, trim_cells boolean DEFAULT NULL,
  mode text DEFAULT NULL, key_columns name[] DEFAULT NULL, update_columns name[] DEFAULT NULL,
  max_errors bigint DEFAULT NULL, keep_old boolean DEFAULT NULL, locale text DEFAULT NULL, follow boolean DEFAULT NULL,
  index_after_load text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  own_id bigint := xlsx_private.own_profile(profile);
BEGIN
  PERFORM xlsx_private.require_columns(p.target, alter_profile.key_columns || alter_profile.update_columns)
  FROM xlsx_private.profile p WHERE p.id = own_id;
  PERFORM xlsx_private.check_range(alter_profile.cell_range);
  IF alter_profile.mode NOT IN ('insert', 'all_or_nothing', 'upsert', 'skip', 'update', 'replace') THEN
    RAISE EXCEPTION 'mode "%" does not exist', alter_profile.mode USING ERRCODE = 'invalid_parameter_value',
      HINT = 'The modes are insert, all_or_nothing, upsert, skip, update and replace.';
  END IF;
  IF alter_profile.header_row !~ '^(first|auto|[1-9][0-9]{0,6})$' THEN
    RAISE EXCEPTION '"%" is no header row', alter_profile.header_row USING ERRCODE = 'invalid_parameter_value',
      HINT = 'It is "first", "auto", or the number of a row.';
  END IF;
  IF alter_profile.index_after_load NOT IN ('never', 'replace', 'empty') THEN
    RAISE EXCEPTION 'index_after_load "%" does not exist', alter_profile.index_after_load USING ERRCODE = 'invalid_parameter_value',
      HINT = 'It is "never", "replace" or "empty".';
  END IF;
  UPDATE xlsx_private.profile p SET
    sheet = CASE WHEN alter_profile.sheet IS NULL THEN p.sheet ELSE nullif(alter_profile.sheet, '') END,
    header_row = coalesce(alter_profile.header_row, p.header_row),
    cell_range = CASE WHEN alter_profile.cell_range IS NULL THEN p.cell_range ELSE nullif(alter_profile.cell_range, '') END,
    skip_end = coalesce(alter_profile.skip_end, p.skip_end),
    null_tokens = coalesce(alter_profile.null_tokens, p.null_tokens),
    trim = coalesce(trim_cells, p.trim),
    mode = coalesce(alter_profile.mode, p.mode),
    key_columns = CASE WHEN alter_profile.key_columns IS NULL THEN p.key_columns ELSE nullif(alter_profile.key_columns, '{}') END,
    update_columns = CASE WHEN alter_profile.update_columns IS NULL THEN p.update_columns ELSE nullif(alter_profile.update_columns, '{}') END,
    max_errors = CASE WHEN alter_profile.max_errors IS NULL THEN p.max_errors WHEN alter_profile.max_errors < 0 THEN NULL ELSE alter_profile.max_errors END,
    keep_old = coalesce(alter_profile.keep_old, p.keep_old),
    locale = CASE WHEN alter_profile.locale IS NULL THEN p.locale ELSE nullif(alter_profile.locale, '') END,
    follow = coalesce(alter_profile.follow, p.follow),
    index_after_load = coalesce(alter_profile.index_after_load, p.index_after_load)
  WHERE p.id = own_id;
END
$$;
COMMENT ON FUNCTION xlsx.alter_profile(text, text, text, text, int, text[], boolean, text, name[], name[], bigint, boolean, text, boolean, text) IS
'Changes a profile; NULL leaves an option as it is, an empty text or array (max_errors: -1) takes it back. sheet: its name, "#2" for the second one, "~regexp" for the first whose name matches. header_row: "first" (the first row that is not blank), "auto" (the one of the first 20 that fits best), or its number. cell_range: as B2:F500, B:F or 2:500. skip_end: rows to leave out at the end, such as totals. null_tokens: texts that mean blank. mode: insert, all_or_nothing, upsert, skip (rows whose key exists), update, replace. key_columns: what upsert, skip and update look for; the primary key by default. update_columns: what they change; all by default. max_errors: the task fails when more rows are bad. keep_old: keep what xlsx.undo needs. index_after_load: when the rows go in first and the indexes are built afterwards, which is more than twice as fast with keys in random order, while queries wait for the building of an index and writers for the import: "replace" (the default) in that mode; "empty" also in insert and all_or_nothing, when the target is empty: its rows are then seen at the end, all at once; "never".';

CREATE FUNCTION xlsx.set_column(profile text, column_name name, header text DEFAULT NULL, label text DEFAULT NULL,
  aliases text[] DEFAULT NULL, pattern text DEFAULT NULL, "position" int DEFAULT NULL, required boolean DEFAULT NULL,
  default_value text DEFAULT NULL, transform text DEFAULT NULL, lookup text DEFAULT NULL, source text DEFAULT NULL,
  null_tokens text[] DEFAULT NULL, trim_cells boolean DEFAULT NULL, messages jsonb DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  own_id bigint := xlsx_private.own_profile(profile);
  relation regclass;
BEGIN
  SELECT p.target INTO relation FROM xlsx_private.profile p WHERE p.id = own_id;
  PERFORM xlsx_private.require_columns(relation, ARRAY[column_name]);
  PERFORM xlsx_private.check_expression(transform, 'transform');
  PERFORM xlsx_private.check_pattern(pattern);
  PERFORM xlsx_private.check_expression(lookup, 'lookup');
  INSERT INTO xlsx_private.profile_column (profile_id, position, column_name, header, label)
  SELECT own_id, a.attnum, a.attname, xlsx_private.header_of(a.attname),
    coalesce(col_description(relation, a.attnum), translate(xlsx_private.header_of(a.attname), '-_', '  '))
  FROM pg_attribute a
  WHERE a.attrelid = relation AND a.attname = set_column.column_name
  ON CONFLICT DO NOTHING;
  UPDATE xlsx_private.profile_column c SET
    custom = true,
    header = coalesce(set_column.header, c.header),
    label = coalesce(set_column.label, CASE WHEN set_column.header IS NULL OR col_description(relation, a.attnum) IS NOT NULL
      THEN c.label ELSE translate(set_column.header, '-_', '  ') END),
    aliases = coalesce(set_column.aliases, c.aliases),
    pattern = CASE WHEN set_column.pattern IS NULL THEN c.pattern ELSE nullif(set_column.pattern, '') END,
    position = coalesce(set_column.position, c.position),
    required = coalesce(set_column.required, c.required),
    default_value = CASE WHEN set_column.default_value IS NULL THEN c.default_value ELSE nullif(set_column.default_value, '') END,
    transform = CASE WHEN set_column.transform IS NULL THEN c.transform ELSE nullif(set_column.transform, '') END,
    lookup = CASE WHEN set_column.lookup IS NULL THEN c.lookup ELSE nullif(set_column.lookup, '') END,
    source = coalesce(set_column.source, c.source),
    null_tokens = coalesce(set_column.null_tokens, c.null_tokens),
    trim = coalesce(trim_cells, c.trim),
    messages = coalesce(set_column.messages, c.messages)
  FROM pg_attribute a
  WHERE c.profile_id = own_id AND c.column_name = set_column.column_name
    AND a.attrelid = relation AND a.attname = c.column_name;
END
$$;
COMMENT ON FUNCTION xlsx.set_column(text, name, text, text, text[], text, int, boolean, text, text, text, text, text[], boolean, jsonb) IS
'Says how a column of the target is filled; NULL leaves an option as it is, an empty one takes it back. header, aliases, pattern (regular expression): where it is found in the sheet. position: its place in templates and error workbooks. required: beyond NOT NULL. default_value: for blank cells. transform: SQL expression over the row''s texts by column name, "value" is the own one. lookup: query of two columns that turns a text into a value, SELECT name, id FROM department. source: cell, value (transform without a cell), task_id, row_number, file_name, extra (all other columns of the sheet as jsonb), none. messages: own texts by code, {"required": "…"} or by locale {"required": {"de": "…"}}.';

CREATE FUNCTION xlsx.add_rule(profile text, kind text, column_name name DEFAULT NULL, argument text[] DEFAULT '{}',
  message text DEFAULT NULL, severity text DEFAULT 'error', name text DEFAULT NULL, messages jsonb DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  own_id bigint := xlsx_private.own_profile(profile);
  base text := coalesce(name, CASE WHEN column_name IS NULL THEN kind ELSE column_name || '_' || kind END);
  chosen text := base;
  ordinal int;
BEGIN
  PERFORM xlsx_private.require_columns(p.target, ARRAY[column_name]) FROM xlsx_private.profile p WHERE p.id = own_id;
  IF kind IN ('min', 'max', 'min_length', 'max_length', 'pattern', 'expression') AND cardinality(argument) IS DISTINCT FROM 1
    OR kind = 'one_of' AND coalesce(cardinality(argument), 0) = 0
    OR kind IN ('required', 'unique') AND cardinality(argument) > 0
    OR array_position(argument, NULL) IS NOT NULL THEN
    RAISE EXCEPTION 'rule "%" has a wrong number of arguments', kind USING ERRCODE = 'invalid_parameter_value',
      HINT = 'min, max, min_length, max_length, pattern and expression take one, one_of one or more, required and unique none.';
  END IF;
  IF kind IN ('min_length', 'max_length') AND argument[1] !~ '^[0-9]{1,9}$' THEN
    RAISE EXCEPTION 'rule "%" takes a number of characters, not "%"', kind, argument[1] USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF kind = 'pattern' THEN
    PERFORM xlsx_private.check_pattern(argument[1]);
  ELSIF kind = 'expression' THEN
    PERFORM xlsx_private.check_expression(argument[1], 'expression');
  END IF;
  SELECT coalesce(max(r.position), 0) + 1 INTO ordinal FROM xlsx_private.profile_rule r WHERE r.profile_id = own_id;
  IF name IS NULL AND EXISTS (SELECT FROM xlsx_private.profile_rule r WHERE r.profile_id = own_id AND r.name = base) THEN
    chosen := base || '_' || ordinal;
  END IF;
  INSERT INTO xlsx_private.profile_rule (profile_id, name, position, column_name, kind, argument, severity, messages)
  VALUES (own_id, chosen, ordinal, add_rule.column_name, add_rule.kind, add_rule.argument, add_rule.severity,
    coalesce(add_rule.messages, '{}') || CASE WHEN message IS NULL THEN '{}' ELSE jsonb_build_object('', message) END);
  RETURN chosen;
END
$$;
COMMENT ON FUNCTION xlsx.add_rule(text, text, name, text[], text, text, text, jsonb) IS
'Adds a rule and returns its name. kind: required, min, max, min_length, max_length, pattern (regular expression that must match), one_of, unique (within the file), expression (SQL over the row''s values by column name; false is a violation). severity warning: the row is saved all the same. message, or messages by locale {"de": "…"}: own text; {label}, {value} and {cell} stand for those.';

CREATE FUNCTION xlsx.drop_rule(profile text, name text) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM xlsx_private.profile_rule r WHERE r.profile_id = xlsx_private.own_profile(profile) AND r.name = drop_rule.name;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'profile "%" has no rule "%"', profile, name USING ERRCODE = 'undefined_object';
  END IF;
END
$$;
COMMENT ON FUNCTION xlsx.drop_rule(text, text) IS 'Removes a rule of a profile.';

CREATE FUNCTION xlsx_private.check_expression(expression text, what text) RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_check_expression' LANGUAGE C STABLE;
COMMENT ON FUNCTION xlsx_private.check_expression(text, text) IS 'An error when the text is not one SQL expression; NULL and empty texts are fine.';

CREATE FUNCTION xlsx_private.check_range(range text) RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_check_range' LANGUAGE C IMMUTABLE;
COMMENT ON FUNCTION xlsx_private.check_range(text) IS 'An error when the text is not a cell range; NULL and empty texts are fine.';

CREATE FUNCTION xlsx_private.check_pattern(pattern text) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM '' ~ pattern;
END
$$;
COMMENT ON FUNCTION xlsx_private.check_pattern(text) IS 'An error when the text is not a regular expression; NULL is fine.';

CREATE VIEW xlsx.profiles WITH (security_invoker = true) AS
SELECT p.id, p.name, p.target, p.task_column, p.owner, p.created_at,
  ARRAY(SELECT c.header FROM xlsx_private.live_columns(p.id) c ORDER BY c.position, c.column_name) AS headers,
  ARRAY(SELECT c.column_name FROM xlsx_private.live_columns(p.id) c ORDER BY c.position, c.column_name) AS columns,
  p.sheet, p.header_row, p.cell_range, p.skip_end, p.null_tokens, p.trim, p.mode, p.key_columns, p.update_columns,
  p.max_errors, p.keep_old, p.locale, p.follow, p.index_after_load
FROM xlsx_private.profile p;
COMMENT ON VIEW xlsx.profiles IS 'Profiles with their options, the headers they expect and the columns these go to.';

CREATE VIEW xlsx.profile_columns WITH (security_invoker = true) AS
SELECT p.name AS profile, c.position, c.column_name, c.header, c.label, c.aliases, c.pattern,
  pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
  coalesce(c.required OR (a.attnotnull AND NOT a.atthasdef), a.attnotnull AND NOT a.atthasdef) AS required, c.source,
  c.default_value, c.transform, c.lookup, coalesce(c.null_tokens, p.null_tokens) AS null_tokens,
  coalesce(c.trim, p.trim) AS trim, c.messages
FROM xlsx_private.profile p
  CROSS JOIN LATERAL xlsx_private.live_columns(p.id) c
  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = p.target AND a.attname = c.column_name AND NOT a.attisdropped;
COMMENT ON VIEW xlsx.profile_columns IS 'Columns of the profiles, as their targets are now.';

CREATE VIEW xlsx.profile_rules WITH (security_invoker = true) AS
SELECT p.name AS profile, r.name, r.position, r.column_name, r.kind, r.argument, r.severity, r.messages
FROM xlsx_private.profile p JOIN xlsx_private.profile_rule r ON r.profile_id = p.id;
COMMENT ON VIEW xlsx.profile_rules IS 'Rules of the profiles, in the order in which they are tried.';

CREATE FUNCTION xlsx.profile_json(profile text) RETURNS jsonb
LANGUAGE sql STABLE STRICT
BEGIN ATOMIC
  SELECT pg_catalog.jsonb_strip_nulls((pg_catalog.to_jsonb(p) - '{id,owner,created_at}'::text[])
    || pg_catalog.jsonb_build_object('target', (SELECT pg_catalog.format('%I.%I', n.nspname, r.relname)
        FROM pg_catalog.pg_class r JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace WHERE r.oid = p.target),
      'columns', (SELECT pg_catalog.jsonb_agg(pg_catalog.to_jsonb(c) - '{profile_id}'::text[] ORDER BY c.position, c.column_name)
        FROM xlsx_private.profile_column c WHERE c.profile_id = p.id),
      'rules', (SELECT pg_catalog.jsonb_agg(pg_catalog.to_jsonb(r) - '{profile_id}'::text[] ORDER BY r.position)
        FROM xlsx_private.profile_rule r WHERE r.profile_id = p.id)))
  FROM xlsx_private.profile p WHERE p.name = profile;
END;
COMMENT ON FUNCTION xlsx.profile_json(text) IS 'A profile as JSON, for xlsx.create_profile_from_json; NULL when there is none.';

CREATE FUNCTION xlsx.create_profile_from_json(definition jsonb, name text DEFAULT NULL, target regclass DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  given xlsx_private.profile := jsonb_populate_record(NULL::xlsx_private.profile, definition - '{target,owner,id,created_at,columns,rules}'::text[]);
  new_name text := coalesce(create_profile_from_json.name, given.name);
  new_id bigint := xlsx.create_profile(new_name, coalesce(target, (definition ->> 'target')::regclass), given.task_column);
  given_column xlsx_private.profile_column;
  given_rule xlsx_private.profile_rule;
BEGIN
  PERFORM xlsx.alter_profile(new_name, given.sheet, given.header_row, given.cell_range, given.skip_end, given.null_tokens,
    given.trim, given.mode, given.key_columns, given.update_columns, given.max_errors, given.keep_old, given.locale, given.follow,
    given.index_after_load);
  FOR given_column IN SELECT * FROM jsonb_populate_recordset(NULL::xlsx_private.profile_column, definition -> 'columns') LOOP
    PERFORM xlsx.set_column(new_name, given_column.column_name, given_column.header, given_column.label, given_column.aliases,
      given_column.pattern, given_column.position, given_column.required, given_column.default_value, given_column.transform,
      given_column.lookup, given_column.source, given_column.null_tokens, given_column.trim, given_column.messages);
    UPDATE xlsx_private.profile_column c SET custom = coalesce(given_column.custom, true)
    WHERE c.profile_id = new_id AND c.column_name = given_column.column_name;
  END LOOP;
  FOR given_rule IN SELECT * FROM jsonb_populate_recordset(NULL::xlsx_private.profile_rule, definition -> 'rules') ORDER BY "position" LOOP
    PERFORM xlsx.add_rule(new_name, given_rule.kind, given_rule.column_name, given_rule.argument, NULL, given_rule.severity,
      given_rule.name, given_rule.messages);
  END LOOP;
  RETURN new_id;
END
$$;
COMMENT ON FUNCTION xlsx.create_profile_from_json(jsonb, text, regclass) IS
'Makes a profile from what xlsx.profile_json gave, here or on another server, and returns its id; name and target may be others.';
