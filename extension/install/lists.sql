/*
 * Lists of tasks, newest first
 *
 * Who sees everybody's tasks reads them by id, or by status and id. All others
 * see the tasks of some roles and their own tenant: the newest of each role and status come from an
 * index, and the newest of these are the newest of all. No list reads more than a page
 * asks for, however long the history is.
 */

CREATE FUNCTION xlsx_private.newest_tasks(status text, most bigint) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE ROWS 10
SET search_path = pg_catalog, pg_temp
SET jit = off
-- Each order comes from an index. To the planner, which does not know how many tasks an owner has, a sort looks as good.
SET enable_sort = off
AS $$
DECLARE
  roles CONSTANT oid[] := xlsx_private.roles_of_me();
  mine_is CONSTANT text := xlsx_private.current_tenant();
  -- To look for each of very many roles takes longer than to pass over what is not theirs.
  by_role CONSTANT boolean := NOT xlsx_private.sees_all() AND cardinality(roles) <= 100;
BEGIN
  -- A statement for each case, because one plan for all would read too much in some.
  IF NOT by_role AND status IS NULL THEN
    RETURN QUERY SELECT t.id FROM xlsx_private.task t ORDER BY t.id DESC LIMIT most;
  ELSIF NOT by_role THEN
    RETURN QUERY SELECT t.id FROM xlsx_private.task t WHERE t.status = newest_tasks.status ORDER BY t.id DESC LIMIT most;
  ELSE
    RETURN QUERY SELECT t.id FROM unnest(roles) AS mine (role)
      CROSS JOIN unnest(CASE WHEN status IS NULL THEN xlsx_private.names_of('status') ELSE ARRAY[status] END) AS wanted (status)
      CROSS JOIN LATERAL (SELECT o.id FROM xlsx_private.task o WHERE o.owner::oid = mine.role AND o.tenant = mine_is AND o.status = wanted.status
        ORDER BY o.id DESC LIMIT most) AS t
      ORDER BY t.id DESC LIMIT most;
  END IF;
END
$$;
COMMENT ON FUNCTION xlsx_private.newest_tasks(text, bigint) IS
'Ids of the newest tasks that the current role sees, the newest first: of a status (NULL: of any), at most so many.';

CREATE FUNCTION xlsx_private.tallied_tasks(status text) RETURNS bigint
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  active text;
  total bigint := (SELECT coalesce(sum(t.tasks), 0) FROM xlsx_private.tally t WHERE tallied_tasks.status IS NULL OR t.status = tallied_tasks.status);
BEGIN
  FOREACH active IN ARRAY xlsx_private.names_of('active_status') LOOP
    IF status IS NULL OR status = active THEN
      total := total + (SELECT count(*) FROM xlsx_private.newest_tasks(active, 10001));
    END IF;
  END LOOP;
  RETURN total;
END
$$;
COMMENT ON FUNCTION xlsx_private.tallied_tasks(text) IS
'About how many tasks the current role sees, of a status or of any (NULL): those that ended are counted by tally, those that did not, one by one up to 10,001 of each status.';

CREATE FUNCTION xlsx_private.count_tasks(status text, OUT total bigint, OUT is_estimate boolean)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  most CONSTANT bigint := 10000;
BEGIN
  total := xlsx_private.tallied_tasks(status);
  is_estimate := total > most;
  IF NOT is_estimate THEN
    total := (SELECT count(*) FROM xlsx_private.newest_tasks(status, most + 1));
    is_estimate := total > most;
  END IF;
END
$$;
COMMENT ON FUNCTION xlsx_private.count_tasks(text) IS
'How many tasks the current role sees, of a status or of any (NULL). Exact up to 10,000; beyond that is_estimate is true.';

-- As the owner of the tables, because a policy would keep containment from its index.
CREATE FUNCTION xlsx_private.tasks_with(caller regrole, params jsonb, status text, most bigint) RETURNS bigint[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  sees_all CONSTANT boolean := pg_has_role(caller::oid, 'xlsx_admin', 'USAGE') OR pg_has_role(caller::oid, 'xlsx_notifier', 'USAGE');
  places CONSTANT text[] := CASE WHEN sees_all THEN '{*}' ELSE ARRAY(
    SELECT r.oid || ' ' || xlsx_private.current_tenant() FROM pg_roles r WHERE pg_has_role(caller::oid, r.oid, 'USAGE')) END;
BEGIN
  RETURN ARRAY(SELECT t.id FROM unnest(places) AS p (place) CROSS JOIN LATERAL (
      SELECT o.id FROM xlsx_private.task o WHERE xlsx_private.params_scope(o.owner, o.tenant, o.params) @> jsonb_build_object(p.place, tasks_with.params)
        AND o.params <> '{}' AND (tasks_with.status IS NULL OR o.status = tasks_with.status) ORDER BY o.id DESC LIMIT most) AS t
    ORDER BY t.id DESC LIMIT most);
END
$$;
COMMENT ON FUNCTION xlsx_private.tasks_with(regrole, jsonb, text, bigint) IS
'As the function without caller, with the rights of the owner of the tables. caller: role that calls.';

CREATE FUNCTION xlsx_private.tasks_with(params jsonb, status text, most bigint) RETURNS bigint[]
AS 'MODULE_PATHNAME', 'pg_xlsx_as_owner' LANGUAGE C STABLE;
COMMENT ON FUNCTION xlsx_private.tasks_with(jsonb, text, bigint) IS
'Ids of the newest tasks that the current role sees and whose params contain these, the newest first: of a status (NULL: of any), at most so many.';

CREATE FUNCTION xlsx_private.wanted_params(given text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  wanted jsonb;
BEGIN
  BEGIN
    wanted := given::jsonb;
  EXCEPTION WHEN data_exception THEN
    wanted := 'null';
  END;
  IF jsonb_typeof(wanted) <> 'object' THEN
    RAISE EXCEPTION 'params must be a JSON object' USING ERRCODE = 'invalid_parameter_value',
      HINT = 'Such as params={"project":7}: tasks whose params contain it are listed.';
  END IF;
  RETURN nullif(wanted, '{}');
END
$$;
COMMENT ON FUNCTION xlsx_private.wanted_params(text) IS 'The params that a query string asks for; NULL: any. Error if they are no JSON object.';

CREATE FUNCTION xlsx_rest.rest_tasks(page text, "limit" text, status text, params text DEFAULT NULL) RETURNS xlsx_rest.answer
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  page_no int := xlsx_private.rest_page_number(page);
  page_size int := xlsx_private.rest_page_size("limit");
  wanted text := upper(rest_tasks.status);
  skipped bigint := (page_no - 1)::bigint * page_size;
  holding jsonb := xlsx_private.wanted_params(rest_tasks.params);
  most CONSTANT bigint := 10000;
  found_ids bigint[];
  known record;
  items json;
BEGIN
  IF wanted <> ALL (xlsx_private.names_of('status')) THEN
    RAISE EXCEPTION 'status must be one of %', array_to_string(xlsx_private.names_of('status'), ', ')
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF holding IS NOT NULL THEN
    found_ids := xlsx_private.tasks_with(holding, wanted, greatest(most, skipped + page_size) + 1);
    IF skipped < cardinality(found_ids) THEN
      items := xlsx_private.tasks_json(found_ids[skipped + 1 : skipped + page_size]);
    END IF;
    RETURN ROW(200, xlsx_private.rest_page(items, cardinality(found_ids), page_no, page_size, cardinality(found_ids) > most))::xlsx_rest.answer;
  END IF;
  SELECT * INTO known FROM xlsx_private.count_tasks(wanted);
  IF known.is_estimate OR skipped < known.total THEN
    SELECT xlsx_private.tasks_json(ARRAY(SELECT n.id FROM xlsx_private.newest_tasks(wanted, skipped + page_size) AS n (id)
      ORDER BY n.id DESC OFFSET skipped LIMIT page_size)) INTO items;
  END IF;
  RETURN ROW(200, xlsx_private.rest_page(items, known.total, page_no, page_size, known.is_estimate))::xlsx_rest.answer;
END
$$;
COMMENT ON FUNCTION xlsx_rest.rest_tasks(text, text, text, text) IS
'GET /tasks. params: a JSON object that the params of the tasks contain. meta.total is exact up to 10,000; beyond that meta.totalIsEstimate is true.';

CREATE FUNCTION xlsx_private.own_newest(most int) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE ROWS 100
SET search_path = pg_catalog, pg_temp
SET jit = off
SET enable_sort = off
AS $$
BEGIN
  RETURN QUERY SELECT t.id FROM unnest(xlsx_private.names_of('status')) AS s (status)
    CROSS JOIN LATERAL (SELECT o.id FROM xlsx_private.task o
      WHERE o.owner::oid = (SELECT r.oid FROM pg_roles r WHERE r.rolname = current_user) AND o.tenant = (SELECT xlsx_private.current_tenant()) AND o.status = s.status ORDER BY o.id DESC LIMIT most) AS t;
END
$$;
COMMENT ON FUNCTION xlsx_private.own_newest(int) IS 'Ids of the newest tasks of the current role itself, at most so many of each status.';

CREATE FUNCTION xlsx_rest.rest_own_tasks(after text) RETURNS xlsx_rest.answer
LANGUAGE sql STABLE
BEGIN ATOMIC
  WITH newest AS MATERIALIZED (SELECT n.id FROM xlsx_private.own_newest(1000) AS n (id)),
  last AS MATERIALIZED (SELECT n.id FROM newest n ORDER BY n.id DESC LIMIT CASE WHEN after IS NULL THEN 20 ELSE 1000 END),
  active AS MATERIALIZED (
    SELECT t.id FROM xlsx_private.task t WHERE xlsx_private.is_active(t.status)
      AND t.owner::oid = (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = current_user)
      AND t.tenant = (SELECT xlsx_private.current_tenant()) ORDER BY t.id DESC LIMIT 1000),
  wanted AS (
    SELECT t.id, t.seq, NOT xlsx_private.is_active(t.status) AS ended
    FROM (SELECT l.id FROM last l WHERE after IS NULL OR l.id > after::bigint UNION SELECT a.id FROM active a) AS w
      JOIN xlsx_private.task t ON t.id = w.id
    ORDER BY t.id DESC LIMIT 1000)
  SELECT 200, pg_catalog.json_build_object('highest', (SELECT coalesce(pg_catalog.max(n.id), 0) FROM newest n), 'tenant', xlsx_private.current_tenant(),
    'tasks', (SELECT coalesce(pg_catalog.json_agg(w ORDER BY w.id), '[]'::pg_catalog.json) FROM wanted w));
END;
COMMENT ON FUNCTION xlsx_rest.rest_own_tasks(text) IS
'The tasks of the current role that its event stream begins with: those that are active, and those with a higher id than after, or else the last 20. At most 1,000. tenant: that of the session, for xlsx_rest.rest_owners.';
