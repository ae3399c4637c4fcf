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
  mapping jsonb DEFAULT NULL, params jsonb DEFAULT NULL, range text DEFAULT NULL, header_check text DEFAULT NULL, header_rows int DEFAULT NULL,
  hold boolean DEFAULT NULL, on_duplicate text DEFAULT NULL,
  keep_rows boolean DEFAULT NULL, keep_changes boolean DEFAULT NULL, "returning" name[] DEFAULT NULL,
  fill_merged boolean DEFAULT NULL, skip_hidden boolean DEFAULT NULL, stop_at text DEFAULT NULL, sheets text DEFAULT NULL,
  scope text DEFAULT NULL, absent text DEFAULT NULL, max_absent text DEFAULT NULL, allow_empty boolean DEFAULT NULL,
  duplicate_keys text DEFAULT NULL,
  date_order text DEFAULT NULL, "decimal" text DEFAULT NULL, time_zone text DEFAULT NULL,
  after bigint DEFAULT NULL,
  blank_cells text DEFAULT NULL, clear_token text DEFAULT NULL,
  OUT task bigint, OUT created boolean, OUT content_hash bytea)
AS 'MODULE_PATHNAME', 'pg_xlsx_submit_once' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx.submit_once IS
'As xlsx.submit, unless the current role already has a task for the same profile and a file with the same bytes. task: the new or the earlier one. created: true for a new one. content_hash: SHA-256 of the file.';

/*
 * Schedules: files that are submitted when they come
 */

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

CREATE FUNCTION xlsx_private.folder_to_move_to(folder text, other text) RETURNS text
AS 'MODULE_PATHNAME', 'pg_xlsx_folder_to_move_to' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx_private.folder_to_move_to(text, text) IS
'The path of the other folder without links. Error unless files can be moved to it from folder: both exist, are different, on one file system and outside of the data directory. Needs the rights of pg_read_server_files and pg_write_server_files.';

CREATE FUNCTION xlsx_private.move_file(folder text, file_name text, other text, file_size bigint, modified_at timestamptz) RETURNS text
AS 'MODULE_PATHNAME', 'pg_xlsx_move_file' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx_private.move_file(text, text, text, bigint, timestamptz) IS
'Moves a file of a folder to another one and returns its path there; its name gets a number where it is taken. Error unless it is the file that had this size and time, or where a part of the path of the other folder is a link. Needs the rights of pg_read_server_files and pg_write_server_files.';

/*
 * Jobs of pg_cron
 *
 * pg_cron has its tables in one database only and numbers its jobs there; a
 * dump does not carry them. So a number alone says nothing: the job of a
 * schedule has the name, the role and the command that were given to it.
 */

CREATE FUNCTION xlsx_private.cron_table() RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
RETURN (SELECT format('%I.job', n.nspname) FROM pg_extension e
    JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.classid = 'pg_class'::regclass
    JOIN pg_class c ON c.oid = d.objid AND c.relname = 'job' JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE e.extname = 'pg_cron');
COMMENT ON FUNCTION xlsx_private.cron_table() IS 'Name of the table of jobs of pg_cron, quoted. NULL: pg_cron is not installed in this database.';

CREATE FUNCTION xlsx_private.cron_schema() RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  schema text := (parse_ident(xlsx_private.cron_table()))[1];
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

-- Row-level security of pg_cron hides the jobs of others; whether a schedule has its job is for everybody who sees the schedule.
CREATE FUNCTION xlsx_private.cron_job(name text, owner regrole, OUT job bigint, OUT runs boolean, OUT is_ours boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF xlsx_private.cron_table() IS NOT NULL THEN
    EXECUTE format('SELECT j.jobid, coalesce((to_jsonb(j) ->> ''active'')::boolean, true), strpos(j.command, $3) > 0 FROM %s AS j'
      || ' WHERE j.jobname = $1 AND j.username = $2 AND j.database = current_database()', xlsx_private.cron_table())
    INTO job, runs, is_ours USING 'xlsx ' || name, (SELECT r.rolname::text FROM pg_roles r WHERE r.oid = owner),
      format('xlsx.run_schedule(%L)', name);
  END IF;
END
$$;
COMMENT ON FUNCTION xlsx_private.cron_job(text, regrole) IS
'The job of pg_cron that has the name of a schedule and belongs to its owner. runs: it is not switched off. is_ours: it runs the schedule. All NULL: there is none.';

CREATE FUNCTION xlsx_private.cron_add(name text, cron text) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  schema CONSTANT text := xlsx_private.cron_schema();
  new_job bigint;
BEGIN
  -- cron.schedule would overwrite it.
  IF (SELECT c.job IS NOT NULL FROM xlsx_private.cron_job(name, current_user::regrole) AS c) THEN
    RAISE EXCEPTION 'pg_cron has a job "xlsx %" already', name USING ERRCODE = 'duplicate_object',
      HINT = format('Give the schedule another name, or remove the job: SELECT %s.unschedule(%L);', schema, 'xlsx ' || name);
  END IF;
  -- pg_cron runs a job as the role that made it.
  EXECUTE format('SELECT %s.schedule($1, $2, $3)', schema) INTO new_job
  USING 'xlsx ' || name, cron, format('SELECT xlsx.run_schedule(%L)', name);
  RETURN new_job;
END
$$;
COMMENT ON FUNCTION xlsx_private.cron_add(text, text) IS 'Makes the job of pg_cron of a schedule of the current role, and returns its number. Error if there is a job of that name.';

CREATE FUNCTION xlsx_private.cron_remove(name text, owner regrole, job bigint) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  found record;
BEGIN
  SELECT c.* INTO found FROM xlsx_private.cron_job(name, owner) AS c;
  -- Whatever else has the number or the name by now is another job.
  IF found.job = job AND found.is_ours THEN
    IF current_user::regrole <> owner AND NOT (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user) THEN
      RAISE EXCEPTION 'the job of pg_cron belongs to %', owner USING ERRCODE = 'insufficient_privilege', HINT = format('Do it after SET ROLE %s.', owner);
    END IF;
    EXECUTE format('SELECT %s.unschedule($1)', xlsx_private.cron_schema()) USING job;
  END IF;
END
$$;
COMMENT ON FUNCTION xlsx_private.cron_remove(text, regrole, bigint) IS 'Removes the job of pg_cron of a schedule, if it is there and still is that of the schedule.';

CREATE FUNCTION xlsx_private.cron_field(field text, low int, high int, names text[] DEFAULT '{}') RETURNS int[]
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  part text;
  bounds text[];
  numbers int[];
  result int[] := '{}';
BEGIN
  IF field IS NULL THEN
    RETURN NULL;
  END IF;
  FOREACH part IN ARRAY string_to_array(lower(field), ',') LOOP
    bounds := regexp_match(part, '^(?:(\*)|([a-z]+|\d{1,4})(?:-([a-z]+|\d{1,4}))?)(?:/(\d{1,4}))?$');
    IF bounds IS NULL THEN
      RETURN NULL;
    END IF;
    numbers := CASE WHEN bounds[1] IS NOT NULL THEN ARRAY[low, high]
      ELSE ARRAY(SELECT coalesce(array_position(names, b.bound) + low - 1, CASE WHEN b.bound ~ '^\d+$' THEN b.bound::int END)
        FROM unnest(ARRAY[bounds[2], coalesce(bounds[3], bounds[2])]) WITH ORDINALITY AS b (bound, no) ORDER BY b.no) END;
    IF numbers[1] IS NULL OR numbers[2] IS NULL OR numbers[1] < low OR numbers[2] > high OR bounds[4]::int = 0 THEN
      RETURN NULL;
    END IF;
    result := result || ARRAY(SELECT generate_series(numbers[1], numbers[2], coalesce(bounds[4]::int, 1)));
  END LOOP;
  RETURN result;
END
$$;
COMMENT ON FUNCTION xlsx_private.cron_field(text, int, int, text[]) IS
'Numbers from low to high that a field of a crontab line stands for. names: of the numbers from low on. NULL: it is none.';

-- Newer releases of pg_cron show this setting to few roles.
CREATE FUNCTION xlsx_private.cron_zone() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
RETURN coalesce(nullif(current_setting('cron.timezone', true), ''), 'GMT');
COMMENT ON FUNCTION xlsx_private.cron_zone() IS 'The time zone in which pg_cron reads schedules.';

CREATE FUNCTION xlsx_private.cron_next(cron text, last_run timestamptz) RETURNS timestamptz
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  zone CONSTANT text := xlsx_private.cron_zone();
  fields CONSTANT text[] := regexp_split_to_array(CASE lower(trim(cron)) WHEN '@hourly' THEN '0 * * * *' WHEN '@daily' THEN '0 0 * * *'
    WHEN '@midnight' THEN '0 0 * * *' WHEN '@weekly' THEN '0 0 * * 0' WHEN '@monthly' THEN '0 0 1 * *' WHEN '@yearly' THEN '0 0 1 1 *'
    WHEN '@annually' THEN '0 0 1 1 *' ELSE trim(cron) END, '\s+');
  soonest CONSTANT timestamp := date_trunc('minute', now() AT TIME ZONE zone) + interval '1 minute';
  minutes CONSTANT int[] := xlsx_private.cron_field(fields[1], 0, 59);
  hours CONSTANT int[] := xlsx_private.cron_field(fields[2], 0, 23);
  days CONSTANT int[] := xlsx_private.cron_field(nullif(fields[3], '$'), 1, 31);
  months CONSTANT int[] := xlsx_private.cron_field(fields[4], 1, 12, '{jan,feb,mar,apr,may,jun,jul,aug,sep,oct,nov,dec}');
  weekdays CONSTANT int[] := xlsx_private.cron_field(fields[5], 0, 7, '{sun,mon,tue,wed,thu,fri,sat}');
  by_day boolean;
  by_weekday boolean;
  day date := soonest::date;
  found timestamp;
BEGIN
  IF cron ~* '^\s*\d+\s+seconds?\s*$' THEN
    RETURN greatest(last_run + cron::interval, now());
  END IF;
  IF cardinality(fields) <> 5 OR minutes IS NULL OR hours IS NULL OR months IS NULL OR weekdays IS NULL OR days IS NULL AND fields[3] <> '$' THEN
    RETURN NULL;
  END IF;
  WHILE day < soonest::date + 3660 LOOP
    IF extract(month FROM day) = ANY (months) THEN
      by_day := CASE fields[3] WHEN '$' THEN extract(day FROM day + 1) = 1 ELSE extract(day FROM day) = ANY (days) END;
      by_weekday := extract(dow FROM day) = ANY (weekdays) OR extract(isodow FROM day) = 7 AND 7 = ANY (weekdays);
      -- As cron has it: where both are restricted, either is enough.
      IF (CASE WHEN fields[3] LIKE '*%' OR fields[5] LIKE '*%' THEN by_day AND by_weekday ELSE by_day OR by_weekday END) THEN
        SELECT min(day + make_time(h, m, 0)) INTO found FROM unnest(hours) AS h, unnest(minutes) AS m WHERE day + make_time(h, m, 0) >= soonest;
        IF found IS NOT NULL THEN
          RETURN found AT TIME ZONE zone;
        END IF;
      END IF;
    END IF;
    day := day + 1;
  END LOOP;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION xlsx_private.cron_next(text, timestamptz) IS
'The next time that pg_cron starts a job with this schedule. last_run: start of its last run. NULL: never, or with the server (@reboot).';

/*
 * What is written, as the owner of the tables (owner_call.c).  The public
 * functions run as their caller, since they run his query and his pg_cron.
 */

CREATE FUNCTION xlsx_private.schedule_check(schedule xlsx_private.schedule) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  groups int;
BEGIN
  IF coalesce(schedule.name, '') = '' THEN
    RAISE EXCEPTION 'a schedule needs a name' USING ERRCODE = 'invalid_name';
  END IF;
  IF NOT EXISTS (SELECT FROM xlsx_private.profile p WHERE p.name = schedule.profile) THEN
    RAISE EXCEPTION 'profile "%" does not exist', coalesce(schedule.profile, 'NULL') USING
      ERRCODE = 'undefined_object', HINT = 'The view xlsx.profiles lists the profiles.';
  END IF;
  IF (schedule.folder IS NULL) = (schedule.query IS NULL) THEN
    RAISE EXCEPTION 'a schedule takes its files either from a folder or from a query' USING
      ERRCODE = 'invalid_parameter_value';
  END IF;
  IF schedule.pattern IS NULL OR schedule.settle IS NULL OR schedule.settle < interval '0' THEN
    RAISE EXCEPTION '%', CASE WHEN schedule.pattern IS NULL THEN 'pattern must not be null' ELSE 'settle must be a time of 0 or more' END USING
      ERRCODE = 'invalid_parameter_value', DETAIL = 'Files of a folder are submitted when their names match pattern and they were not written to for settle.',
      HINT = 'Leave it out: the defaults are ''*.xlsx'' and ''5 seconds''.';
  END IF;
  IF schedule.expect_every <= interval '0' THEN
    RAISE EXCEPTION 'expect_every must be a time above 0' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF schedule.query IS NOT NULL AND (schedule.done_folder IS NOT NULL OR schedule.failed_folder IS NOT NULL
    OR schedule.settle <> interval '5 seconds' OR schedule.pattern <> '*.xlsx' AND schedule.pattern_params IS NULL) THEN
    RAISE EXCEPTION 'pattern, settle, done_folder and failed_folder are for files of a folder' USING ERRCODE = 'invalid_parameter_value',
      DETAIL = 'A query says itself which files it returns.',
      HINT = 'With pattern_params, pattern takes a file name apart that the query returns.';
  END IF;
  IF schedule.pattern_params IS NOT NULL THEN
    -- One group more, and a branch that always matches: so there is an array, as long as the groups are many.
    groups := cardinality(regexp_match('', '(x)?(?:(?:' || schedule.pattern || ')|)')) - 1;
    IF groups <> cardinality(schedule.pattern_params) OR array_position(schedule.pattern_params, NULL) IS NOT NULL
      OR '' = ANY (schedule.pattern_params) OR cardinality(schedule.pattern_params) <> (SELECT count(DISTINCT p) FROM unnest(schedule.pattern_params) AS p) THEN
      RAISE EXCEPTION 'pattern has % groups for % pattern_params', groups, cardinality(schedule.pattern_params) USING ERRCODE = 'invalid_parameter_value',
        DETAIL = 'With pattern_params, pattern is a regular expression; each group in parentheses needs a name of its own, in order.',
        HINT = 'Example: pattern => ''(\d+)_.*\.xlsx'', pattern_params => ''{project}''. A group without a name is written (?:…).';
    END IF;
  END IF;
END
$$;
COMMENT ON FUNCTION xlsx_private.schedule_check(xlsx_private.schedule) IS 'An error where the options of a new schedule do not fit together.';

CREATE FUNCTION xlsx_private.schedule_add(caller regrole, schedule xlsx_private.schedule) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  new_id bigint;
BEGIN
  PERFORM xlsx_private.schedule_check(schedule);
  INSERT INTO xlsx_private.schedule (name, cron, profile, folder, pattern, pattern_params, settle, done_folder, failed_folder, expect_every,
    query, options, owner, settings)
  VALUES (schedule.name, schedule.cron, schedule.profile, schedule.folder, schedule.pattern, schedule.pattern_params, schedule.settle,
    schedule.done_folder, schedule.failed_folder, schedule.expect_every, schedule.query, coalesce(schedule.options, '{}'), caller,
    xlsx_private.carried_settings((SELECT p.settings FROM xlsx_private.profile p WHERE p.name = schedule.profile)))
  ON CONFLICT DO NOTHING RETURNING id INTO new_id;
  IF new_id IS NULL THEN
    RAISE EXCEPTION 'schedule "%" already exists', schedule.name USING ERRCODE = 'duplicate_object';
  END IF;
  RETURN new_id;
END
$$;
COMMENT ON FUNCTION xlsx_private.schedule_add(regrole, xlsx_private.schedule) IS
'As the function without caller, with the rights of the owner of the tables. caller: role that calls.';

CREATE FUNCTION xlsx_private.schedule_add(schedule xlsx_private.schedule) RETURNS bigint
AS 'MODULE_PATHNAME', 'pg_xlsx_as_owner' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx_private.schedule_add(xlsx_private.schedule) IS
'Writes a schedule of the caller and returns its id; xlsx.schedule calls it.';

CREATE FUNCTION xlsx_private.own_schedule(caller regrole, id bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM FROM xlsx_private.schedule s WHERE s.id = own_schedule.id AND pg_has_role(caller::oid, s.owner::oid, 'USAGE')
    AND s.tenant = xlsx_private.current_tenant() FOR KEY SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'schedule % does not exist', id USING ERRCODE = 'undefined_object', DETAIL = 'Or it belongs to another role.';
  END IF;
  RETURN id;
END
$$;
COMMENT ON FUNCTION xlsx_private.own_schedule(regrole, bigint) IS
'Id of a schedule, if the caller may act for its owner; else an error. Nobody can remove the schedule before the transaction ends.';

CREATE FUNCTION xlsx_private.schedule_set_job(caller regrole, schedule bigint, cron text, job bigint) RETURNS void
LANGUAGE sql VOLATILE
BEGIN ATOMIC
  UPDATE xlsx_private.schedule SET job = schedule_set_job.job, cron = schedule_set_job.cron
  FROM (SELECT xlsx_private.own_schedule(caller, schedule_set_job.schedule) AS id OFFSET 0) AS own WHERE schedule.id = own.id;
END;
COMMENT ON FUNCTION xlsx_private.schedule_set_job(regrole, bigint, text, bigint) IS
'As the function without caller, with the rights of the owner of the tables. caller: role that calls.';

CREATE FUNCTION xlsx_private.schedule_set_job(schedule bigint, cron text, job bigint) RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_as_owner' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx_private.schedule_set_job(bigint, text, bigint) IS 'Writes when a schedule of the caller runs, and the job of pg_cron that runs it.';

CREATE FUNCTION xlsx_private.schedule_remove(caller regrole, name text) RETURNS xlsx_private.schedule
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  found xlsx_private.schedule;
BEGIN
  DELETE FROM xlsx_private.schedule s WHERE s.name = schedule_remove.name AND pg_has_role(caller::oid, s.owner::oid, 'USAGE')
    AND s.tenant = xlsx_private.current_tenant() RETURNING * INTO found;
  IF found.id IS NULL THEN
    RAISE EXCEPTION 'schedule "%" does not exist', name USING ERRCODE = 'undefined_object';
  END IF;
  DELETE FROM xlsx_private.schedule_file f WHERE f.schedule_id = found.id;
  DELETE FROM xlsx_private.schedule_run r WHERE r.schedule_id = found.id;
  RETURN found;
END
$$;
COMMENT ON FUNCTION xlsx_private.schedule_remove(regrole, text) IS
'As the function without caller, with the rights of the owner of the tables. caller: role that calls.';

CREATE FUNCTION xlsx_private.schedule_remove(name text) RETURNS xlsx_private.schedule
AS 'MODULE_PATHNAME', 'pg_xlsx_as_owner' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx_private.schedule_remove(text) IS 'Removes a schedule of the caller and returns what it was.';

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

CREATE FUNCTION xlsx_private.schedule_settings(caller regrole, name text) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT s.settings FROM xlsx_private.schedule s WHERE s.name = schedule_settings.name AND pg_has_role(caller::oid, s.owner::oid, 'USAGE')
    AND xlsx_private.current_tenant() IN ('', s.tenant);
END;
COMMENT ON FUNCTION xlsx_private.schedule_settings(regrole, text) IS
'As the function without caller, with the rights of the owner of the tables. caller: role that calls.';

CREATE FUNCTION xlsx_private.schedule_settings(name text) RETURNS jsonb
AS 'MODULE_PATHNAME', 'pg_xlsx_as_owner' LANGUAGE C STABLE;
COMMENT ON FUNCTION xlsx_private.schedule_settings(text) IS
'The settings that a schedule of the caller carries along from the session that made it. A timer, whose session has no tenant, gets those of each tenant. NULL: none.';

CREATE FUNCTION xlsx_private.schedule(name text, cron text, profile text, options jsonb) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  own CONSTANT text[] := '{folder,query,pattern,settle,pattern_params,done_folder,failed_folder,expect_every}';
  made xlsx_private.schedule := jsonb_populate_record(NULL::xlsx_private.schedule, (SELECT coalesce(jsonb_object_agg(o.key, o.value), '{}')
    FROM jsonb_each(schedule.options) AS o WHERE o.key = ANY (own)));
  new_id bigint;
BEGIN
  PERFORM xlsx_private.check_expression(made.query, 'query');
  made.name := schedule.name;
  made.cron := cron;
  made.profile := profile;
  made.options := xlsx_private.checked_options('task', schedule.options - own);
  IF made.folder IS NOT NULL THEN
    PERFORM xlsx_private.list_folder(made.folder, '*.xlsx');
    made.done_folder := xlsx_private.folder_to_move_to(made.folder, made.done_folder);
    made.failed_folder := xlsx_private.folder_to_move_to(made.folder, made.failed_folder);
  END IF;
  new_id := xlsx_private.schedule_add(made);
  IF cron IS NOT NULL THEN
    PERFORM xlsx_private.schedule_set_job(new_id, cron, xlsx_private.cron_add(name, cron));
  END IF;
  RETURN new_id;
END
$$;
COMMENT ON FUNCTION xlsx_private.schedule IS 'As xlsx.schedule, with the other arguments by their names.';

CREATE FUNCTION xlsx.schedule(name text, cron text, profile text, folder text DEFAULT NULL, query text DEFAULT NULL,
  pattern text DEFAULT '*.xlsx', settle interval DEFAULT '5 seconds', pattern_params text[] DEFAULT NULL, done_folder text DEFAULT NULL,
  failed_folder text DEFAULT NULL, expect_every interval DEFAULT NULL, priority int DEFAULT 0, sheet text DEFAULT NULL,
  mode text DEFAULT NULL, max_errors bigint DEFAULT NULL, header_row text DEFAULT NULL, locale text DEFAULT NULL,
  mapping jsonb DEFAULT NULL, params jsonb DEFAULT NULL, range text DEFAULT NULL, header_check text DEFAULT NULL, header_rows int DEFAULT NULL,
  hold boolean DEFAULT NULL, on_duplicate text DEFAULT NULL,
  keep_rows boolean DEFAULT NULL, keep_changes boolean DEFAULT NULL, "returning" name[] DEFAULT NULL,
  fill_merged boolean DEFAULT NULL, skip_hidden boolean DEFAULT NULL, stop_at text DEFAULT NULL, sheets text DEFAULT NULL,
  scope text DEFAULT NULL, absent text DEFAULT NULL, max_absent text DEFAULT NULL, allow_empty boolean DEFAULT NULL,
  duplicate_keys text DEFAULT NULL,
  date_order text DEFAULT NULL, "decimal" text DEFAULT NULL, time_zone text DEFAULT NULL,
  blank_cells text DEFAULT NULL, clear_token text DEFAULT NULL)
RETURNS bigint
AS 'MODULE_PATHNAME', 'pg_xlsx_by_name' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx.schedule IS
'Submits new files whenever it runs, each once by its content, as the current role; returns the id of the schedule. folder: of the server; files whose names match pattern (a shell pattern, upper and lower case are the same) and that were not written to for settle (needs the rights of pg_read_server_files). query, instead of folder: two columns, the file (bytea, or oid of a large object) and its name. cron: when it runs, in the form of pg_cron; NULL if another timer calls xlsx.run_schedule(name). pattern_params: names for the groups of pattern, which then is a regular expression for the whole name; what they match is kept with the file, and added to the params of its task. done_folder, failed_folder: where a run moves files whose tasks have ended, and those that were refused, failed or were cancelled (needs the rights of pg_write_server_files; on the file system of folder; nothing is overwritten). expect_every: time within which a file should come; where none does, xlsx.schedules and xlsx.metrics say so. Other arguments as for xlsx.submit. Runs have the settings that the profile carries along (xlsx.alter_profile), and the tenant, as they are in the session that makes the schedule.';

CREATE FUNCTION xlsx.reschedule(name text, cron text) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  found xlsx_private.schedule := xlsx_private.schedule_find(name);
BEGIN
  PERFORM xlsx_private.cron_remove(found.name, found.owner::regrole, found.job);
  PERFORM xlsx_private.schedule_set_job(found.id, cron, CASE WHEN cron IS NOT NULL THEN xlsx_private.cron_add(found.name, cron) END);
END
$$;
COMMENT ON FUNCTION xlsx.reschedule(text, text) IS
'Changes when a schedule runs, and makes its job of pg_cron again where that is missing, as after a restore. cron: as for xlsx.schedule; NULL: another timer calls xlsx.run_schedule. The files that the schedule knows stay. For its owner only.';

CREATE FUNCTION xlsx.unschedule(name text) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  removed xlsx_private.schedule := xlsx_private.schedule_remove(name);
BEGIN
  PERFORM xlsx_private.cron_remove(removed.name, removed.owner::regrole, removed.job);
END
$$;
COMMENT ON FUNCTION xlsx.unschedule(text) IS
'Removes a schedule of the current role, with its job of pg_cron, its runs and the files that it knows. Its tasks stay, and so does any other job of pg_cron.';

CREATE VIEW xlsx.schedules WITH (security_invoker = true) AS
SELECT s.name, s.cron, s.profile, s.folder, s.pattern, s.settle, s.query, s.options, s.owner::pg_catalog.regrole AS owner, s.created_at, s.job,
  r.started_at AS last_run, r.error AS last_error, s.pattern_params, s.done_folder, s.failed_folder,
  c.job_exists, CASE WHEN c.job_exists THEN xlsx_private.cron_next(s.cron, r.started_at) END AS next_run,
  f.files_waiting, f.files_failed, f.files_done, s.expect_every, s.last_file_at, xlsx_private.schedule_is_overdue(s) AS overdue,
  pg_catalog.concat_ws(' ',
    CASE WHEN NOT c.job_exists THEN 'The job of pg_cron is missing; xlsx.reschedule makes it again.' END,
    CASE WHEN xlsx_private.schedule_is_overdue(s)
      THEN pg_catalog.format('No file came since %s; one is expected every %s.', pg_catalog.date_trunc('second', coalesce(s.last_file_at, s.created_at)), s.expect_every) END) AS warning
FROM xlsx_private.schedule s
  LEFT JOIN LATERAL (SELECT * FROM xlsx_private.schedule_run r WHERE r.schedule_id = s.id ORDER BY r.id DESC LIMIT 1) AS r ON true
  LEFT JOIN LATERAL (SELECT coalesce(j.job = s.job AND j.is_ours AND j.runs, false) AS job_exists
    FROM xlsx_private.cron_job(s.name, s.owner::pg_catalog.regrole) AS j WHERE s.cron IS NOT NULL) AS c ON true
  CROSS JOIN LATERAL (SELECT pg_catalog.count(*) FILTER (WHERE o.state = 'waiting') AS files_waiting,
      pg_catalog.count(*) FILTER (WHERE o.state = 'failed') AS files_failed, pg_catalog.count(*) FILTER (WHERE o.state = 'done') AS files_done
    FROM xlsx_private.schedule_file f LEFT JOIN xlsx_private.task t ON t.id = f.task_id,
      LATERAL (SELECT xlsx_private.schedule_file_state(f.outcome, f.task_id, t)) AS o (state) WHERE f.schedule_id = s.id) AS f;
COMMENT ON VIEW xlsx.schedules IS
'Schedules of the current role. last_run, last_error: of the last run, the error that it failed with, or the first one of a file that waits. next_run: of the job of pg_cron. job: number of that job; job_exists: it is there and switched on; NULL without cron. files_waiting, files_failed, files_done: number of files by state, as in xlsx.schedule_files. overdue: no file came within expect_every. warning: what is wrong with the schedule, in sentences; empty if nothing is.';

CREATE VIEW xlsx.schedule_runs WITH (security_invoker = true) AS
SELECT s.name AS schedule, r.started_at, r.ended_at, r.files, r.submitted, r.refused, r.error
FROM xlsx_private.schedule s JOIN xlsx_private.schedule_run r ON r.schedule_id = s.id;
COMMENT ON VIEW xlsx.schedule_runs IS 'Runs of schedules: number of files found, submitted and refused. error: what the run failed with, or the first error of a file that waits.';

CREATE VIEW xlsx.schedule_files WITH (security_invoker = true) AS
SELECT s.name AS schedule, f.file_name, f.file_size, f.modified_at, f.content_hash, f.seen_at, f.task_id AS task, t.status, f.error,
  xlsx_private.schedule_file_state(f.outcome, f.task_id, t) AS state, f.params, f.tries, f.moved_to
FROM xlsx_private.schedule s
  JOIN xlsx_private.schedule_file f ON f.schedule_id = s.id
  LEFT JOIN xlsx_private.task t ON t.id = f.task_id;
COMMENT ON VIEW xlsx.schedule_files IS
'Files that schedules have found, and their tasks. state: waiting (the file or its task is tried, now or again), done (imported, perhaps with error rows, or the task is gone), failed (refused, cancelled, or failed for a reason that stays). error: why a file was refused, waits or was not moved. params: what the groups of the pattern are in its name. tries: how often its task was started again. moved_to: where a run has moved it.';
