/*
 * pg_xlsx 1.0
 *
 * Schema xlsx is what people call; schema xlsx_private holds the tables.
 * Rights: xlsx_user may import and sees what is his, xlsx_notifier serves a
 * web frontend, xlsx_admin sees everything.  The tables can only be read
 * through the views, under row-level security; the C functions write them as
 * the owner of the extension.
 */
\echo Use "CREATE EXTENSION pg_xlsx" to load this file. \quit

DO $$
DECLARE
  role text;
BEGIN
  FOREACH role IN ARRAY ARRAY['xlsx_user', 'xlsx_notifier', 'xlsx_admin'] LOOP
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = role) THEN
      EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN', role);
    END IF;
  END LOOP;
  -- Both do all that a user does, and more.
  GRANT xlsx_user TO xlsx_notifier, xlsx_admin;
END
$$;

CREATE SCHEMA xlsx_private;
COMMENT ON SCHEMA xlsx IS 'Reads workbooks, imports them into tables, and tells how far it is.';
COMMENT ON SCHEMA xlsx_private IS 'Tables of pg_xlsx; use the views and functions of schema xlsx.';
GRANT USAGE ON SCHEMA xlsx TO PUBLIC;
-- The views run with the rights of their caller, so the caller must reach the tables.
GRANT USAGE ON SCHEMA xlsx_private TO xlsx_user;

/*
 * Reading without importing
 */

CREATE FUNCTION xlsx.sheets(file bytea, OUT sheet int, OUT name text, OUT state text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pg_xlsx_sheets' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION xlsx.sheets(bytea) IS
'Worksheets of a workbook in its order, counted from 1; state is visible or hidden.';

CREATE FUNCTION xlsx.cells(file bytea, sheet text DEFAULT NULL, range text DEFAULT NULL,
  OUT sheet int, OUT "row" int, OUT col text, OUT kind text, OUT value text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pg_xlsx_cells' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION xlsx.cells(bytea, text, text) IS
'Cells of a workbook that hold a value, in file order: sheet number, row, column letters, kind (number, text, bool, date, error), value as text. sheet: name, all by default; range: such as A2:C100, A:C or 2:100.';

/*
 * Tables
 */

CREATE TABLE xlsx_private.profile (
  id          bigint   GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name        text     NOT NULL UNIQUE CHECK (name <> ''),
  target      regclass NOT NULL,
  task_column name,
  owner       regrole  NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE xlsx_private.profile IS 'How the columns of a sheet become the columns of a table.';

CREATE TABLE xlsx_private.profile_column (
  profile_id  bigint NOT NULL REFERENCES xlsx_private.profile ON DELETE CASCADE,
  position    int    NOT NULL,
  column_name name   NOT NULL,
  header      text   NOT NULL CHECK (header <> ''),
  label       text   NOT NULL CHECK (label <> ''),
  PRIMARY KEY (profile_id, position)
);
COMMENT ON TABLE xlsx_private.profile_column IS
'Columns of a profile; types and constraints are not copied, they are read from the target at each import.';

CREATE TABLE xlsx_private.file (
  id         bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name       text    NOT NULL,
  size       bigint  NOT NULL DEFAULT 0,
  complete   boolean NOT NULL DEFAULT false,
  profile    text,
  options    jsonb,
  owner      regrole NOT NULL,
  used_at    timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE xlsx_private.file IS 'Uploaded workbooks that wait for their task.';

CREATE TABLE xlsx_private.chunk (
  file_id bigint NOT NULL REFERENCES xlsx_private.file ON DELETE CASCADE,
  no      int    NOT NULL,
  data    bytea  NOT NULL,
  PRIMARY KEY (file_id, no)
);
-- Zip data and packets do not compress; uncompressed they are read in place.
ALTER TABLE xlsx_private.chunk ALTER data SET STORAGE EXTERNAL;
COMMENT ON TABLE xlsx_private.chunk IS 'Bytes of a file, 256 kB each; all but the last are full.';

-- The row is rewritten by every batch: room on its page keeps those updates HOT.
CREATE TABLE xlsx_private.task (
  id              bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  profile_id      bigint  REFERENCES xlsx_private.profile ON DELETE SET NULL,
  profile         text    NOT NULL,
  file_id         bigint  REFERENCES xlsx_private.file ON DELETE SET NULL,
  file_name       text    NOT NULL,
  file_size       bigint  NOT NULL,
  owner           regrole NOT NULL,
  login           regrole NOT NULL,
  status          text    NOT NULL DEFAULT 'PENDING'
    CHECK (status IN ('PENDING', 'PROCESSING', 'COMPLETED', 'HAS_ERRORS', 'FAILED', 'CANCELLED')),
  phase           text
    CHECK (phase IN ('LOADING_WORKBOOK', 'VALIDATING_HEADERS', 'VALIDATING', 'SAVING')),
  phase_progress  int     NOT NULL DEFAULT 0 CHECK (phase_progress BETWEEN 0 AND 100),
  progress        int     NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
  total_rows      bigint  NOT NULL DEFAULT 0,
  validated_rows  bigint  NOT NULL DEFAULT 0,
  error_rows      bigint  NOT NULL DEFAULT 0,
  saved_rows      bigint  NOT NULL DEFAULT 0,
  attempts        int     NOT NULL DEFAULT 0,
  deaths          int     NOT NULL DEFAULT 0,
  run_at          timestamptz NOT NULL DEFAULT pg_catalog.now(),
  priority        int     NOT NULL DEFAULT 0,
  idempotency_key text,
  sheet           text,
  source_columns  int[],
  cursor_row      bigint  NOT NULL DEFAULT 0,
  validated       boolean NOT NULL DEFAULT false,
  packets         int     NOT NULL DEFAULT 0,
  packets_saved   int     NOT NULL DEFAULT 0,
  seq             bigint  NOT NULL DEFAULT 0,
  worker_pid      int,
  time_zone       text    NOT NULL,
  date_style      text    NOT NULL,
  error_code      text,
  error_message   text,
  error_detail    text,
  error_hint      text,
  created_at      timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  updated_at      timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  started_at      timestamptz,
  completed_at    timestamptz
) WITH (fillfactor = 50);
COMMENT ON TABLE xlsx_private.task IS
'One import: its state, its counters and how far it has come, written in the same transactions as its rows.';
COMMENT ON COLUMN xlsx_private.task.deaths IS 'Workers that died on it in a row without committing a batch.';
COMMENT ON COLUMN xlsx_private.task.source_columns IS 'Sheet column of each profile column, 0 for none.';
COMMENT ON COLUMN xlsx_private.task.cursor_row IS 'Last sheet row whose outcome is committed.';
COMMENT ON COLUMN xlsx_private.task.seq IS 'Number of the last event.';

CREATE INDEX task_active ON xlsx_private.task (priority DESC, run_at, id) WHERE status IN ('PENDING', 'PROCESSING');
CREATE INDEX task_file ON xlsx_private.task (file_id);
CREATE UNIQUE INDEX task_idempotency_key ON xlsx_private.task (owner, idempotency_key)
  WHERE idempotency_key IS NOT NULL;

CREATE TABLE xlsx_private.packet (
  task_id bigint NOT NULL REFERENCES xlsx_private.task ON DELETE CASCADE,
  no      int    NOT NULL,
  data    bytea  NOT NULL,
  PRIMARY KEY (task_id, no)
);
-- Zip data and packets do not compress; uncompressed they are read in place.
ALTER TABLE xlsx_private.packet ALTER data SET STORAGE EXTERNAL;
COMMENT ON TABLE xlsx_private.packet IS 'Checked rows, up to 1000 each, that wait to be saved.';

-- No foreign key: a check per row would be the dearest part of a bad row; remove_task deletes them.
CREATE TABLE xlsx_private.error_row (
  task_id    bigint NOT NULL,
  row_number int    NOT NULL,
  cells      text[] NOT NULL,
  violations jsonb  NOT NULL,
  PRIMARY KEY (task_id, row_number)
);
COMMENT ON TABLE xlsx_private.error_row IS
'Rows that were not saved: original values in the order of the profile, and what was wrong with them.';

/*
 * Who sees what: the owner, whoever may act as the owner, and the two
 * roles that serve everybody.  The row of a file and the chunks stay private.
 */

CREATE FUNCTION xlsx_private.may_see(owner regrole) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN pg_catalog.pg_has_role(owner::pg_catalog.oid, 'USAGE')
  OR pg_catalog.pg_has_role('xlsx_admin', 'USAGE')
  OR pg_catalog.pg_has_role('xlsx_notifier', 'USAGE');
COMMENT ON FUNCTION xlsx_private.may_see(regrole) IS 'May the current role see what belongs to owner?';

CREATE FUNCTION xlsx_private.may_act(owner regrole) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN pg_catalog.pg_has_role(owner::pg_catalog.oid, 'USAGE') OR pg_catalog.pg_has_role('xlsx_admin', 'USAGE');
COMMENT ON FUNCTION xlsx_private.may_act(regrole) IS 'May the current role change what belongs to owner?';

ALTER TABLE xlsx_private.profile ENABLE ROW LEVEL SECURITY;
ALTER TABLE xlsx_private.profile_column ENABLE ROW LEVEL SECURITY;
ALTER TABLE xlsx_private.task ENABLE ROW LEVEL SECURITY;
ALTER TABLE xlsx_private.error_row ENABLE ROW LEVEL SECURITY;
-- A profile is a description of a table, not data: whoever may import may use it.
CREATE POLICY profile_read ON xlsx_private.profile FOR SELECT USING (true);
CREATE POLICY profile_write ON xlsx_private.profile
  USING (xlsx_private.may_act(owner)) WITH CHECK (owner = current_user::regrole);
CREATE POLICY profile_column_read ON xlsx_private.profile_column FOR SELECT USING (true);
CREATE POLICY profile_column_write ON xlsx_private.profile_column
  USING (EXISTS (SELECT FROM xlsx_private.profile p WHERE p.id = profile_id AND xlsx_private.may_act(p.owner)));
CREATE POLICY task_owner ON xlsx_private.task FOR SELECT USING (xlsx_private.may_see(owner));
-- The subquery runs under the policy of task.
CREATE POLICY error_row_owner ON xlsx_private.error_row FOR SELECT
  USING (EXISTS (SELECT FROM xlsx_private.task t WHERE t.id = task_id));
GRANT SELECT ON xlsx_private.profile, xlsx_private.profile_column, xlsx_private.task, xlsx_private.error_row
  TO xlsx_user;
-- Profiles are written by the caller's own rights; the policies keep everybody to his own.
GRANT INSERT, UPDATE, DELETE ON xlsx_private.profile, xlsx_private.profile_column TO xlsx_user;

-- A dump carries tasks, and files and packets that still wait.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['profile', 'profile_column', 'file', 'chunk', 'task', 'packet', 'error_row',
    'profile_id_seq', 'file_id_seq', 'task_id_seq'] LOOP
    PERFORM pg_catalog.pg_extension_config_dump('xlsx_private.' || name, '');
  END LOOP;
END
$$;

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

/*
 * Tasks
 */

CREATE FUNCTION xlsx.submit(profile text, file bytea, file_name text DEFAULT 'upload.xlsx',
  run_at timestamptz DEFAULT NULL, priority int DEFAULT 0, idempotency_key text DEFAULT NULL, sheet text DEFAULT NULL)
RETURNS bigint
AS 'MODULE_PATHNAME', 'pg_xlsx_submit' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx.submit(text, bytea, text, timestamptz, int, text, text) IS
'Stores a workbook and returns the id of the task that imports it in the background, as the current role, after the commit. profile NULL: the default one; sheet: its name, the first one by default. The same idempotency_key again returns the first task.';

CREATE VIEW xlsx.tasks WITH (security_invoker = true) AS
SELECT id, profile, file_name, file_size, status, phase, progress, total_rows, validated_rows, error_rows, saved_rows,
  attempts, error_message, owner, created_at, updated_at, started_at, completed_at,
  error_code, error_detail, error_hint, run_at, priority, idempotency_key, seq
FROM xlsx_private.task;
COMMENT ON VIEW xlsx.tasks IS 'Imports of the current role, and their progress.';

CREATE FUNCTION xlsx.task_errors(task bigint,
  OUT row_number int, OUT column_name text, OUT cell text, OUT code text, OUT message text, OUT value text,
  OUT detail text, OUT hint text, OUT constraint_name text, OUT "values" jsonb)
RETURNS SETOF record
LANGUAGE sql STABLE ROWS 1000
BEGIN ATOMIC
  SELECT e.row_number, v.item ->> 'column', v.item ->> 'cell', v.item ->> 'code', v.item ->> 'message',
    v.item ->> 'value', v.item ->> 'detail', v.item ->> 'hint', v.item ->> 'constraint',
    pg_catalog.jsonb_object(p.headers, e.cells)
  FROM xlsx_private.error_row e
    JOIN xlsx_private.task t ON t.id = e.task_id
    LEFT JOIN xlsx.profiles p ON p.id = t.profile_id
    CROSS JOIN LATERAL pg_catalog.jsonb_array_elements(e.violations) WITH ORDINALITY AS v (item, position)
  WHERE e.task_id = task
  ORDER BY e.row_number, v.position;
END;
COMMENT ON FUNCTION xlsx.task_errors(bigint) IS
'Violations of a task in row order: sheet row, header, cell, code, message, the value, and all original values of the row by header.';

CREATE FUNCTION xlsx.wait(task bigint, timeout interval DEFAULT NULL) RETURNS text
AS 'MODULE_PATHNAME', 'pg_xlsx_wait' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx.wait(bigint, interval) IS
'Waits until the task has ended and returns its status; after the timeout (none: for ever) the status it has then. The submit must have been committed.';

CREATE FUNCTION xlsx.cancel(task bigint) RETURNS text
AS 'MODULE_PATHNAME', 'pg_xlsx_cancel' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx.cancel(bigint) IS
'Stops a task that has not ended, and returns CANCELLED once its worker has stopped. Batches that are saved stay.';

CREATE FUNCTION xlsx.retry(task bigint) RETURNS text
AS 'MODULE_PATHNAME', 'pg_xlsx_retry' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx.retry(bigint) IS
'Queues a failed or cancelled task again; it goes on where it stopped, so no row is saved twice.';

CREATE FUNCTION xlsx_private.remove_task(task bigint) RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_remove_task' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx_private.remove_task(bigint) IS
'Removes a task that has ended, its errors and its file, if the current role may; xlsx.delete_task uses it.';

CREATE FUNCTION xlsx.delete_task(task bigint, OUT deleted_rows bigint, OUT message text)
LANGUAGE plpgsql VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  state text;
  target regclass;
  task_column name;
BEGIN
  SELECT t.status, p.target, p.task_column INTO state, target, task_column
  FROM xlsx_private.task t LEFT JOIN xlsx_private.profile p ON p.id = t.profile_id
  WHERE t.id = task;
  IF state IN ('PENDING', 'PROCESSING') THEN
    PERFORM xlsx.cancel(task);
  END IF;
  IF task_column IS NOT NULL AND EXISTS (SELECT FROM pg_class WHERE oid = target) THEN
    EXECUTE format('DELETE FROM %s WHERE %I = $1', target, task_column) USING task;
    GET DIAGNOSTICS deleted_rows = ROW_COUNT;
  END IF;
  PERFORM xlsx_private.remove_task(task);
  message := CASE WHEN deleted_rows IS NULL THEN
    'Task deleted; the rows it imported stay, because its profile names no column that holds the task id.'
    ELSE format('Task deleted with %s imported rows.', deleted_rows) END;
END
$$;
COMMENT ON FUNCTION xlsx.delete_task(bigint) IS
'Stops a task if it runs, and removes it with its errors and its file. The imported rows go too where the profile has a task_column; deleted_rows is NULL where it has none.';

CREATE FUNCTION xlsx.emit(task_id bigint, event text, payload json DEFAULT NULL) RETURNS bigint
AS 'MODULE_PATHNAME', 'pg_xlsx_emit' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx.emit(bigint, text, json) IS
'Sends an event of a task by NOTIFY on channel xlsx_task: "<task id> <event> <payload>", with taskId and seq put in front of the payload''s members. Returns seq.';

CREATE FUNCTION xlsx.errors_workbook(task bigint) RETURNS bytea
AS 'MODULE_PATHNAME', 'pg_xlsx_errors_workbook' LANGUAGE C STABLE STRICT;
COMMENT ON FUNCTION xlsx.errors_workbook(bigint) IS
'Workbook of the rows that were not saved: row number, original values as text, messages. NULL when there are none.';

CREATE FUNCTION xlsx.errors_workbook_chunks(task bigint) RETURNS SETOF bytea
AS 'MODULE_PATHNAME', 'pg_xlsx_errors_workbook_chunks' LANGUAGE C STABLE STRICT ROWS 100;
COMMENT ON FUNCTION xlsx.errors_workbook_chunks(bigint) IS
'The same workbook in pieces of up to 256 kB; call it in the select list to have them one by one.';

/*
 * Uploads in pieces, all in one transaction
 */

CREATE FUNCTION xlsx.upload_begin(profile text, file_name text, options json DEFAULT NULL) RETURNS bigint
AS 'MODULE_PATHNAME', 'pg_xlsx_upload_begin' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx.upload_begin(text, text, json) IS
'Begins an upload and returns its id. options: idempotencyKey, runAt, priority, sheet.';

CREATE FUNCTION xlsx.upload_chunk(upload bigint, no int, data bytea) RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_upload_chunk' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx.upload_chunk(bigint, int, bytea) IS
'Adds the next piece, counted from 0; all but the last have 262,144 bytes. The first one is refused when its content is no workbook.';

CREATE FUNCTION xlsx.upload_options(upload bigint, profile text, options json DEFAULT NULL) RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_upload_options' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx.upload_options(bigint, text, json) IS 'Replaces profile and options of an upload.';

CREATE FUNCTION xlsx_private.upload_finish(upload bigint, OUT task bigint, OUT created boolean)
AS 'MODULE_PATHNAME', 'pg_xlsx_upload_finish' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx_private.upload_finish(bigint) IS
'Ends an upload and queues its task; created is false when the idempotency key belongs to an earlier one.';

/*
 * JSON of the REST interface: the notifier passes on what comes from here.
 * Each returns the HTTP status and the body; failures are errors whose
 * SQLSTATE the notifier turns into a status.
 */

CREATE FUNCTION xlsx_private.iso(moment timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN pg_catalog.to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
COMMENT ON FUNCTION xlsx_private.iso(timestamptz) IS 'ISO 8601, UTC, milliseconds.';

CREATE FUNCTION xlsx.task_json(task bigint) RETURNS json
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT pg_catalog.json_build_object('id', t.id, 'profile', t.profile, 'fileName', t.file_name,
    'fileSize', t.file_size, 'status', t.status, 'phase', t.phase, 'progress', t.progress,
    'totalRows', t.total_rows, 'validatedRows', t.validated_rows, 'errorRows', t.error_rows,
    'savedRows', t.saved_rows, 'attempts', t.attempts, 'errorMessage', t.error_message,
    'createdAt', xlsx_private.iso(t.created_at), 'updatedAt', xlsx_private.iso(t.updated_at),
    'startedAt', xlsx_private.iso(t.started_at), 'completedAt', xlsx_private.iso(t.completed_at))
  FROM xlsx_private.task t WHERE t.id = task;
END;
COMMENT ON FUNCTION xlsx.task_json(bigint) IS 'A task as the REST interface shows it; NULL when there is none.';

CREATE FUNCTION xlsx_private.rest_id(id text) RETURNS bigint
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF id IS NULL OR id !~ '^-?[0-9]+$' OR id::numeric NOT BETWEEN -9223372036854775808 AND 9223372036854775807 THEN
    RAISE EXCEPTION 'Task ID must be an integer' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF NOT EXISTS (SELECT FROM xlsx_private.task t WHERE t.id = rest_id.id::bigint) THEN
    RAISE EXCEPTION 'Task with ID % not found', id::bigint USING ERRCODE = 'no_data_found';
  END IF;
  RETURN id::bigint;
END
$$;
COMMENT ON FUNCTION xlsx_private.rest_id(text) IS 'Id of a task that the current role may see, from a URL.';

CREATE FUNCTION xlsx_private.rest_integer(name text, given text, fallback int, highest int) RETURNS int
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF given IS NULL THEN
    RETURN fallback;
  END IF;
  IF given !~ '^[0-9]{1,18}$' OR given::bigint NOT BETWEEN 1 AND highest THEN
    RAISE EXCEPTION '% must be an integer between 1 and %', name, highest USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN given::int;
END
$$;
COMMENT ON FUNCTION xlsx_private.rest_integer(text, text, int, int) IS 'A number of a query string, from 1 to highest.';

CREATE FUNCTION xlsx_private.rest_page(data json, total bigint, page int, "limit" int) RETURNS json
LANGUAGE sql IMMUTABLE
RETURN pg_catalog.json_build_object('data', coalesce(data, '[]'::pg_catalog.json),
  'meta', pg_catalog.json_build_object('total', total, 'page', page, 'limit', "limit",
    'totalPages', (total + "limit" - 1) / "limit"));
COMMENT ON FUNCTION xlsx_private.rest_page(json, bigint, int, int) IS 'One page of a list with its meta part.';

CREATE FUNCTION xlsx.rest_tasks(page text, "limit" text, with_status text, OUT status int, OUT body json)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  page_no int := xlsx_private.rest_integer('page', page, 1, 1000000000);
  page_size int := xlsx_private.rest_integer('limit', "limit", 10, 100);
  wanted text := upper(with_status);
  total bigint;
  items json;
BEGIN
  IF wanted NOT IN ('PENDING', 'PROCESSING', 'COMPLETED', 'HAS_ERRORS', 'FAILED', 'CANCELLED') THEN
    RAISE EXCEPTION 'status must be one of PENDING, PROCESSING, COMPLETED, HAS_ERRORS, FAILED, CANCELLED'
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT count(*) INTO total FROM xlsx_private.task t WHERE wanted IS NULL OR t.status = wanted;
  SELECT json_agg(xlsx.task_json(p.id) ORDER BY p.id DESC) INTO items
  FROM (SELECT t.id FROM xlsx_private.task t WHERE wanted IS NULL OR t.status = wanted
    ORDER BY t.id DESC LIMIT page_size OFFSET (page_no - 1)::bigint * page_size) p;
  status := 200;
  body := xlsx_private.rest_page(items, total, page_no, page_size);
END
$$;
COMMENT ON FUNCTION xlsx.rest_tasks(text, text, text) IS 'GET /tasks';

CREATE FUNCTION xlsx.rest_task(id text, OUT status int, OUT body json)
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT 200, (pg_catalog.jsonb_build_object('dataCount', t.saved_rows,
      'errorCount', (SELECT pg_catalog.count(*) FROM xlsx_private.error_row e WHERE e.task_id = t.id))
    || xlsx.task_json(t.id)::pg_catalog.jsonb)::pg_catalog.json
  FROM xlsx_private.rest_id(rest_task.id) AS wanted, xlsx_private.task t
  WHERE t.id = wanted;
END;
COMMENT ON FUNCTION xlsx.rest_task(text) IS 'GET /tasks/:taskId';

CREATE FUNCTION xlsx.rest_retry(id text, OUT status int, OUT body json)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  task bigint := xlsx_private.rest_id($1);
BEGIN
  PERFORM xlsx.retry(task);
  status := 200;
  body := xlsx.task_json(task);
END
$$;
COMMENT ON FUNCTION xlsx.rest_retry(text) IS 'POST /tasks/:taskId/retry';

CREATE FUNCTION xlsx.rest_cancel(id text, OUT status int, OUT body json)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  task bigint := xlsx_private.rest_id($1);
BEGIN
  PERFORM xlsx.cancel(task);
  status := 200;
  body := xlsx.task_json(task);
END
$$;
COMMENT ON FUNCTION xlsx.rest_cancel(text) IS 'POST /tasks/:taskId/cancel';

CREATE FUNCTION xlsx.rest_delete(id text, OUT status int, OUT body json)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  task bigint := xlsx_private.rest_id($1);
  deletion record;
BEGIN
  SELECT * INTO deletion FROM xlsx.delete_task(task);
  status := 200;
  body := json_build_object('message', format('Task with ID %s deleted successfully', task),
    'deletedRows', deletion.deleted_rows, 'detail', deletion.message);
END
$$;
COMMENT ON FUNCTION xlsx.rest_delete(text) IS 'DELETE /tasks/:taskId';

CREATE FUNCTION xlsx.rest_errors(id text, page text, "limit" text, OUT status int, OUT body json)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  task bigint := xlsx_private.rest_id($1);
  page_no int := xlsx_private.rest_integer('page', $2, 1, 1000000000);
  page_size int := xlsx_private.rest_integer('limit', $3, 10, 100);
  total bigint;
  items json;
BEGIN
  SELECT count(*) INTO total FROM xlsx_private.error_row e WHERE e.task_id = task;
  SELECT json_agg(json_build_object('rowNumber', e.row_number,
    'values', (SELECT json_object_agg(h.header, h.value ORDER BY h.position)
      FROM unnest(e.headers, e.cells) WITH ORDINALITY AS h (header, value, position)),
    'errors', e.violations) ORDER BY e.row_number) INTO items
  FROM (SELECT r.row_number, r.cells, r.violations, p.headers
    FROM xlsx_private.error_row r
      JOIN xlsx_private.task t ON t.id = r.task_id
      LEFT JOIN xlsx.profiles p ON p.id = t.profile_id
    WHERE r.task_id = task
    ORDER BY r.row_number LIMIT page_size OFFSET (page_no - 1)::bigint * page_size) e;
  status := 200;
  body := xlsx_private.rest_page(items, total, page_no, page_size);
END
$$;
COMMENT ON FUNCTION xlsx.rest_errors(text, text, text) IS 'GET /tasks/:taskId/errors';

CREATE FUNCTION xlsx.rest_errors_workbook(id text) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  task bigint := xlsx_private.rest_id($1);
BEGIN
  IF NOT EXISTS (SELECT FROM xlsx_private.error_row e WHERE e.task_id = task) THEN
    RAISE EXCEPTION 'No validation errors found for task %', task USING ERRCODE = 'no_data_found';
  END IF;
  RETURN format('validation-errors-task-%s.xlsx', task);
END
$$;
COMMENT ON FUNCTION xlsx.rest_errors_workbook(text) IS
'GET /get-validation-errors-by-task-id/:taskId: the file name; the bytes come from xlsx.errors_workbook_chunks.';

CREATE FUNCTION xlsx.rest_profiles(OUT status int, OUT body json)
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT 200, pg_catalog.json_build_object('data', coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
    'name', p.name, 'headers', p.headers) ORDER BY p.name), '[]'::pg_catalog.json))
  FROM xlsx.profiles p;
END;
COMMENT ON FUNCTION xlsx.rest_profiles() IS 'GET /profiles';

CREATE FUNCTION xlsx.upload_finish(upload bigint, OUT status int, OUT body json)
LANGUAGE plpgsql VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  outcome record;
BEGIN
  SELECT * INTO outcome FROM xlsx_private.upload_finish(upload);
  SELECT CASE WHEN outcome.created THEN 201 ELSE 200 END,
    json_build_object('taskId', t.id, 'id', t.id, 'fileName', t.file_name, 'fileSize', t.file_size,
      'status', t.status, 'createdAt', xlsx_private.iso(t.created_at))
  INTO status, body
  FROM xlsx_private.task t WHERE t.id = outcome.task;
END
$$;
COMMENT ON FUNCTION xlsx.upload_finish(bigint) IS
'Ends an upload and queues its task. body holds taskId, fileName, fileSize, status and createdAt; status is 201, or 200 when the idempotency key belongs to an earlier task, which is returned then.';

CREATE FUNCTION xlsx_private.terminal_event(task xlsx_private.task, OUT event text, OUT data json)
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT CASE WHEN (task).status IN ('COMPLETED', 'HAS_ERRORS') THEN 'task-completed' ELSE 'task-failed' END,
    CASE WHEN (task).status IN ('COMPLETED', 'HAS_ERRORS')
      THEN (pg_catalog.jsonb_build_object('taskId', (task).id, 'seq', (task).seq)
        || xlsx.task_json((task).id)::pg_catalog.jsonb)::pg_catalog.json
      ELSE pg_catalog.json_build_object('taskId', (task).id, 'seq', (task).seq, 'status', (task).status,
        'error', pg_catalog.left((task).error_message, 2000)) END;
END;
COMMENT ON FUNCTION xlsx_private.terminal_event(xlsx_private.task) IS 'The event that ends a task.';

CREATE FUNCTION xlsx_private.progress_data(task xlsx_private.task) RETURNS json
LANGUAGE sql STABLE
RETURN pg_catalog.json_strip_nulls(CASE
  WHEN (task).phase IN ('LOADING_WORKBOOK', 'VALIDATING_HEADERS') THEN
    pg_catalog.json_build_object('taskId', (task).id, 'seq', (task).seq, 'phase', (task).phase)
  WHEN (task).phase = 'VALIDATING' THEN
    pg_catalog.json_build_object('taskId', (task).id, 'seq', (task).seq, 'phase', (task).phase,
      'progress', (task).phase_progress, 'totalRows', (task).total_rows,
      'validatedRows', (task).validated_rows, 'errorRows', (task).error_rows)
  WHEN (task).phase = 'SAVING' THEN
    pg_catalog.json_build_object('taskId', (task).id, 'seq', (task).seq, 'phase', (task).phase,
      'progress', (task).phase_progress, 'savedRows', (task).saved_rows)
  WHEN (task).attempts > 0 THEN
    pg_catalog.json_build_object('taskId', (task).id, 'seq', (task).seq, 'phase', 'RETRYING',
      'attempt', (task).attempts + 1, 'retryInMs',
      pg_catalog.round(greatest(0, 1000 * extract(epoch FROM (task).run_at - pg_catalog.clock_timestamp()))))
  ELSE
    pg_catalog.json_build_object('taskId', (task).id, 'seq', (task).seq, 'status', (task).status)
  END);
COMMENT ON FUNCTION xlsx_private.progress_data(xlsx_private.task) IS 'A task-progress event of where the task is now.';

CREATE FUNCTION xlsx.rest_snapshot(id text, OUT event text, OUT data json)
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT CASE WHEN t.status IN ('PENDING', 'PROCESSING') THEN 'task-progress' ELSE terminal.event END,
    CASE WHEN t.status IN ('PENDING', 'PROCESSING') THEN xlsx_private.progress_data(t) ELSE terminal.data END
  FROM xlsx_private.rest_id(rest_snapshot.id) AS wanted
    JOIN xlsx_private.task t ON t.id = wanted
    CROSS JOIN LATERAL xlsx_private.terminal_event(t) AS terminal;
END;
COMMENT ON FUNCTION xlsx.rest_snapshot(text) IS
'The state of a task as an event, for whoever joins late: task-progress, or the one that ended it.';

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
