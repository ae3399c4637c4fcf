/*
 * Once each: files known by their content
 */

CREATE FUNCTION xlsx.file_hash(file bytea) RETURNS bytea
AS 'MODULE_PATHNAME', 'pg_xlsx_file_hash' LANGUAGE C STABLE STRICT;
COMMENT ON FUNCTION xlsx.file_hash(bytea) IS
'SHA-256 of a file. A large object or a file of the server is read in pieces.';

CREATE FUNCTION xlsx.submit_once(profile text, file bytea, file_name text DEFAULT 'upload.xlsx',
  run_at timestamptz DEFAULT NULL, priority int DEFAULT 0, sheet text DEFAULT NULL, mode text DEFAULT NULL,
  dry_run boolean DEFAULT false, max_errors bigint DEFAULT NULL, header_row text DEFAULT NULL, locale text DEFAULT NULL,
  mapping jsonb DEFAULT NULL, range text DEFAULT NULL, OUT task bigint, OUT created boolean, OUT content_hash bytea)
AS 'MODULE_PATHNAME', 'pg_xlsx_submit_once' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx.submit_once(text, bytea, text, timestamptz, int, text, text, boolean, bigint, text, text, jsonb, text) IS
'As xlsx.submit, unless the current role already has a task for the same profile and a file with the same bytes. task: the new or the earlier one. created: true for a new one. content_hash: SHA-256 of the file.';

/*
 * Schedules: files that are submitted when they come
 */

CREATE TABLE xlsx_private.schedule (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name       text NOT NULL UNIQUE CHECK (name <> ''),
  cron       text,
  job        bigint,
  profile    text NOT NULL,
  folder     text,
  pattern    text NOT NULL,
  settle     interval NOT NULL CHECK (settle >= interval '0'),
  query      text,
  options    jsonb NOT NULL,
  owner      xlsx_private.role_ref NOT NULL,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  CHECK ((folder IS NULL) <> (query IS NULL))
);
COMMENT ON TABLE xlsx_private.schedule IS 'Schedules: where files come from, and their profile.';
COMMENT ON COLUMN xlsx_private.schedule.job IS 'Number of the job of pg_cron. NULL if another timer calls xlsx.run_schedule.';

-- A file counts as done when its task is gone.
CREATE TABLE xlsx_private.schedule_file (
  schedule_id  bigint NOT NULL,
  content_hash bytea  NOT NULL,
  file_name    text   NOT NULL,
  file_size    bigint,
  modified_at  timestamptz,
  task_id      bigint,
  error        text,
  seen_at      timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  PRIMARY KEY (schedule_id, content_hash)
);
COMMENT ON TABLE xlsx_private.schedule_file IS 'Files that a schedule submitted or refused.';

CREATE TABLE xlsx_private.schedule_run (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  schedule_id bigint NOT NULL,
  started_at  timestamptz NOT NULL,
  ended_at    timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  files       int NOT NULL,
  submitted   int NOT NULL,
  refused     int NOT NULL,
  error       text
);
CREATE INDEX schedule_run_schedule ON xlsx_private.schedule_run (schedule_id, id);
COMMENT ON TABLE xlsx_private.schedule_run IS 'Runs of schedules; the last 1000 of each are kept.';

ALTER TABLE xlsx_private.schedule ENABLE ROW LEVEL SECURITY;
ALTER TABLE xlsx_private.schedule_file ENABLE ROW LEVEL SECURITY;
ALTER TABLE xlsx_private.schedule_run ENABLE ROW LEVEL SECURITY;
-- Its query runs as its owner, who alone may write it: not even xlsx_admin.
CREATE POLICY schedule_read ON xlsx_private.schedule FOR SELECT USING (xlsx_private.may_see(owner));
CREATE POLICY schedule_file_read ON xlsx_private.schedule_file FOR SELECT
  USING (EXISTS (SELECT FROM xlsx_private.schedule s WHERE s.id = schedule_id));
CREATE POLICY schedule_run_read ON xlsx_private.schedule_run FOR SELECT
  USING (EXISTS (SELECT FROM xlsx_private.schedule s WHERE s.id = schedule_id));

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['schedule', 'schedule_file', 'schedule_run', 'schedule_id_seq', 'schedule_run_id_seq'] LOOP
    PERFORM pg_catalog.pg_extension_config_dump('xlsx_private.' || name, '');
  END LOOP;
END
$$;

CREATE FUNCTION xlsx_private.list_folder(folder text, pattern text, OUT file_name text, OUT file_size bigint,
  OUT modified_at timestamptz)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pg_xlsx_list_folder' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx_private.list_folder(text, text) IS
'Regular files of a folder of the server whose names match a shell pattern; links and subfolders are left out. Needs the rights of pg_read_server_files.';

CREATE FUNCTION xlsx_private.folder_file(folder text, file_name text) RETURNS bytea
AS 'MODULE_PATHNAME', 'pg_xlsx_folder_file' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx_private.folder_file(text, text) IS
'A file of a folder of the server, as xlsx.server_file returns it. Error if it is a link.';

CREATE FUNCTION xlsx_private.cron_schema() RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  schema text := (SELECT n.nspname FROM pg_extension e JOIN pg_proc p ON p.proname = 'schedule'
      JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.refobjid = e.oid
      JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE e.extname = 'pg_cron' LIMIT 1);
BEGIN
  IF schema IS NULL THEN
    RAISE EXCEPTION 'pg_cron is not installed in database "%"', current_database() USING
      ERRCODE = 'feature_not_supported',
      HINT = 'Make the schedule with cron => NULL, and call xlsx.run_schedule(name) from another timer.';
  END IF;
  IF NOT has_schema_privilege(schema, 'USAGE') THEN
    RAISE EXCEPTION 'permission denied for pg_cron' USING
      ERRCODE = 'insufficient_privilege', HINT = format('A superuser grants it: GRANT USAGE ON SCHEMA %I TO %I;', schema, current_user);
  END IF;
  RETURN quote_ident(schema);
END
$$;
COMMENT ON FUNCTION xlsx_private.cron_schema() IS
'Schema of the functions of pg_cron, quoted. Error if pg_cron is missing or the current role may not use it.';

/*
 * What is written, as the owner of the tables (owner_call.c).  The functions
 * below run as their caller, since they run his query and his pg_cron.
 */

CREATE FUNCTION xlsx_private.schedule_add(caller regrole, name text, cron text, profile text, folder text, pattern text, settle interval,
  query text, options jsonb)
RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  new_id bigint;
BEGIN
  IF coalesce(name, '') = '' THEN
    RAISE EXCEPTION 'a schedule needs a name' USING ERRCODE = 'invalid_name';
  END IF;
  IF NOT EXISTS (SELECT FROM xlsx_private.profile p WHERE p.name = schedule_add.profile) THEN
    RAISE EXCEPTION 'profile "%" does not exist', coalesce(profile, 'NULL') USING
      ERRCODE = 'undefined_object', HINT = 'The view xlsx.profiles lists the profiles.';
  END IF;
  IF (folder IS NULL) = (query IS NULL) THEN
    RAISE EXCEPTION 'a schedule takes its files either from a folder or from a query' USING
      ERRCODE = 'invalid_parameter_value';
  END IF;
  IF pattern IS NULL OR settle IS NULL OR settle < interval '0' THEN
    RAISE EXCEPTION '%', CASE WHEN pattern IS NULL THEN 'pattern must not be null' ELSE 'settle must be a time of 0 or more' END USING
      ERRCODE = 'invalid_parameter_value', DETAIL = 'Files of a folder are submitted when their names match pattern and they were not written to for settle.',
      HINT = 'Leave it out: the defaults are ''*.xlsx'' and ''5 seconds''.';
  END IF;
  INSERT INTO xlsx_private.schedule (name, cron, profile, folder, pattern, settle, query, options, owner)
  VALUES (schedule_add.name, schedule_add.cron, schedule_add.profile, schedule_add.folder, schedule_add.pattern, schedule_add.settle,
    schedule_add.query, coalesce(schedule_add.options, '{}'), caller)
  ON CONFLICT DO NOTHING RETURNING id INTO new_id;
  IF new_id IS NULL THEN
    RAISE EXCEPTION 'schedule "%" already exists', name USING ERRCODE = 'duplicate_object';
  END IF;
  RETURN new_id;
END
$$;
COMMENT ON FUNCTION xlsx_private.schedule_add(regrole, text, text, text, text, text, interval, text, jsonb) IS
'As the function without caller, with the rights of the owner of the tables. caller: role that calls.';

CREATE FUNCTION xlsx_private.schedule_add(name text, cron text, profile text, folder text, pattern text, settle interval, query text, options jsonb)
RETURNS bigint
AS 'MODULE_PATHNAME', 'pg_xlsx_as_owner' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx_private.schedule_add(text, text, text, text, text, interval, text, jsonb) IS
'Writes a schedule of the caller and returns its id; xlsx.schedule calls it.';

CREATE FUNCTION xlsx_private.own_schedule(caller regrole, id bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM FROM xlsx_private.schedule s WHERE s.id = own_schedule.id AND pg_has_role(caller::oid, s.owner::oid, 'USAGE') FOR KEY SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'schedule % does not exist', id USING ERRCODE = 'undefined_object', DETAIL = 'Or it belongs to another role.';
  END IF;
  RETURN id;
END
$$;
COMMENT ON FUNCTION xlsx_private.own_schedule(regrole, bigint) IS
'Id of a schedule, if the caller may act for its owner; else an error. Nobody can remove the schedule before the transaction ends.';

CREATE FUNCTION xlsx_private.schedule_set_job(caller regrole, schedule bigint, job bigint) RETURNS void
LANGUAGE sql VOLATILE
BEGIN ATOMIC
  UPDATE xlsx_private.schedule SET job = schedule_set_job.job
  FROM (SELECT xlsx_private.own_schedule(caller, schedule_set_job.schedule) AS id OFFSET 0) AS own WHERE schedule.id = own.id;
END;
COMMENT ON FUNCTION xlsx_private.schedule_set_job(regrole, bigint, bigint) IS
'As the function without caller, with the rights of the owner of the tables. caller: role that calls.';

CREATE FUNCTION xlsx_private.schedule_set_job(schedule bigint, job bigint) RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_as_owner' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx_private.schedule_set_job(bigint, bigint) IS 'Writes the job of pg_cron that runs a schedule of the caller.';

CREATE FUNCTION xlsx_private.schedule_note_file(caller regrole, schedule bigint, hash bytea, file_name text, file_size bigint, modified_at timestamptz)
RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  -- Whoever else is at it with the same file is waited for here.
  INSERT INTO xlsx_private.schedule_file (schedule_id, content_hash, file_name, file_size, modified_at)
  VALUES (xlsx_private.own_schedule(caller, schedule), hash, coalesce(schedule_note_file.file_name, ''), schedule_note_file.file_size,
    schedule_note_file.modified_at)
  ON CONFLICT DO NOTHING;
  RETURN FOUND;
END
$$;
COMMENT ON FUNCTION xlsx_private.schedule_note_file(regrole, bigint, bytea, text, bigint, timestamptz) IS
'As the function without caller, with the rights of the owner of the tables. caller: role that calls.';

CREATE FUNCTION xlsx_private.schedule_note_file(schedule bigint, hash bytea, file_name text, file_size bigint, modified_at timestamptz)
RETURNS boolean
AS 'MODULE_PATHNAME', 'pg_xlsx_as_owner' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx_private.schedule_note_file(bigint, bytea, text, bigint, timestamptz) IS
'Writes a file of a schedule of the caller. False if the schedule has it already.';

CREATE FUNCTION xlsx_private.schedule_note_task(caller regrole, schedule bigint, hash bytea, task bigint, error text) RETURNS void
LANGUAGE sql VOLATILE
BEGIN ATOMIC
  UPDATE xlsx_private.schedule_file f SET task_id = schedule_note_task.task, error = schedule_note_task.error
  FROM (SELECT xlsx_private.own_schedule(caller, schedule_note_task.schedule) AS id OFFSET 0) AS own
  WHERE f.schedule_id = own.id AND f.content_hash = schedule_note_task.hash;
END;
COMMENT ON FUNCTION xlsx_private.schedule_note_task(regrole, bigint, bytea, bigint, text) IS
'As the function without caller, with the rights of the owner of the tables. caller: role that calls.';

CREATE FUNCTION xlsx_private.schedule_note_task(schedule bigint, hash bytea, task bigint, error text) RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_as_owner' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx_private.schedule_note_task(bigint, bytea, bigint, text) IS
'Writes the task of a file of a schedule of the caller, or why there is none.';

CREATE FUNCTION xlsx_private.schedule_note_run(caller regrole, schedule bigint, began timestamptz, files int, submitted int, refused int, error text)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  INSERT INTO xlsx_private.schedule_run (schedule_id, started_at, files, submitted, refused, error)
  VALUES (xlsx_private.own_schedule(caller, schedule), began, schedule_note_run.files, schedule_note_run.submitted, schedule_note_run.refused,
    schedule_note_run.error);
  DELETE FROM xlsx_private.schedule_run r WHERE r.schedule_id = schedule AND r.id <= (SELECT o.id
    FROM xlsx_private.schedule_run o WHERE o.schedule_id = schedule ORDER BY o.id DESC OFFSET 1000 LIMIT 1);
END
$$;
COMMENT ON FUNCTION xlsx_private.schedule_note_run(regrole, bigint, timestamptz, int, int, int, text) IS
'As the function without caller, with the rights of the owner of the tables. caller: role that calls.';

CREATE FUNCTION xlsx_private.schedule_note_run(schedule bigint, began timestamptz, files int, submitted int, refused int, error text)
RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_as_owner' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx_private.schedule_note_run(bigint, timestamptz, int, int, int, text) IS 'Writes a run of a schedule of the caller.';

CREATE FUNCTION xlsx_private.schedule_remove(caller regrole, name text) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  found xlsx_private.schedule;
BEGIN
  DELETE FROM xlsx_private.schedule s WHERE s.name = schedule_remove.name AND pg_has_role(caller::oid, s.owner::oid, 'USAGE') RETURNING * INTO found;
  IF found.id IS NULL THEN
    RAISE EXCEPTION 'schedule "%" does not exist', name USING ERRCODE = 'undefined_object';
  END IF;
  DELETE FROM xlsx_private.schedule_file f WHERE f.schedule_id = found.id;
  DELETE FROM xlsx_private.schedule_run r WHERE r.schedule_id = found.id;
  RETURN found.job;
END
$$;
COMMENT ON FUNCTION xlsx_private.schedule_remove(regrole, text) IS
'As the function without caller, with the rights of the owner of the tables. caller: role that calls.';

CREATE FUNCTION xlsx_private.schedule_remove(name text) RETURNS bigint
AS 'MODULE_PATHNAME', 'pg_xlsx_as_owner' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx_private.schedule_remove(text) IS 'Removes a schedule of the caller and returns its job of pg_cron.';

CREATE FUNCTION xlsx.schedule(name text, cron text, profile text, folder text DEFAULT NULL, query text DEFAULT NULL,
  pattern text DEFAULT '*.xlsx', settle interval DEFAULT '5 seconds', priority int DEFAULT 0, sheet text DEFAULT NULL,
  mode text DEFAULT NULL, max_errors bigint DEFAULT NULL, header_row text DEFAULT NULL, locale text DEFAULT NULL,
  mapping jsonb DEFAULT NULL, range text DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  schema text;
  new_id bigint;
  new_job bigint;
BEGIN
  PERFORM xlsx_private.check_options(mode, max_errors, header_row, mapping, range);
  PERFORM xlsx_private.check_expression(query, 'query');
  IF folder IS NOT NULL THEN
    PERFORM xlsx_private.list_folder(folder, pattern);
  END IF;
  IF cron IS NOT NULL THEN
    schema := xlsx_private.cron_schema();
  END IF;
  new_id := xlsx_private.schedule_add(name, cron, profile, folder, pattern, settle, query,
    jsonb_strip_nulls(jsonb_build_object('priority', priority, 'sheet', sheet, 'mode', mode,
      'max_errors', max_errors, 'header_row', header_row, 'locale', locale, 'mapping', mapping, 'range', range)));
  IF cron IS NOT NULL THEN
    -- pg_cron runs a job as the role that made it.
    EXECUTE format('SELECT %s.schedule($1, $2, $3)', schema) INTO new_job
    USING 'xlsx ' || name, cron, format('SELECT xlsx.run_schedule(%L)', name);
    PERFORM xlsx_private.schedule_set_job(new_id, new_job);
  END IF;
  RETURN new_id;
END
$$;
COMMENT ON FUNCTION xlsx.schedule(text, text, text, text, text, text, interval, int, text, text, bigint, text, text, jsonb, text) IS
'Submits new files whenever it runs, each once by its content, as the current role; returns the id of the schedule. folder: of the server; files whose names match pattern and that were not written to for settle (needs the rights of pg_read_server_files). query, instead of folder: two columns, the file (bytea, or oid of a large object) and its name. cron: when it runs, in the form of pg_cron; NULL if another timer calls xlsx.run_schedule(name). Other arguments as for xlsx.submit.';

CREATE FUNCTION xlsx_private.schedule_submit(schedule xlsx_private.schedule, file bytea, file_name text,
  file_size bigint DEFAULT NULL, modified_at timestamptz DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  hash bytea := xlsx.file_hash(file);
  new_task bigint;
BEGIN
  IF NOT xlsx_private.schedule_note_file(schedule.id, hash, file_name, file_size, modified_at) THEN
    RETURN 'known';
  END IF;
  BEGIN
    new_task := xlsx.submit(schedule.profile, file, file_name, priority => (schedule.options ->> 'priority')::int,
      sheet => schedule.options ->> 'sheet', mode => schedule.options ->> 'mode',
      max_errors => (schedule.options ->> 'max_errors')::bigint, header_row => schedule.options ->> 'header_row',
      locale => schedule.options ->> 'locale', mapping => schedule.options -> 'mapping',
      range => schedule.options ->> 'range');
    PERFORM xlsx_private.schedule_note_task(schedule.id, hash, new_task, NULL);
    RETURN 'submitted';
  -- What is no workbook today will be none tomorrow.
  EXCEPTION WHEN invalid_parameter_value OR data_corrupted OR program_limit_exceeded THEN
    PERFORM xlsx_private.schedule_note_task(schedule.id, hash, NULL, SQLERRM);
    RETURN 'refused';
  END;
END
$$;
COMMENT ON FUNCTION xlsx_private.schedule_submit(xlsx_private.schedule, bytea, text, bigint, timestamptz) IS
'Submits a file of a schedule. Returns submitted, refused (schedule_file has the reason) or known.';

CREATE FUNCTION xlsx_private.schedule_take(schedule xlsx_private.schedule, counts int[], file bytea, file_name text,
  file_size bigint DEFAULT NULL, modified_at timestamptz DEFAULT NULL)
RETURNS int[]
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  result text;
BEGIN
  IF file IS NULL THEN
    RETURN counts;
  END IF;
  result := xlsx_private.schedule_submit(schedule, file, file_name, file_size, modified_at);
  RETURN ARRAY[counts[1] + 1, counts[2] + (result = 'submitted')::int, counts[3] + (result = 'refused')::int];
END
$$;
COMMENT ON FUNCTION xlsx_private.schedule_take(xlsx_private.schedule, int[], bytea, text, bigint, timestamptz) IS
'Submits a file of a schedule and adds it to counts: files, submitted, refused.';

CREATE FUNCTION xlsx_private.schedule_take(schedule xlsx_private.schedule, counts int[], file oid, file_name text) RETURNS int[]
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN xlsx_private.schedule_take(schedule, counts, xlsx.large_object(file), file_name);
END
$$;
COMMENT ON FUNCTION xlsx_private.schedule_take(xlsx_private.schedule, int[], oid, text) IS 'As the function that takes bytea, for a large object.';

CREATE FUNCTION xlsx_private.schedule_look_into(schedule xlsx_private.schedule) RETURNS int[]
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  found record;
  counts int[] := '{0,0,0}';
BEGIN
  FOR found IN SELECT l.* FROM xlsx_private.list_folder(schedule.folder, schedule.pattern) AS l
    WHERE l.modified_at <= clock_timestamp() - schedule.settle ORDER BY l.modified_at, l.file_name LOOP
    -- A file that nobody has touched since need not be read again.
    IF EXISTS (SELECT FROM xlsx_private.schedule_file f WHERE f.schedule_id = schedule.id
      AND f.file_name = found.file_name AND f.file_size = found.file_size AND f.modified_at = found.modified_at) THEN
      counts[1] := counts[1] + 1;
    ELSE
      counts := xlsx_private.schedule_take(schedule, counts, xlsx_private.folder_file(schedule.folder, found.file_name),
        found.file_name, found.file_size, found.modified_at);
    END IF;
  END LOOP;
  RETURN counts;
END
$$;
COMMENT ON FUNCTION xlsx_private.schedule_look_into(xlsx_private.schedule) IS
'Submits new files of the folder of a schedule. Returns numbers of files: found, submitted, refused.';

CREATE FUNCTION xlsx_private.schedule_look_openly(schedule xlsx_private.schedule, OUT files int, OUT submitted int, OUT refused int)
-- Without a search_path of its own: the query is to have the caller's. So no operator stands here.
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  found record;
  counts int[] := '{0,0,0}';
BEGIN
  IF schedule.folder IS NOT NULL THEN
    counts := xlsx_private.schedule_look_into(schedule);
  ELSE
    FOR found IN EXECUTE pg_catalog.format(E'SELECT q.file, q.file_name::pg_catalog.text FROM (%s\n) AS q (file, file_name)', schedule.query) LOOP
      counts := xlsx_private.schedule_take(schedule, counts, found.file, found.file_name);
    END LOOP;
  END IF;
  files := counts[1];
  submitted := counts[2];
  refused := counts[3];
END
$$;
COMMENT ON FUNCTION xlsx_private.schedule_look_openly(xlsx_private.schedule) IS
'Submits new files of a schedule; xlsx_private.schedule_look calls it.';

CREATE FUNCTION xlsx_private.schedule_look(schedule xlsx_private.schedule, OUT files int, OUT submitted int, OUT refused int)
AS 'MODULE_PATHNAME', 'pg_xlsx_schedule_look' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx_private.schedule_look(xlsx_private.schedule) IS
'As schedule_look_openly. The query is confined if the session could become another role than the current one: after SET ROLE it cannot take on the role of the session.';

CREATE FUNCTION xlsx_private.schedule_find(name text) RETURNS xlsx_private.schedule
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  found xlsx_private.schedule;
BEGIN
  SELECT * INTO found FROM xlsx_private.schedule s WHERE s.name = schedule_find.name;
  IF found.id IS NULL THEN
    RAISE EXCEPTION 'schedule "%" does not exist', name USING ERRCODE = 'undefined_object';
  END IF;
  -- Its query is SQL of its owner, who alone runs it.
  IF found.owner::regrole <> current_user::regrole THEN
    RAISE EXCEPTION 'schedule "%" belongs to %', name, found.owner::regrole USING
      ERRCODE = 'insufficient_privilege', HINT = format('Run it after SET ROLE %s.', found.owner::regrole);
  END IF;
  RETURN found;
END
$$;
COMMENT ON FUNCTION xlsx_private.schedule_find(text) IS 'A schedule of the current role; else an error.';

CREATE FUNCTION xlsx.run_schedule(name text, OUT files int, OUT submitted int, OUT refused int, OUT error text)
-- Without a search_path of its own: the query is to have the caller's. So no operator stands here.
LANGUAGE plpgsql VOLATILE STRICT
AS $$
DECLARE
  found xlsx_private.schedule := xlsx_private.schedule_find(name);
  began timestamptz := pg_catalog.clock_timestamp();
BEGIN
  BEGIN
    SELECT l.files, l.submitted, l.refused INTO files, submitted, refused FROM xlsx_private.schedule_look(found) AS l;
  EXCEPTION WHEN OTHERS THEN
    files := 0;
    submitted := 0;
    refused := 0;
    error := SQLERRM;
    RAISE WARNING 'schedule "%" has failed: %', name, SQLERRM;
  END;
  PERFORM xlsx_private.schedule_note_run(found.id, began, files, submitted, refused, error);
END
$$;
COMMENT ON FUNCTION xlsx.run_schedule(text) IS
'Looks for new files of a schedule now and submits them; for timers other than pg_cron, and to try a schedule. For its owner only. files, submitted, refused: number of files. error: the message if it failed; xlsx.schedule_runs keeps it.';

CREATE FUNCTION xlsx.unschedule(name text) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  job bigint := xlsx_private.schedule_remove(name);
BEGIN
  IF job IS NOT NULL AND EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_cron') THEN
    BEGIN
      EXECUTE format('SELECT %s.unschedule($1)', xlsx_private.cron_schema()) USING job;
    EXCEPTION WHEN internal_error THEN
      NULL;  -- somebody has taken the job away already
    END;
  END IF;
END
$$;
COMMENT ON FUNCTION xlsx.unschedule(text) IS
'Removes a schedule of the current role, with its runs and the files that it knows. Its tasks stay.';

CREATE VIEW xlsx.schedules WITH (security_invoker = true) AS
SELECT s.name, s.cron, s.profile, s.folder, s.pattern, s.settle, s.query, s.options, s.owner::pg_catalog.regrole AS owner, s.created_at, s.job,
  r.started_at AS last_run, r.error AS last_error
FROM xlsx_private.schedule s
  LEFT JOIN LATERAL (SELECT * FROM xlsx_private.schedule_run r WHERE r.schedule_id = s.id ORDER BY r.id DESC LIMIT 1) AS r ON true;
COMMENT ON VIEW xlsx.schedules IS 'Schedules of the current role, and the time and the error of their last runs. job: number of the job of pg_cron.';

CREATE VIEW xlsx.schedule_runs WITH (security_invoker = true) AS
SELECT s.name AS schedule, r.started_at, r.ended_at, r.files, r.submitted, r.refused, r.error
FROM xlsx_private.schedule s JOIN xlsx_private.schedule_run r ON r.schedule_id = s.id;
COMMENT ON VIEW xlsx.schedule_runs IS 'Runs of schedules: number of files found, submitted and refused.';

CREATE VIEW xlsx.schedule_files WITH (security_invoker = true) AS
SELECT s.name AS schedule, f.file_name, f.file_size, f.modified_at, f.content_hash, f.seen_at, f.task_id AS task, t.status, f.error
FROM xlsx_private.schedule s
  JOIN xlsx_private.schedule_file f ON f.schedule_id = s.id
  LEFT JOIN xlsx_private.task t ON t.id = f.task_id;
COMMENT ON VIEW xlsx.schedule_files IS 'Files that schedules have found, and their tasks. error: why a file was refused.';
