/*
 * The REST interface: the sidecar passes on what comes from here.  Numbers
 * of tasks, pages and limits are the texts of the URL.
 */

CREATE TYPE xlsx_rest.answer AS (
  status int,
  body   json
);
COMMENT ON TYPE xlsx_rest.answer IS
'Answer to a request. A failure is an error instead; the sidecar makes the HTTP status from its SQLSTATE.';
COMMENT ON COLUMN xlsx_rest.answer.status IS 'HTTP status.';
COMMENT ON COLUMN xlsx_rest.answer.body IS 'Body of the answer.';

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
COMMENT ON FUNCTION xlsx_private.rest_id(text) IS
'Id of a task from a URL. Error if it is not a number, or if the current role cannot see the task.';

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
COMMENT ON FUNCTION xlsx_private.rest_integer(text, text, int, int) IS
'An integer from a query string, between 1 and highest; fallback if it is missing. Error for any other text.';

CREATE FUNCTION xlsx_private.rest_page_number(given text) RETURNS int
LANGUAGE sql IMMUTABLE
RETURN xlsx_private.rest_integer('page', given, 1, 1000000000);
COMMENT ON FUNCTION xlsx_private.rest_page_number(text) IS 'The page of a list that a query string asks for.';

CREATE FUNCTION xlsx_private.rest_page_size("limit" text) RETURNS int
LANGUAGE sql IMMUTABLE
RETURN xlsx_private.rest_integer('limit', "limit", 10, 100);
COMMENT ON FUNCTION xlsx_private.rest_page_size(text) IS 'The most members of a page of a list, as a query string asks for it.';

CREATE FUNCTION xlsx_private.rest_after(after text) RETURNS int
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF after !~ '^[0-9]{1,9}$' THEN
    RAISE EXCEPTION 'after must be an integer between 0 and 999999999' USING ERRCODE = 'invalid_parameter_value',
      HINT = 'Begin with after=0 and go on with meta.next of each answer.';
  END IF;
  RETURN after::int;
END
$$;
COMMENT ON FUNCTION xlsx_private.rest_after(text) IS 'The row of a sheet behind which a part of a list begins, as a query string gives it. NULL for NULL.';

CREATE FUNCTION xlsx_private.rest_page(data json, total bigint, page int, "limit" int, is_estimate boolean DEFAULT false) RETURNS json
LANGUAGE sql STABLE
RETURN pg_catalog.json_build_object('data', coalesce(data, '[]'::pg_catalog.json), 'meta', CASE WHEN is_estimate
  THEN pg_catalog.json_build_object('total', total, 'page', page, 'limit', "limit", 'totalPages', (total + "limit" - 1) / "limit", 'totalIsEstimate', true)
  ELSE pg_catalog.json_build_object('total', total, 'page', page, 'limit', "limit", 'totalPages', (total + "limit" - 1) / "limit") END);
COMMENT ON FUNCTION xlsx_private.rest_page(json, bigint, int, int, boolean) IS
'One page of a list: {"data": […], "meta": {…}}. is_estimate: total is about right, and meta says so.';

CREATE FUNCTION xlsx_rest.rest_task(task text) RETURNS xlsx_rest.answer
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT 200, (pg_catalog.jsonb_build_object('dataCount', t.saved_rows,
      'errorCount', xlsx_private.count_errors(t.id))
    || xlsx_rest.task_json(t.id)::pg_catalog.jsonb)::pg_catalog.json
  FROM xlsx_private.rest_id(rest_task.task) AS wanted, xlsx_private.task t
  WHERE t.id = wanted;
END;
COMMENT ON FUNCTION xlsx_rest.rest_task(text) IS 'GET /tasks/:taskId';

CREATE FUNCTION xlsx_rest.rest_retry(task text) RETURNS xlsx_rest.answer
LANGUAGE sql VOLATILE
BEGIN ATOMIC
  SELECT xlsx.retry(xlsx_private.rest_id(task));
  SELECT 200, xlsx_rest.task_json(task::bigint);
END;
COMMENT ON FUNCTION xlsx_rest.rest_retry(text) IS 'POST /tasks/:taskId/retry';

CREATE FUNCTION xlsx_rest.rest_cancel(task text) RETURNS xlsx_rest.answer
LANGUAGE sql VOLATILE
BEGIN ATOMIC
  SELECT xlsx.cancel(xlsx_private.rest_id(task));
  SELECT 200, xlsx_rest.task_json(task::bigint);
END;
COMMENT ON FUNCTION xlsx_rest.rest_cancel(text) IS 'POST /tasks/:taskId/cancel';

CREATE FUNCTION xlsx_private.rest_priority(given text) RETURNS int
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF given !~ '^-?[0-9]{1,9}$' THEN
    RAISE EXCEPTION 'priority must be an integer' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN coalesce(given::int, 0);
END
$$;
COMMENT ON FUNCTION xlsx_private.rest_priority(text) IS 'The priority of a task from a query string; 0 if it is missing. Error (22023) for any other text.';

CREATE FUNCTION xlsx_rest.rest_run(task text, run_at text, priority text) RETURNS xlsx_rest.answer
LANGUAGE sql VOLATILE
BEGIN ATOMIC
  SELECT xlsx.run(xlsx_private.rest_id(task), run_at::timestamptz, xlsx_private.rest_priority(priority));
  SELECT 201, xlsx_rest.task_json(xlsx_private.last_run_of(task::bigint));
END;
COMMENT ON FUNCTION xlsx_rest.rest_run(text, text, text) IS 'POST /tasks/:taskId/run: the new task that imports the dry run.';

CREATE FUNCTION xlsx_rest.rest_duplicate(profile text, sha256 text, params text) RETURNS xlsx_rest.answer
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  wanted text := coalesce(rest_duplicate.profile, xlsx_private.default_profile());
  found_id bigint := (SELECT p.id FROM xlsx_private.profile p WHERE p.name = wanted);
BEGIN
  IF found_id IS NULL THEN
    RAISE EXCEPTION 'Profile % not found', coalesce(wanted, '') USING ERRCODE = 'no_data_found';
  ELSIF sha256 IS NULL OR sha256 !~* '^[0-9a-f]{64}$' THEN
    RAISE EXCEPTION 'sha256 must have 64 hexadecimal digits' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN ROW(200, json_build_object('duplicateOf', xlsx_private.duplicate_json(xlsx_private.duplicate_of(
    (SELECT r.oid FROM pg_roles r WHERE r.rolname = current_user), xlsx_private.current_tenant(), found_id, decode(sha256, 'hex'), coalesce(params, '{}')::jsonb))))::xlsx_rest.answer;
END
$$;
COMMENT ON FUNCTION xlsx_rest.rest_duplicate(text, text, text) IS
'GET /duplicates: did the current role import a file with this SHA-256 by this profile (NULL: the default one), with these params (a JSON object)?';

CREATE FUNCTION xlsx_rest.rest_release(task text) RETURNS xlsx_rest.answer
LANGUAGE sql VOLATILE
BEGIN ATOMIC
  SELECT xlsx.release(xlsx_private.rest_id(task));
  SELECT 200, xlsx_rest.task_json(task::bigint);
END;
COMMENT ON FUNCTION xlsx_rest.rest_release(text) IS 'POST /tasks/:taskId/release';

CREATE FUNCTION xlsx_rest.rest_erase(task text) RETURNS xlsx_rest.answer
LANGUAGE sql VOLATILE
BEGIN ATOMIC
  SELECT xlsx.erase(xlsx_private.rest_id(task));
  SELECT 200, xlsx_rest.task_json(task::bigint);
END;
COMMENT ON FUNCTION xlsx_rest.rest_erase(text) IS 'POST /tasks/:taskId/erase';

-- Without a search_path of its own: triggers of the target are to have the session's.
CREATE FUNCTION xlsx_rest.rest_delete(task text) RETURNS xlsx_rest.answer
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  task bigint := xlsx_private.rest_id($1);
  deletion record;
BEGIN
  SELECT * INTO deletion FROM xlsx.delete(task);
  RETURN ROW(200, pg_catalog.json_build_object('message', pg_catalog.format('Task with ID %s deleted successfully', task),
    'deletedRows', deletion.deleted_rows, 'detail', deletion.message))::xlsx_rest.answer;
END
$$;
COMMENT ON FUNCTION xlsx_rest.rest_delete(text) IS 'DELETE /tasks/:taskId';

CREATE FUNCTION xlsx_rest.rest_errors_workbook(task text) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  task bigint := xlsx_private.rest_id($1);
BEGIN
  IF NOT EXISTS (SELECT FROM xlsx_private.error_page p WHERE p.task_id = task) THEN
    RAISE EXCEPTION 'No validation errors found for task %', task USING ERRCODE = 'no_data_found';
  END IF;
  RETURN format('validation-errors-task-%s.xlsx', task);
END
$$;
COMMENT ON FUNCTION xlsx_rest.rest_errors_workbook(text) IS
'GET /get-validation-errors-by-task-id/:taskId: the file name; the bytes come from xlsx.errors_workbook_chunks.';

CREATE FUNCTION xlsx_rest.rest_error_summary(task text) RETURNS xlsx_rest.answer
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT 200, pg_catalog.json_build_object('data', xlsx.report(wanted) -> 'errors')
  FROM xlsx_private.rest_id(rest_error_summary.task) AS wanted;
END;
COMMENT ON FUNCTION xlsx_rest.rest_error_summary(text) IS 'GET /tasks/:taskId/errors/summary';

CREATE FUNCTION xlsx_rest.rest_report(task text) RETURNS xlsx_rest.answer
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT 200, xlsx.report(wanted)::pg_catalog.json FROM xlsx_private.rest_id(rest_report.task) AS wanted;
END;
COMMENT ON FUNCTION xlsx_rest.rest_report(text) IS 'GET /tasks/:taskId/report';

-- Without a search_path of its own: triggers of the target are to have the caller's. So no operator stands here.
CREATE FUNCTION xlsx_rest.rest_undo(task text) RETURNS xlsx_rest.answer
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  task bigint := xlsx_private.rest_id($1);
  outcome record;
BEGIN
  SELECT * INTO outcome FROM xlsx.undo(task);
  RETURN ROW(200, pg_catalog.json_build_object('message', pg_catalog.format('%s rows of task %s undone', outcome.undone, task),
    'undone', outcome.undone, 'kept', outcome.reasons))::xlsx_rest.answer;
END
$$;
COMMENT ON FUNCTION xlsx_rest.rest_undo(text) IS 'POST /tasks/:taskId/undo';

-- Without a search_path of its own: types are named as the caller names them.
CREATE FUNCTION xlsx_rest.rest_profiles() RETURNS xlsx_rest.answer
LANGUAGE sql STABLE
SET jit = off
BEGIN ATOMIC
  WITH fixed AS MATERIALIZED (
    SELECT coalesce(xlsx_private.default_profile(), '') AS by_default,
      (SELECT pg_catalog.json_agg(m.name ORDER BY m.place) FROM pg_catalog.unnest(xlsx_private.names_of('mode')) WITH ORDINALITY AS m (name, place)) AS modes),
  enum AS MATERIALIZED (
    SELECT e.enumtypid AS type, pg_catalog.json_agg(e.enumlabel ORDER BY e.enumsortorder) AS labels FROM pg_catalog.pg_enum e GROUP BY e.enumtypid),
  closed AS MATERIALIZED (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE')),
  shown AS MATERIALIZED (
    SELECT c.profile_id, pg_catalog.array_agg(c.header) AS headers,
      pg_catalog.json_agg(pg_catalog.json_build_object('header', c.header, 'column', c.column_name, 'type', pg_catalog.format_type(c.type, c.modifier),
        'required', c.required, 'label', c.label, 'source', c.source, 'values', c.labels)) FILTER (WHERE c.in_target) AS columns
    FROM (SELECT o.*, enum.labels FROM xlsx_private.shown_column o LEFT JOIN enum ON enum.type = o.type
      ORDER BY o.profile_id, o.position, o.column_name) AS c
    GROUP BY c.profile_id)
  SELECT 200, pg_catalog.json_build_object('data', coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
      'name', p.name, 'headers', coalesce(s.headers, '{}'), 'mode', p.mode, 'modes', f.modes, 'default', p.name = f.by_default, 'targetBy', p.target_by,
      'columns', coalesce(s.columns, '[]'::pg_catalog.json)) ORDER BY p.name), '[]'::pg_catalog.json))
  FROM fixed f CROSS JOIN xlsx_private.profile p LEFT JOIN shown s ON s.profile_id = p.id
  WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_class t JOIN closed ON closed.oid = t.relnamespace WHERE t.oid = p.target::oid);
END;
COMMENT ON FUNCTION xlsx_rest.rest_profiles() IS 'GET /profiles: profiles whose target is in a schema that the current role may use.';

CREATE FUNCTION xlsx_rest.rest_template(name text) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM xlsx_private.profile p WHERE p.name = rest_template.name) THEN
    RAISE EXCEPTION 'Profile % not found', coalesce(name, '') USING ERRCODE = 'no_data_found';
  END IF;
  RETURN regexp_replace(name, '[^[:alnum:]._-]+', '_', 'g') || '-template.xlsx';
END
$$;
COMMENT ON FUNCTION xlsx_rest.rest_template(text) IS
'GET /profiles/:name/template: the file name; the bytes come from xlsx.template.';

CREATE FUNCTION xlsx_rest.rest_snapshot(task text, OUT event text, OUT data json)
LANGUAGE sql VOLATILE
BEGIN ATOMIC
  SELECT CASE WHEN xlsx_private.is_active(t.status) THEN 'task-progress' ELSE terminal.event END,
    CASE WHEN xlsx_private.is_active(t.status) THEN xlsx_private.progress_data(t) ELSE terminal.data END
  FROM xlsx_private.rest_id(rest_snapshot.task) AS wanted
    JOIN xlsx_private.task t ON t.id = wanted
    CROSS JOIN LATERAL xlsx_private.terminal_event(t) AS terminal;
END;
COMMENT ON FUNCTION xlsx_rest.rest_snapshot(text) IS
'State of a task as an event, for a client that joins late: task-progress, or the event that ended the task.';

CREATE FUNCTION xlsx_rest.rest_owners(tasks text) RETURNS xlsx_rest.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT 200, coalesce((SELECT pg_catalog.json_agg(pg_catalog.json_build_object('id', t.id, 'owner', pg_catalog.pg_get_userbyid(t.owner),
      'own', pg_catalog.pg_get_userbyid(t.owner) = session_user, 'tenant', t.tenant))
    FROM xlsx_private.task t WHERE t.id = ANY (pg_catalog.string_to_array(tasks, ',')::bigint[])), '[]'::pg_catalog.json);
END;
COMMENT ON FUNCTION xlsx_rest.rest_owners(text) IS
'Owners of tasks, whose ids are separated by commas: [{"id": 7, "owner": "ann", "own": false, "tenant": ""}]. own: the owner is the role that logged in. For xlsx_notifier and xlsx_admin, as xlsx.listen.';

CREATE FUNCTION xlsx_rest.rest_row_schema(name text) RETURNS xlsx_rest.answer
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN ROW(200, xlsx.row_schema(coalesce(name, '')))::xlsx_rest.answer;
END
$$;
COMMENT ON FUNCTION xlsx_rest.rest_row_schema(text) IS 'GET /profiles/:name/schema';

CREATE FUNCTION xlsx_rest.rest_preview(upload bigint) RETURNS xlsx_rest.answer
LANGUAGE plpgsql VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  given record;
BEGIN
  SELECT * INTO given FROM xlsx_private.upload_settings(upload);
  RETURN ROW(200, (jsonb_build_object('fileName', given.name, 'fileSize', given.size, 'profile', given.profile)
    || xlsx.preview(xlsx_private.upload_file(upload), given.profile, coalesce(given.options ->> 'sheets', given.options ->> 'sheet'), given.options ->> 'header_row', given.options -> 'mapping',
      given.options ->> 'range', (given.options ->> 'header_rows')::int, (given.options ->> 'fill_merged')::boolean,
      (given.options ->> 'skip_hidden')::boolean, given.options ->> 'locale', given.options ->> 'date_order', given.options ->> 'decimal')::jsonb)::json)::xlsx_rest.answer;
END
$$;
COMMENT ON FUNCTION xlsx_rest.rest_preview(bigint) IS 'POST /preview, for an upload that is not finished. The sidecar removes the upload afterwards.';
