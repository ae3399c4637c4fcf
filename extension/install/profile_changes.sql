/*
 * What changes profiles.
 *
 * The tables are written by their owner only.  Each function for people is one
 * in C that calls the function of the same name in xlsx_private as the owner,
 * with the role that calls as its first argument (owner_call.c): that one asks
 * what the caller may, and refuses what makes no sense with a sentence.
 */

CREATE FUNCTION xlsx_private.check_expression(expression text, what text) RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_check_expression' LANGUAGE C STABLE;
COMMENT ON FUNCTION xlsx_private.check_expression(text, text) IS
'Raises an error unless the text is one SQL expression (what: transform, expression) or one query (what: lookup, query). NULL and empty texts pass. The text is parsed and never run.';

CREATE FUNCTION xlsx_private.checked_options(what text, options jsonb) RETURNS jsonb
AS 'MODULE_PATHNAME', 'pg_xlsx_checked_options' LANGUAGE C STABLE STRICT;
COMMENT ON FUNCTION xlsx_private.checked_options IS
'Options in the form in which they are kept, by their names. what: profile, column or task. NULLs are left out. In options of profiles and columns, a member that is null is one that is reset. Raises an error for an option that does not exist, and for a value that it cannot have.';

CREATE FUNCTION xlsx_private.form_options(options jsonb) RETURNS jsonb
AS 'MODULE_PATHNAME', 'pg_xlsx_form_options' LANGUAGE C STABLE STRICT;
COMMENT ON FUNCTION xlsx_private.form_options IS
'Options of a task as REST has them, with names in camelCase or as in SQL, in the form of checked_options. Empty texts are not given.';

CREATE FUNCTION xlsx_private.assignments(changes jsonb) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
RETURN (SELECT string_agg(format(CASE WHEN c.value = 'null' THEN '%1$I = DEFAULT' ELSE '%1$I = ($1).%1$I' END, c.key), ', ') FROM jsonb_each(changes) AS c);
COMMENT ON FUNCTION xlsx_private.assignments IS
'What stands behind SET in an UPDATE that writes members of changes from the row $1. A null resets the column to its default. NULL if there are no members.';

CREATE FUNCTION xlsx_private.check_pattern(pattern text) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM '' ~ pattern;
END
$$;
COMMENT ON FUNCTION xlsx_private.check_pattern(text) IS 'Raises an error unless the text is a regular expression. NULL passes.';

CREATE FUNCTION xlsx_private.check_texts(texts text[], what text) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF array_ndims(texts) > 1 OR array_position(texts, NULL) IS NOT NULL THEN
    RAISE EXCEPTION '% must be a list of texts', what USING ERRCODE = 'invalid_parameter_value',
      DETAIL = 'It has more than one dimension, or holds NULL.', HINT = 'Write it as ARRAY[''one'', ''another''].';
  END IF;
END
$$;
COMMENT ON FUNCTION xlsx_private.check_texts(text[], text) IS
'Raises an error if an array holds NULL or has more than one dimension. A NULL array passes.';

CREATE FUNCTION xlsx_private.check_messages(messages jsonb, what text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF jsonb_typeof(messages) <> 'object' THEN
    RAISE EXCEPTION '% must be a JSON object', what USING ERRCODE = 'invalid_parameter_value',
      DETAIL = format('It is of type %s.', jsonb_typeof(messages)), HINT = 'Write it as {"required": "…"}, or by locale as {"de": "…"}.';
  END IF;
END
$$;
COMMENT ON FUNCTION xlsx_private.check_messages(jsonb, text) IS 'Raises an error unless the texts of messages are a JSON object. NULL passes.';

CREATE FUNCTION xlsx_private.nearest_of(word text, words text[]) RETURNS text
AS 'MODULE_PATHNAME', 'pg_xlsx_nearest_of' LANGUAGE C STABLE STRICT;
COMMENT ON FUNCTION xlsx_private.nearest_of IS
'The one of some words that a misspelt word is most like, without case and accents; of equals the first. NULL: it is like none.';

CREATE FUNCTION xlsx_private.own_profile(caller regrole, profile text) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  found_id bigint;
  found_owner regrole;
BEGIN
  -- Two sessions change it one after the other, and what one has dropped is not there for the other.
  SELECT p.id, p.owner INTO found_id, found_owner FROM xlsx_private.profile p WHERE p.name = profile
    AND pg_has_role(caller::oid, p.owner::oid, 'USAGE') FOR NO KEY UPDATE;
  IF found_id IS NULL THEN
    SELECT p.id, p.owner INTO found_id, found_owner FROM xlsx_private.profile p WHERE p.name = profile;
  END IF;
  IF found_id IS NULL THEN
    RAISE EXCEPTION 'profile "%" does not exist', coalesce(profile, 'NULL') USING ERRCODE = 'undefined_object';
  END IF;
  -- Its SQL runs as those who submit, who trust its owner: so not even xlsx_admin may change it.
  IF NOT pg_has_role(caller::oid, found_owner::oid, 'USAGE') THEN
    RAISE EXCEPTION 'profile "%" belongs to %', profile, found_owner USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN found_id;
END
$$;
COMMENT ON FUNCTION xlsx_private.own_profile(regrole, text) IS
'Id of a profile that the caller may change; else an error. Nobody else can change or drop the profile before the transaction ends.';

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
COMMENT ON FUNCTION xlsx_private.require_columns(regclass, name[]) IS 'Raises an error that names the columns which the target lacks.';

CREATE FUNCTION xlsx_private.require_fillable(target regclass, column_name name) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM xlsx_private.require_columns(target, ARRAY[column_name]);
  IF EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = target AND a.attname = column_name AND (a.attgenerated <> '' OR a.attidentity = 'a')) THEN
    RAISE EXCEPTION 'column "%" of relation "%" cannot be filled', column_name, target USING ERRCODE = 'invalid_parameter_value',
      DETAIL = 'Its values are always generated.', HINT = 'Leave it out of the profile.';
  END IF;
END
$$;
COMMENT ON FUNCTION xlsx_private.require_fillable(regclass, name) IS
'Raises an error if the target lacks the column, or if its values are always generated.';

CREATE FUNCTION xlsx_private.check_key(target oid, profile text, key_columns text[], key_index name) RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_check_key' LANGUAGE C STABLE;
COMMENT ON FUNCTION xlsx_private.check_key(oid, text, text[], name) IS
'Raises an error if a text of key_columns is neither a column of the target nor an expression over its columns, or if the target has no unique index key_index over them. NULL passes.';

CREATE FUNCTION xlsx_private.check_target(caller regrole, target regclass) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = target AND c.relkind IN ('r', 'p', 'v', 'f')) THEN
    RAISE EXCEPTION 'cannot import into "%"', coalesce(target::text, 'NULL') USING
      ERRCODE = 'wrong_object_type', DETAIL = 'It is neither a table nor a view.';
  END IF;
  IF NOT has_any_column_privilege(caller::oid, target::oid, 'INSERT') THEN
    RAISE EXCEPTION 'permission denied for table %', target USING
      ERRCODE = 'insufficient_privilege', HINT = 'Imports run as the role that submits them; it needs INSERT.';
  END IF;
END
$$;
COMMENT ON FUNCTION xlsx_private.check_target(regrole, regclass) IS 'Raises an error unless the caller can import into the relation.';

CREATE FUNCTION xlsx_private.check_target_by(target_by text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF target_by <> ALL (xlsx_private.names_of('target_by')) THEN
    RAISE EXCEPTION 'target_by "%" does not exist', target_by USING ERRCODE = 'invalid_parameter_value',
      HINT = format('It is %s.', xlsx_private.choices_of('target_by'));
  END IF;
END
$$;
COMMENT ON FUNCTION xlsx_private.check_target_by(text) IS 'Raises an error if there is no such way to mean a target. NULL passes.';

CREATE FUNCTION xlsx_private.new_profile(caller regrole, name text, target regclass, task_column name, or_replace boolean) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  own_id bigint;
BEGIN
  INSERT INTO xlsx_private.profile (name, target, task_column, owner)
  VALUES (new_profile.name, xlsx_private.relation_ref(new_profile.target, false), new_profile.task_column, caller)
  ON CONFLICT DO NOTHING RETURNING id INTO own_id;
  IF own_id IS NOT NULL THEN
    RETURN own_id;
  ELSIF or_replace IS NOT TRUE THEN
    RAISE EXCEPTION 'profile "%" already exists', name USING ERRCODE = 'duplicate_object',
      HINT = 'With or_replace => true, it is made anew.';
  END IF;
  own_id := xlsx_private.own_profile(caller, new_profile.name);
  DELETE FROM xlsx_private.profile_column c WHERE c.profile_id = own_id;
  DELETE FROM xlsx_private.profile_rule r WHERE r.profile_id = own_id;
  EXECUTE (SELECT 'UPDATE xlsx_private.profile SET target = $2, task_column = $3, ' || string_agg(quote_ident(a.attname) || ' = DEFAULT', ', ') || ' WHERE id = $1'
    FROM pg_attribute a WHERE a.attrelid = 'xlsx_private.profile'::regclass AND a.attnum > 0 AND NOT a.attisdropped
      AND a.attname <> ALL ('{id,name,target,task_column,owner,created_at}'))
  USING own_id, xlsx_private.relation_ref(new_profile.target, false), new_profile.task_column;
  RETURN own_id;
END
$$;
COMMENT ON FUNCTION xlsx_private.new_profile IS
'Id of a profile without columns and rules, whose options are the defaults: a new one, or the one of that name, which keeps its id, its owner and the limits of its queue. An error if there is one that is not to be replaced, or that the caller may not change.';

CREATE FUNCTION xlsx_private.create_profile(caller regrole, name text, target regclass, options jsonb) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  new_id bigint;
  idle text;
  task_column CONSTANT name := options ->> 'task_column';
  headers CONSTANT jsonb := nullif(options -> 'headers', 'null');
  include CONSTANT name[] := xlsx_private.texts_of(options -> 'include');
BEGIN
  IF coalesce(name, '') = '' THEN
    RAISE EXCEPTION 'a profile needs a name' USING ERRCODE = 'invalid_name';
  END IF;
  PERFORM xlsx_private.check_target(caller, target);
  IF headers IS NOT NULL AND (jsonb_typeof(headers) <> 'object'
    OR EXISTS (SELECT FROM jsonb_each(headers) h WHERE jsonb_typeof(h.value) <> 'string' OR h.value = '""')) THEN
    RAISE EXCEPTION 'headers must be a JSON object of strings that are not empty' USING
      ERRCODE = 'invalid_parameter_value', HINT = 'Write it as {"bio_id": "Bio-ID"}.';
  END IF;
  PERFORM xlsx_private.require_columns(target, ARRAY(SELECT jsonb_object_keys(headers)::name));
  SELECT string_agg(quote_ident(k), ', ' ORDER BY k) INTO idle FROM jsonb_object_keys(headers) AS k
  WHERE NOT EXISTS (SELECT FROM xlsx_private.importable_columns(target, task_column) c WHERE c.column_name = k) AND k <> ALL (coalesce(include, '{}'));
  IF idle IS NOT NULL THEN
    RAISE EXCEPTION 'headers name columns that no sheet fills: %', idle USING ERRCODE = 'invalid_parameter_value',
      DETAIL = 'Identity, serial and generated columns, and task_column, fill themselves.', HINT = 'Leave them out; xlsx.set_column takes in a column that would fill itself.';
  END IF;
  IF task_column IS NOT NULL THEN
    PERFORM xlsx_private.require_fillable(target, task_column);
  END IF;
  PERFORM xlsx_private.require_columns(target, include);
  PERFORM xlsx_private.require_fillable(target, a.attname) FROM pg_attribute a
  WHERE a.attrelid = target AND a.attname = ANY (include) AND a.attgenerated <> '';
  new_id := xlsx_private.new_profile(caller, name, target, task_column, nullif(options -> 'or_replace', 'null')::boolean);
  INSERT INTO xlsx_private.profile_column (profile_id, position, column_name, header, label, custom)
  SELECT new_id, c.position, c.column_name, coalesce(headers ->> c.column_name, c.header),
    CASE WHEN headers ? c.column_name::text AND col_description(target, c.position) IS NULL
      THEN translate(headers ->> c.column_name, '-_', '  ') ELSE c.label END,
    coalesce(headers ? c.column_name::text, false)
  FROM xlsx_private.importable_columns(target, task_column) c;
  INSERT INTO xlsx_private.profile_column (profile_id, position, column_name, header, label, custom)
  SELECT new_id, a.attnum, a.attname, coalesce(headers ->> a.attname, xlsx_private.header_of(a.attname)),
    coalesce(nullif(btrim(col_description(target, a.attnum)), ''), translate(coalesce(headers ->> a.attname, xlsx_private.header_of(a.attname)), '-_', '  ')), true
  FROM pg_attribute a WHERE a.attrelid = target AND a.attname = ANY (include)
  ON CONFLICT (profile_id, column_name) DO UPDATE SET custom = true;
  IF NOT EXISTS (SELECT FROM xlsx_private.profile_column c WHERE c.profile_id = new_id) THEN
    RAISE EXCEPTION 'relation "%" has no column that a sheet could fill', target USING
      ERRCODE = 'invalid_table_definition';
  END IF;
  PERFORM xlsx_private.alter_profile(caller, name, options - '{task_column,headers,include,or_replace}'::text[]);
  RETURN new_id;
END
$$;
COMMENT ON FUNCTION xlsx_private.create_profile IS
'As the function without caller, with the rights of the owner of the tables. caller: role that calls. options: by their names.';

CREATE FUNCTION xlsx_private.drop_profile(caller regrole, name text) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  dropped bigint;
BEGIN
  IF NOT pg_has_role(caller::oid, 'xlsx_admin', 'USAGE') THEN
    PERFORM xlsx_private.own_profile(caller, drop_profile.name);
  END IF;
  DELETE FROM xlsx_private.profile p WHERE p.name = drop_profile.name RETURNING p.id INTO dropped;
  IF dropped IS NULL THEN
    RAISE EXCEPTION 'profile "%" does not exist', name USING ERRCODE = 'undefined_object';
  END IF;
  DELETE FROM xlsx_private.profile_column c WHERE c.profile_id = dropped;
  DELETE FROM xlsx_private.profile_rule r WHERE r.profile_id = dropped;
  DELETE FROM xlsx_private.queue_rule q WHERE q.profile_id = dropped;
END
$$;
COMMENT ON FUNCTION xlsx_private.drop_profile(regrole, text) IS
'As the function without caller, with the rights of the owner of the tables. caller: role that calls.';

CREATE FUNCTION xlsx.drop_profile(name text) RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_as_owner' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx.drop_profile(text) IS
'Removes a profile. Its owner may do this, and xlsx_admin. Tasks that were submitted with it stay and continue as they were submitted.';

CREATE FUNCTION xlsx_private.check_clear_token(clear_token text, null_tokens text[]) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF clear_token = ANY (null_tokens) THEN
    RAISE EXCEPTION 'clear_token "%" is one of the null_tokens', clear_token USING ERRCODE = 'invalid_parameter_value',
      DETAIL = 'A null token means a blank cell, which need not clear.', HINT = 'Take another text for one of the two.';
  END IF;
END
$$;
COMMENT ON FUNCTION xlsx_private.check_clear_token(text, text[]) IS 'Raises an error if a text means blank and clears. NULL passes.';

CREATE FUNCTION xlsx_private.checked_on_end(caller regrole, given text) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  called regprocedure;
  written text;
BEGIN
  IF cardinality(parse_ident(given)) = 2 THEN
    called := to_regprocedure(given || '(bigint)');
  END IF;
  SELECT format('%I.%I', n.nspname, p.proname) INTO written
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.oid = called AND p.prokind = 'f';
  IF written IS NULL THEN
    RAISE EXCEPTION 'function %(bigint) does not exist', given USING ERRCODE = 'undefined_function',
      HINT = 'on_end is schema.name of a function that takes the id of a task.';
  ELSIF NOT has_function_privilege(caller::oid, called::oid, 'EXECUTE') THEN
    RAISE EXCEPTION 'permission denied for function %', written USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN written;
END
$$;
COMMENT ON FUNCTION xlsx_private.checked_on_end IS
'The qualified name, quoted, of the function that an import calls at its end. Error (42883) if there is none that takes a bigint, (42501) if the caller may not call it.';

CREATE FUNCTION xlsx_private.alter_profile(caller regrole, profile text, options jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  own_id bigint := xlsx_private.own_profile(caller, profile);
  changes jsonb := xlsx_private.checked_options('profile', options);
  new_target regclass := (changes ->> 'target')::oid;
  changed xlsx_private.profile;
BEGIN
  SELECT * INTO changed FROM xlsx_private.profile p WHERE p.id = own_id;
  changed := jsonb_populate_record(changed, changes - 'target');
  IF new_target IS NOT NULL THEN
    PERFORM xlsx_private.check_target(caller, new_target);
    PERFORM xlsx_private.require_columns(new_target, ARRAY(SELECT c.column_name FROM xlsx_private.profile_column c
      WHERE c.profile_id = own_id AND c.custom AND c.source <> 'none' UNION ALL SELECT changed.task_column));
  END IF;
  IF changes ?| '{target,target_by}' THEN
    changed.target := xlsx_private.relation_ref(coalesce(new_target, changed.target::regclass), changed.target_by = 'table');
    changes := changes || '{"target": true}';
  END IF;
  IF changes ?| '{key_columns,key_index,update_columns}' THEN
    PERFORM xlsx_private.require_columns(changed.target::regclass, changed.update_columns);
    PERFORM xlsx_private.check_key(changed.target::oid, profile, changed.key_columns, CASE WHEN changes ? 'key_index' THEN changed.key_index END);
  END IF;
  IF changes ?| '{returning,target}' THEN
    PERFORM xlsx_private.require_columns(changed.target::regclass, changed."returning");
  END IF;
  PERFORM xlsx_private.check_clear_token(changed.clear_token, changed.null_tokens);
  IF changes ->> 'on_end' IS NOT NULL THEN
    changed.on_end := xlsx_private.checked_on_end(caller, changed.on_end);
  END IF;
  IF changes <> '{}' THEN
    EXECUTE 'UPDATE xlsx_private.profile SET ' || xlsx_private.assignments(changes) || ' WHERE id = $2' USING changed, own_id;
  END IF;
END
$$;
COMMENT ON FUNCTION xlsx_private.alter_profile IS
'As the function without caller, with the rights of the owner of the tables. caller: role that calls. options: by their names.';

CREATE FUNCTION xlsx.alter_profile(profile text, sheet text DEFAULT NULL, header_row text DEFAULT NULL,
  range text DEFAULT NULL, skip_end int DEFAULT NULL, null_tokens text[] DEFAULT NULL, trim_cells boolean DEFAULT NULL,
  mode text DEFAULT NULL, key_columns text[] DEFAULT NULL, key_index name DEFAULT NULL, duplicate_keys text DEFAULT NULL, update_columns name[] DEFAULT NULL,
  max_errors bigint DEFAULT NULL, keep_old boolean DEFAULT NULL, locale text DEFAULT NULL, follow boolean DEFAULT NULL,
  index_after_load text DEFAULT NULL, header_check text DEFAULT NULL, header_rows int DEFAULT NULL,
  hold boolean DEFAULT NULL, four_eyes boolean DEFAULT NULL, on_duplicate text DEFAULT NULL, on_end text DEFAULT NULL,
  keep_rows boolean DEFAULT NULL, keep_changes boolean DEFAULT NULL, "returning" name[] DEFAULT NULL,
  fill_merged boolean DEFAULT NULL, skip_hidden boolean DEFAULT NULL, stop_at text DEFAULT NULL, sheets text DEFAULT NULL,
  date_order text DEFAULT NULL, "decimal" text DEFAULT NULL, time_zone text DEFAULT NULL, no_value text DEFAULT NULL, settings text[] DEFAULT NULL,
  target_by text DEFAULT NULL, target regclass DEFAULT NULL, scope text DEFAULT NULL, absent text DEFAULT NULL,
  max_absent text DEFAULT NULL, allow_empty boolean DEFAULT NULL, delete_when text DEFAULT NULL,
  blank_cells text DEFAULT NULL, clear_token text DEFAULT NULL,
  webhooks text[] DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_as_owner_by_name' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx.alter_profile IS
'Changes options of a profile. NULL leaves an option unchanged; an empty text or array (max_errors: -1) resets it. sheet: its name, "#2" for the second sheet, "~regexp" for the first whose name matches, "?" for the visible one that fits the profile best; the first visible sheet by default. header_row: "auto" (the row among the first 20 that fits best; the default), "first" (the first row that is not blank), its number, or "none" (columns by their places). range: such as B2:F500, B:F or 2:500. skip_end: number of rows at the end that are left out, such as totals. null_tokens: texts that mean blank. trim_cells: removes spaces around texts. mode: insert, all_or_nothing, upsert, skip (leaves rows out whose key exists), update, replace (all rows of the target, while no other session writes to it), sync (as upsert, and rows of a scope that the file lacks go). all_or_nothing, replace and sync are one transaction for their whole time, whose snapshot keeps VACUUM from removing dead rows. key_columns: columns and SQL expressions of a unique index, such as lower(email), by which upsert, skip and update find rows; of a partial index only the rows that it has, and a row of the file that it would not have counts as new. The primary key by default. key_index: the name of that unique index, where its columns and expressions do not tell it from others. duplicate_keys: what rows do whose key a row before them has: "last" (each changes what the one before has saved; the default in upsert and update), "first" (they are left out; the default in skip), "error" (they are refused). A row that is refused leaves its key free. Each is told by a warning or an error with the code duplicate_key. By default the other modes leave them to the constraints of the table. update_columns: columns that they change; all by default. max_errors: number of bad rows above which the task fails. keep_old: keeps old values of rows, for xlsx.undo. keep_rows: keeps what became of each row, for xlsx.task_rows and xlsx.result_workbook; keep_changes: also old and new values of the columns that an update changes, which dry runs keep in any case; "returning" (a keyword: quoted in SQL): columns of the target whose values are kept for each row, such as the key that it got; without them the key of the row in the file. The submitter needs SELECT on these columns. keep_changes and "returning" do nothing without keep_rows, which a task may also give by itself. locale: language of messages; it also decides date_order and decimal where nothing else does, and has words for true and false (de: ja, nein). follow: takes in columns that the target gets later. index_after_load: when indexes are built after the rows are in, which is more than twice as fast where keys come in random order: "replace" (in mode replace; the default), "empty" (also in insert and all_or_nothing where the target is empty), "never". While an index is built, queries wait; writers wait until the import ends; the rows become visible together at the end. header_check: "any" (required columns must have a header, everything else is told; the default), "known" (every column of the profile has a header, and every filled column of the sheet goes to one), "exact" (the same, in the order of the profile, each header once). header_rows: number of rows that the headers take; they are joined, "Address / City". fill_merged: all cells of a merged range hold its value. skip_hidden: leaves hidden rows and columns out. stop_at: where the data end, "blank_row" (the first blank row below data), a regular expression as "~^Total" (the first row whose first filled cell matches), or an SQL expression over the texts of a row by column name (the first row for which it is true). sheets: all sheets whose names match, "~regexp", one after the other. date_order (DMY, MDY, YMD), decimal ("," or "."), time_zone: how texts are read as dates, numbers and times; without them, the values of the column decide, and what has two readings is refused. no_value: what a formula is that was never calculated, "error" (the default) or "null". target_by: what is meant when the table is renamed, dropped or replaced by another: "name" (the table that bears the name, with a notice and a note of the task; the default; a table that was merely renamed stays the target) or "table" (the table itself, whatever its name). target: another table. scope: the rows that a file of mode sync is all of, an SQL condition on a row of the target, which is called r, such as project_id = (params ->> ''project'')::bigint; "true" for all rows. Without one an import needs max_absent. absent: what becomes of rows in scope that the file lacks: "delete" (the default), "report" (they are only counted), or what an UPDATE sets, such as deleted_at = now(); rows that it would not change are left out. Rows with an error are in the file, too; where the key of one cannot be read, none goes. max_absent: how many may go, "100", or "10%" of the rows that were in scope; if there are more, the task fails and saves nothing. allow_empty: a file without a good row may empty the scope, or in mode replace the target; it does nothing otherwise. delete_when: SQL expression over the texts of a row, as stop_at; a row for which it is true deletes the row of the target that has its key, in upsert, update and sync. blank_cells: what a blank cell does, "keep" (a row that is updated keeps what it has, a new row gets the default; the default), "null" (it clears; NOT NULL columns refuse it as required) or "default" (it writes the default, in updates too); columns that the sheet lacks are never touched. clear_token: a text that clears, whatever blank_cells is. hold: its tasks wait for xlsx.release; four_eyes: of somebody else than who submitted them. on_duplicate: what becomes of a file that the same role has imported before by this profile: warn (it is imported, and duplicate_of names the earlier task), reject (SQLSTATE 23505) or import. on_end: function, schema.name, that the import calls with the id of its task (bigint) in its last transaction, as the role that submitted it, when it ends as COMPLETED or HAS_ERRORS and is no dry run. If the function fails, the task fails with its error. settings: names of custom settings, such as app.tenant or request.jwt.claims, whose values in the submitting session an import carries along: policies, triggers and all SQL of the import, of xlsx.undo and of xlsx.delete find them. webhooks: addresses (https://…, at most 10) to which the sidecar sends the event at the end of each task, task-completed, task-failed or task-undone; xlsx.webhook_deliveries says what became of it.';

-- It takes what xlsx.alter_profile takes. So the parameters are made of the other's, and an option is added there alone.
DO $$
DECLARE
  options text;
BEGIN
  SELECT string_agg(format('%I %s DEFAULT NULL', p.proargnames[o.place], format_type(o.type, NULL)), ', ' ORDER BY o.place) INTO options
  FROM pg_proc p, unnest(p.proargtypes) WITH ORDINALITY AS o (type, place)
  WHERE p.oid = 'xlsx.alter_profile'::regproc AND p.proargnames[o.place] <> ALL ('{profile,target,target_by}');
  EXECUTE format('CREATE FUNCTION xlsx.create_profile(name text, target regclass, task_column name DEFAULT NULL, headers jsonb DEFAULT NULL, include name[] DEFAULT NULL,
    target_by text DEFAULT NULL, %s, or_replace boolean DEFAULT NULL) RETURNS bigint AS %L, %L LANGUAGE C VOLATILE',
    options, 'MODULE_PATHNAME', 'pg_xlsx_as_owner_by_name');
END
$$;
COMMENT ON FUNCTION xlsx.create_profile IS
'Makes a profile from a table and returns its id. Each column gets a header made of its name (bio_id: Bio ID), or the one in headers ({"bio_id": "Bio-ID"}); identity, serial and generated columns and task_column are left out. include: columns that would fill themselves and are taken in all the same, ''{id}''; a blank cell then makes a new number, and the sequence passes the numbers of the file. A column that is NOT NULL without a default is required. The comment of a column is its label in messages. Columns that the table gets later are taken in. task_column: receives the id of the task that saved the row. or_replace: a profile of that name is made anew: its columns, rules and options are as if it were new; its id, its owner and the limits of its queue stay, and so do its tasks, with the profile as it was when they were submitted. All others: as in xlsx.alter_profile. Needs INSERT on the target.';

CREATE FUNCTION xlsx_private.class_of(target regclass, column_name name, of_elements boolean) RETURNS text
AS 'MODULE_PATHNAME', 'pg_xlsx_class_of' LANGUAGE C STABLE STRICT;
COMMENT ON FUNCTION xlsx_private.class_of(regclass, name, boolean) IS
'How cells become values of a column, by its type or that below its domain: text, integer, float, boolean, date, timestamp, numeric or other. of_elements: that of the elements of an array. NULL if there is no such column.';

CREATE FUNCTION xlsx_private.require_effect(target regclass, column_name name, options jsonb, splits boolean) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  kind text := xlsx_private.class_of(target, column_name, splits);
  idle text;
  column_type text;
BEGIN
  idle := CASE
    WHEN options ->> 'date_order' IS NOT NULL AND kind NOT IN ('date', 'timestamp') THEN 'date_order'
    WHEN options ->> 'format' IS NOT NULL AND kind NOT IN ('date', 'timestamp') THEN 'format'
    WHEN options ->> 'time_zone' IS NOT NULL AND kind <> 'timestamp' THEN 'time_zone'
    WHEN options ->> 'decimal' IS NOT NULL AND kind NOT IN ('integer', 'numeric', 'float') THEN 'decimal'
    WHEN options ->> 'rounding' IS NOT NULL AND (splits OR kind NOT IN ('integer', 'numeric')) THEN 'rounding' END;
  IF idle IS NOT NULL THEN
    SELECT format_type(a.atttypid, a.atttypmod) INTO column_type FROM pg_attribute a WHERE a.attrelid = target AND a.attname = require_effect.column_name;
    RAISE EXCEPTION 'option "%" has no effect on column "%"', idle, column_name USING ERRCODE = 'invalid_parameter_value',
      DETAIL = format('The column is of type %s.', column_type),
      HINT = 'date_order and format are for dates, time_zone is for timestamps, decimal for numbers, rounding for integers and numeric.';
  END IF;
END
$$;
COMMENT ON FUNCTION xlsx_private.require_effect IS
'Raises an error if an option of how texts and numbers are read does nothing for a column, because of its type. options: those that are given now, by their names; a null is one that is reset. splits: the column takes lists (option split).';

-- The key of the table, if it is one column.
CREATE FUNCTION xlsx_private.only_key(relation regclass) RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT a.attname::text FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
  WHERE i.indrelid = relation AND i.indisprimary AND i.indnkeyatts = 1;
END;
COMMENT ON FUNCTION xlsx_private.only_key(regclass) IS 'The column that is the primary key of a table. NULL if there is no primary key, or one of several columns.';

CREATE FUNCTION xlsx_private.lookup_relation(target regclass, given text) RETURNS regclass
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  names text[] := parse_ident(given);
  found regclass := to_regclass(CASE WHEN cardinality(names) > 1 THEN given
    ELSE format('%I.%I', (SELECT c.relnamespace::regnamespace::text FROM pg_class c WHERE c.oid = target), names[1]) END);
BEGIN
  IF found IS NULL OR NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = found AND c.relkind IN ('r', 'p', 'v', 'm', 'f')) THEN
    RAISE EXCEPTION 'lookup_table "%" does not exist', given USING ERRCODE = 'undefined_table',
      DETAIL = 'A name without a schema is one in the schema of the target.', HINT = 'Write it as schema.table.';
  END IF;
  RETURN found;
END
$$;
COMMENT ON FUNCTION xlsx_private.lookup_relation(regclass, text) IS
'The table or view that a lookup reads. An error if there is none. A name without a schema is looked for in the schema of the target.';

-- What set_column has made of a column; the relation of lookup_table must have the others.
CREATE FUNCTION xlsx_private.check_lookup(target regclass, changed xlsx_private.profile_column) RETURNS xlsx_private.profile_column
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  relation regclass;
  takes_lists boolean := EXISTS (SELECT FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = target AND a.attname = changed.column_name AND t.typcategory = 'A');
  has_words boolean := coalesce(changed.lookup, changed.lookup_table) IS NOT NULL OR EXISTS (SELECT FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = target AND a.attname = changed.column_name AND t.typcategory IN ('S', 'E'));
BEGIN
  IF changed.lookup IS NOT NULL AND changed.lookup_table IS NOT NULL THEN
    RAISE EXCEPTION 'column "%" has a lookup and a lookup_table', changed.column_name USING ERRCODE = 'invalid_parameter_value',
      DETAIL = 'Both turn a text into a value.', HINT = 'Take one away: lookup => '''', or lookup_table => ''''.';
  ELSIF changed.lookup_table IS NULL AND (changed.lookup_key IS NOT NULL OR changed.lookup_value IS NOT NULL) THEN
    RAISE EXCEPTION 'lookup_key and lookup_value need a lookup_table' USING ERRCODE = 'invalid_parameter_value',
      DETAIL = 'They are columns of that table.', HINT = 'Give lookup_table.';
  ELSIF changed.multiple IS NOT NULL AND coalesce(changed.lookup, changed.lookup_table) IS NULL THEN
    RAISE EXCEPTION 'multiple needs a lookup' USING ERRCODE = 'invalid_parameter_value',
      DETAIL = 'It parts a cell whose words are looked up one by one.', HINT = 'Without a lookup, split => '';'' makes a list of the words.';
  ELSIF changed.ignore_case AND NOT has_words THEN
    RAISE EXCEPTION 'ignore_case has no effect on column "%"', changed.column_name USING ERRCODE = 'invalid_parameter_value',
      DETAIL = 'It says how the words of lookups, enums and rules one_of are compared.', HINT = 'Use it for a text, an enum, or a column with a lookup.';
  ELSIF changed.split IS NOT NULL AND coalesce(changed.lookup, changed.lookup_table, changed.transform) IS NOT NULL THEN
    RAISE EXCEPTION 'split goes with neither a lookup nor a transform' USING ERRCODE = 'invalid_parameter_value',
      DETAIL = 'It makes a list of the words of a cell.', HINT = 'With a lookup, use multiple. A transform can use string_to_array(value, '';'').';
  ELSIF coalesce(changed.multiple, changed.split) IS NOT NULL AND NOT takes_lists THEN
    RAISE EXCEPTION 'column "%" takes no list', changed.column_name USING ERRCODE = 'datatype_mismatch',
      DETAIL = 'multiple and split make a list of a cell.', HINT = 'Make the column an array, such as text[].';
  END IF;
  IF changed.lookup_table IS NOT NULL THEN
    IF changed.lookup_key IS NULL THEN
      RAISE EXCEPTION 'lookup_table needs lookup_key' USING ERRCODE = 'invalid_parameter_value',
        DETAIL = 'The texts of the cells are looked for in these columns of the table.', HINT = 'Write it as lookup_key => ''{code,name}''.';
    END IF;
    relation := xlsx_private.lookup_relation(target, changed.lookup_table);
    changed.lookup_table := (SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = relation);
    changed.lookup_value := coalesce(changed.lookup_value, xlsx_private.only_key(relation));
    IF changed.lookup_value IS NULL THEN
      RAISE EXCEPTION 'lookup_table "%" needs lookup_value', changed.lookup_table USING ERRCODE = 'invalid_parameter_value',
        DETAIL = 'The table has no primary key of one column.', HINT = 'Name the column whose values go into the target.';
    END IF;
    PERFORM xlsx_private.require_columns(relation, (changed.lookup_key || changed.lookup_value)::name[]);
  END IF;
  RETURN changed;
END
$$;
COMMENT ON FUNCTION xlsx_private.check_lookup(regclass, xlsx_private.profile_column) IS
'A column of a profile with the name of its lookup_table in full and lookup_value filled in. An error if its options about lookups and lists do not fit one another or the target.';

CREATE FUNCTION xlsx_private.set_column(caller regrole, profile text, column_name name, options jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  own_id bigint := xlsx_private.own_profile(caller, profile);
  changes jsonb := xlsx_private.checked_options('column', options);
  relation regclass;
  changed xlsx_private.profile_column;
BEGIN
  IF column_name IS NULL THEN
    RAISE EXCEPTION 'column_name must not be null' USING ERRCODE = 'invalid_parameter_value',
      DETAIL = 'set_column changes one column of the profile.', HINT = 'Give column_name.';
  END IF;
  SELECT p.target INTO relation FROM xlsx_private.profile p WHERE p.id = own_id;
  PERFORM xlsx_private.require_columns(relation, ARRAY[column_name]);
  -- Before there is a row, its defaults are those of live_column.
  SELECT * INTO changed FROM xlsx_private.profile_column c WHERE c.profile_id = own_id AND c.column_name = set_column.column_name;
  changed.column_name := column_name;
  changed.ignore_case := coalesce(changed.ignore_case, false);
  IF changes ? 'lookup_table' AND changes ->> 'lookup_table' IS NULL THEN
    changes := changes || '{"lookup_key": null, "lookup_value": null}';
  END IF;
  changed := jsonb_populate_record(changed, changes);
  IF changed.source = 'value' AND changed.transform IS NULL THEN
    RAISE EXCEPTION 'source "value" needs a transform' USING ERRCODE = 'invalid_parameter_value',
      DETAIL = 'Without a cell, the transformation alone says what the value is.', HINT = 'Give transform, or another source.';
  END IF;
  IF changed.param IS NOT NULL AND changed.source <> 'param' THEN
    RAISE EXCEPTION 'param needs the source "param"' USING ERRCODE = 'invalid_parameter_value',
      DETAIL = 'It names the member of the params of an import that the column takes.', HINT = 'Give source => ''param'', or take param away: param => ''''.';
  END IF;
  IF coalesce(changed.source, 'cell') <> 'none' THEN
    -- What create_profile has included may stay.
    PERFORM xlsx_private.require_fillable(relation, column_name)
    WHERE NOT EXISTS (SELECT FROM xlsx_private.profile_column c JOIN xlsx_private.profile p ON p.id = c.profile_id
      JOIN pg_attribute a ON a.attrelid = relation AND a.attname = c.column_name AND a.attidentity = 'a'
      WHERE p.name = set_column.profile AND c.column_name = set_column.column_name);
  END IF;
  changed := xlsx_private.check_lookup(relation, changed);
  PERFORM xlsx_private.check_clear_token(coalesce(changed.clear_token, p.clear_token), coalesce(changed.null_tokens, p.null_tokens))
  FROM xlsx_private.profile p WHERE p.id = own_id;
  PERFORM xlsx_private.require_effect(relation, column_name, changes, changed.split IS NOT NULL);
  IF changes ? 'header' AND NOT changes ? 'label' AND col_description(relation, (SELECT a.attnum FROM pg_attribute a
    WHERE a.attrelid = relation AND a.attname = set_column.column_name)) IS NULL THEN
    changed.label := translate(changed.header, '-_', '  ');
    changes := changes || '{"label": true}';
  END IF;
  changed.custom := true;
  changes := changes || jsonb_build_object('custom', true, 'lookup_table', changed.lookup_table, 'lookup_value', changed.lookup_value);
  INSERT INTO xlsx_private.profile_column (profile_id, position, column_name, header, label)
  SELECT own_id, a.attnum, a.attname, xlsx_private.header_of(a.attname),
    coalesce(nullif(btrim(col_description(relation, a.attnum)), ''), translate(xlsx_private.header_of(a.attname), '-_', '  '))
  FROM pg_attribute a
  WHERE a.attrelid = relation AND a.attname = set_column.column_name
  ON CONFLICT DO NOTHING;
  EXECUTE 'UPDATE xlsx_private.profile_column SET ' || xlsx_private.assignments(changes) || ' WHERE profile_id = $2 AND column_name = $3'
  USING changed, own_id, set_column.column_name;
END
$$;
COMMENT ON FUNCTION xlsx_private.set_column IS
'As the function without caller, with the rights of the owner of the tables. caller: role that calls. options: by their names.';

CREATE FUNCTION xlsx.set_column(profile text, column_name name, header text DEFAULT NULL, label text DEFAULT NULL,
  aliases text[] DEFAULT NULL, pattern text DEFAULT NULL, "position" int DEFAULT NULL, required boolean DEFAULT NULL,
  default_value text DEFAULT NULL, transform text DEFAULT NULL, lookup text DEFAULT NULL, source text DEFAULT NULL,
  null_tokens text[] DEFAULT NULL, trim_cells boolean DEFAULT NULL, messages jsonb DEFAULT NULL, lookup_table text DEFAULT NULL,
  lookup_key text[] DEFAULT NULL, lookup_value text DEFAULT NULL, multiple text DEFAULT NULL, ignore_case boolean DEFAULT NULL,
  date_order text DEFAULT NULL, "decimal" text DEFAULT NULL, time_zone text DEFAULT NULL, format text DEFAULT NULL, rounding text DEFAULT NULL,
  split text DEFAULT NULL, param text DEFAULT NULL, blank_cells text DEFAULT NULL, clear_token text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_as_owner_by_name' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx.set_column IS
'Changes how a column of the target is filled. NULL leaves an option unchanged; an empty text or array resets it. header, aliases, pattern (regular expression): how the column is found in the sheet. label: its name in messages. position: its place in templates and errors workbooks. required: a blank cell is an error, also where the target allows NULL. default_value: for blank cells. transform: SQL expression over the texts of the row by column name; "value" is the text of this column. It also sees kind (text, number, date, boolean, error, blank), number_format and raw of its cell, and extra, the other columns of the sheet as jsonb. The row is called r, for subqueries. lookup: query with two columns that turns a text into a value, SELECT name, id FROM department. lookup_table, lookup_key, lookup_value: the same without SQL; the text is looked for in all columns of lookup_key; the value is that of lookup_value, of the primary key by default. multiple: what separates the words of a cell that are looked up one by one, for an array. split: what separates the elements of an array in a cell. ignore_case: words of lookups, enums and rules one_of are compared without case and accents, and stored as the enum or the rule has them. source: cell, value (transform without a cell), task_id, row_number, file_name, sheet_name, extra (the other columns of the sheet as jsonb), param (a member of the params of the import: that of the column''s name, or the one that param names; a member that is not given is like a blank cell), none. null_tokens: texts that mean blank. trim_cells: removes spaces around texts. messages: texts by code, {"required": "…"}, or by code and locale, {"required": {"de": "…"}}; also for what the target refuses: unique, check, foreign_key, exclusion, not_null. They go before the comment on a constraint, and that before the built-in message in the language of locale. date_order, decimal, time_zone: as in xlsx.alter_profile, for this column. format: how dates are written in texts, DD.MM.YYYY or D MONTH YYYY HH24:MI; ISO dates are read too. rounding: what becomes of digits for which the column has no room, "error" (the default), "half_up" or "half_even". blank_cells, clear_token: as in xlsx.alter_profile, for this column; default_value then is what a new row gets, and what "default" writes; a NULL result of transform or lookup counts as a blank cell.';

CREATE FUNCTION xlsx_private.check_rule(kind text, column_name name, argument text[], severity text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF kind IS NULL OR kind <> ALL (xlsx_private.names_of('rule')) THEN
    RAISE EXCEPTION 'rule "%" does not exist', coalesce(kind, 'NULL') USING ERRCODE = 'invalid_parameter_value',
      HINT = format('The rules are %s.', xlsx_private.sentence_of('rule'));
  END IF;
  IF column_name IS NULL AND kind <> 'expression' THEN
    RAISE EXCEPTION 'rule "%" needs a column', kind USING ERRCODE = 'invalid_parameter_value',
      DETAIL = 'Only a rule "expression" can be about the whole row.', HINT = 'Give column_name.';
  END IF;
  IF severity IS NULL OR severity <> ALL (xlsx_private.names_of('severity')) THEN
    RAISE EXCEPTION 'severity "%" does not exist', coalesce(severity, 'NULL') USING ERRCODE = 'invalid_parameter_value',
      DETAIL = 'A row that breaks a rule is refused, or saved with a warning.', HINT = format('It is %s.', xlsx_private.choices_of('severity'));
  END IF;
  PERFORM xlsx_private.check_texts(argument, 'argument');
  IF NOT xlsx_private.rule_takes(kind, coalesce(cardinality(argument), 0)) THEN
    RAISE EXCEPTION 'rule "%" has a wrong number of arguments', kind USING ERRCODE = 'invalid_parameter_value',
      HINT = 'min, max, min_length, max_length, pattern and expression take one, one_of one or more, required and unique none.';
  END IF;
  IF kind IN ('min_length', 'max_length') AND argument[1] !~ format('^[0-9]{1,%s}$', xlsx_private.number_of('length_digits')) THEN
    RAISE EXCEPTION 'rule "%" takes a number of characters, not "%"', kind, argument[1] USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF kind = 'pattern' THEN
    PERFORM xlsx_private.check_pattern(argument[1]);
  ELSIF kind = 'expression' AND argument[1] = '' THEN
    RAISE EXCEPTION 'rule "expression" is empty' USING ERRCODE = 'invalid_parameter_value',
      DETAIL = 'It is an SQL expression over the values of a row.', HINT = 'Write it as {"starts <= ends"}.';
  ELSIF kind = 'expression' THEN
    PERFORM xlsx_private.check_expression(argument[1], 'expression');
  END IF;
END
$$;
COMMENT ON FUNCTION xlsx_private.check_rule(text, name, text[], text) IS
'Raises an error unless a rule of this kind can have this column, these arguments and this severity.';

CREATE FUNCTION xlsx_private.add_rule(caller regrole, profile text, kind text, column_name name, argument text[], message text, severity text,
  name text, messages jsonb)
RETURNS text
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  own_id bigint := xlsx_private.own_profile(caller, profile);
  base text := coalesce(name, CASE WHEN column_name IS NULL THEN kind ELSE column_name || '_' || kind END);
  chosen text := base;
  ordinal int;
BEGIN
  PERFORM xlsx_private.require_columns(p.target, ARRAY[column_name]) FROM xlsx_private.profile p WHERE p.id = own_id;
  PERFORM xlsx_private.check_rule(kind, column_name, argument, severity);
  PERFORM xlsx_private.check_messages(messages, 'messages');
  IF name = '' THEN
    RAISE EXCEPTION 'the name of a rule must not be empty' USING ERRCODE = 'invalid_parameter_value',
      DETAIL = 'Errors name the rule.', HINT = 'NULL makes a name of the column and the kind.';
  END IF;
  SELECT coalesce(max(r.position), 0) + 1 INTO ordinal FROM xlsx_private.profile_rule r WHERE r.profile_id = own_id;
  IF name IS NULL AND EXISTS (SELECT FROM xlsx_private.profile_rule r WHERE r.profile_id = own_id AND r.name = base) THEN
    chosen := base || '_' || ordinal;
  END IF;
  INSERT INTO xlsx_private.profile_rule (profile_id, name, position, column_name, kind, argument, severity, messages)
  VALUES (own_id, chosen, ordinal, add_rule.column_name, add_rule.kind, coalesce(add_rule.argument, '{}'), add_rule.severity,
    coalesce(add_rule.messages, '{}') || CASE WHEN message IS NULL THEN '{}' ELSE jsonb_build_object('', message) END)
  ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'profile "%" has a rule "%" already', profile, chosen USING ERRCODE = 'duplicate_object',
      HINT = 'Drop it with xlsx.drop_rule, or give another name.';
  END IF;
  RETURN chosen;
END
$$;
COMMENT ON FUNCTION xlsx_private.add_rule(regrole, text, text, name, text[], text, text, text, jsonb) IS
'As the function without caller, with the rights of the owner of the tables. caller: role that calls.';

CREATE FUNCTION xlsx.add_rule(profile text, kind text, column_name name DEFAULT NULL, argument text[] DEFAULT '{}',
  message text DEFAULT NULL, severity text DEFAULT 'error', name text DEFAULT NULL, messages jsonb DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'pg_xlsx_as_owner' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx.add_rule IS
'Adds a rule to a profile and returns its name. kind: required, min, max, min_length, max_length, pattern (regular expression that must match), one_of, unique (within the file), expression (SQL over the values of the row by column name; false is a violation). argument: the values of the rule. severity: "error" (the row is not saved) or "warning" (the row is saved). message: text of the violation; messages: the same by locale, {"de": "…"}. In both, {label}, {value} and {cell} stand for those of the column; in an expression, for those of all columns that it reads, separated by commas. {label} of an expression that reads no column is the name of the rule.';

CREATE FUNCTION xlsx_private.drop_rule(caller regrole, profile text, name text) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  own_id bigint := xlsx_private.own_profile(caller, profile);
BEGIN
  DELETE FROM xlsx_private.profile_rule r WHERE r.profile_id = own_id AND r.name = drop_rule.name;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'profile "%" has no rule "%"', profile, name USING ERRCODE = 'undefined_object';
  END IF;
END
$$;
COMMENT ON FUNCTION xlsx_private.drop_rule(regrole, text, text) IS
'As the function without caller, with the rights of the owner of the tables. caller: role that calls.';

CREATE FUNCTION xlsx.drop_rule(profile text, name text) RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_as_owner' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx.drop_rule(text, text) IS 'Removes a rule of a profile.';

-- What is misspelled would do nothing.
CREATE FUNCTION xlsx_private.require_members(item jsonb, known text[], what text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  unknown text;
BEGIN
  IF jsonb_typeof(item) IS DISTINCT FROM 'object' THEN
    RAISE EXCEPTION '% must be a JSON object', what USING ERRCODE = 'invalid_parameter_value',
      DETAIL = format('It is of type %s.', coalesce(jsonb_typeof(item), 'NULL')), HINT = 'xlsx.profile_json shows how a profile is written.';
  END IF;
  SELECT min(k) INTO unknown FROM jsonb_object_keys(item) AS k WHERE k <> ALL (known);
  IF unknown IS NOT NULL THEN
    RAISE EXCEPTION '%', format('unknown field "%s"', unknown) || coalesce('; did you mean "' || xlsx_private.nearest_of(unknown, known) || '"?', '')
      USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It stands in %s.', what),
      HINT = 'xlsx.profile_json shows how a profile is written.';
  END IF;
END
$$;
COMMENT ON FUNCTION xlsx_private.require_members(jsonb, text[], text) IS
'Raises an error unless a value is a JSON object that has no other members than the known ones.';

CREATE FUNCTION xlsx_private.check_definition(definition jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  part text;
  item jsonb;
BEGIN
  PERFORM xlsx_private.require_members(definition, ARRAY(SELECT a.attname::text FROM pg_attribute a
    WHERE a.attrelid = 'xlsx_private.profile'::regclass AND a.attnum > 0 ORDER BY a.attnum) || '{columns,rules}', 'a profile');
  FOREACH part IN ARRAY ARRAY['column', 'rule'] LOOP
    CONTINUE WHEN jsonb_typeof(definition -> (part || 's')) IS NULL OR jsonb_typeof(definition -> (part || 's')) = 'null';
    IF jsonb_typeof(definition -> (part || 's')) <> 'array' THEN
      RAISE EXCEPTION '% of a profile must be a JSON array', part || 's' USING ERRCODE = 'invalid_parameter_value',
        HINT = 'xlsx.profile_json shows how a profile is written.';
    END IF;
    FOR item IN SELECT jsonb_array_elements(definition -> (part || 's')) LOOP
      PERFORM xlsx_private.require_members(item, ARRAY(SELECT a.attname::text FROM pg_attribute a
        WHERE a.attrelid = ('xlsx_private.profile_' || part)::regclass AND a.attnum > 1 ORDER BY a.attnum), 'a ' || part || ' of a profile');
    END LOOP;
  END LOOP;
  RETURN definition;
END
$$;
COMMENT ON FUNCTION xlsx_private.check_definition(jsonb) IS 'Returns a profile as JSON; raises an error if the value is not a profile.';

CREATE FUNCTION xlsx_private.create_profile_from_json(caller regrole, definition jsonb, options jsonb) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  given jsonb := xlsx_private.check_definition(definition);
  new_name text := coalesce(options ->> 'name', given ->> 'name');
  new_id bigint := xlsx_private.create_profile(caller, new_name, coalesce((options ->> 'target')::oid::regclass, (given ->> 'target')::regclass),
    (given - '{id,name,target,owner,created_at,columns,rules}'::text[]) || jsonb_build_object('or_replace', options -> 'or_replace',
      'include', (SELECT jsonb_agg(c -> 'column_name') FROM jsonb_array_elements(coalesce(nullif(given -> 'columns', 'null'), '[]')) AS c
        JOIN pg_attribute a ON a.attrelid = coalesce((options ->> 'target')::oid, (given ->> 'target')::regclass::oid)
          AND a.attname = c ->> 'column_name' AND a.attidentity = 'a' WHERE coalesce(c ->> 'source', 'cell') <> 'none')));
  item jsonb;
  given_rule xlsx_private.profile_rule;
BEGIN
  FOR item IN SELECT c FROM jsonb_array_elements(coalesce(nullif(given -> 'columns', 'null'), '[]')) AS c LOOP
    PERFORM xlsx_private.set_column(caller, new_name, (item ->> 'column_name')::name, item - '{column_name,custom}'::text[]);
    UPDATE xlsx_private.profile_column c SET custom = coalesce((item ->> 'custom')::boolean, true)
    WHERE c.profile_id = new_id AND c.column_name = (item ->> 'column_name')::name;
  END LOOP;
  FOR given_rule IN SELECT * FROM jsonb_populate_recordset(NULL::xlsx_private.profile_rule, definition -> 'rules') ORDER BY "position" LOOP
    PERFORM xlsx_private.add_rule(caller, new_name, given_rule.kind, given_rule.column_name, given_rule.argument, NULL,
      coalesce(given_rule.severity, 'error'), given_rule.name, given_rule.messages);
  END LOOP;
  RETURN new_id;
END
$$;
COMMENT ON FUNCTION xlsx_private.create_profile_from_json IS
'As the function without caller, with the rights of the owner of the tables. caller: role that calls.';

CREATE FUNCTION xlsx.create_profile_from_json(definition jsonb, name text DEFAULT NULL, target regclass DEFAULT NULL,
  or_replace boolean DEFAULT NULL)
RETURNS bigint
AS 'MODULE_PATHNAME', 'pg_xlsx_as_owner_by_name' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx.create_profile_from_json IS
'Makes a profile from the result of xlsx.profile_json, of this server or another, and returns its id. name, target: in place of those in definition. or_replace: as in xlsx.create_profile.';
