/*
 * The queue: what may start, what has been done, how it stands
 */

CREATE TABLE xlsx_private.queue_rule (
  id         bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  profile_id bigint,
  role       xlsx_private.role_ref,
  paused     boolean NOT NULL DEFAULT false,
  max_tasks  int     CHECK (max_tasks > 0),
  preferred  boolean NOT NULL DEFAULT false CHECK (NOT preferred OR (role IS NOT NULL AND profile_id IS NULL))
);
-- A claim looks for the rules of a role.
CREATE UNIQUE INDEX queue_rule_subject ON xlsx_private.queue_rule (coalesce(role::oid, 0), coalesce(profile_id, 0));
COMMENT ON TABLE xlsx_private.queue_rule IS
'Rules for the start of tasks of a profile (NULL: any) and a role (NULL: any): none starts while paused, or while max_tasks of them run.';
COMMENT ON COLUMN xlsx_private.queue_rule.preferred IS 'Tasks of the role start before those of other owners.';

CREATE FUNCTION xlsx_private.is_due(run_at timestamptz, wait_ms bigint) RETURNS boolean
LANGUAGE sql VOLATILE
RETURN run_at IS NULL OR run_at <= pg_catalog.clock_timestamp()
  OR coalesce(run_at - wait_ms * interval '1 millisecond' > pg_catalog.clock_timestamp(), false);
COMMENT ON FUNCTION xlsx_private.is_due(timestamptz, bigint) IS
'Is the time of a waiting task reached? True if it has none. Also true if its wait would start in the future: then the clock was set back.';

CREATE VIEW xlsx_private.held_subject AS
SELECT coalesce(r.profile_id, 0) AS profile_id, coalesce(r.role::oid, 0) AS role
FROM xlsx_private.queue_rule r
WHERE r.paused OR r.max_tasks <= (SELECT pg_catalog.count(*) FROM xlsx_private.task p
  WHERE p.status = 'PROCESSING' AND (p.set_size IS NULL OR p.atomic) AND p.home = (SELECT xlsx_private.installation())
    AND (r.profile_id IS NULL OR r.profile_id = p.profile_id) AND (r.role IS NULL OR r.role::oid = p.owner::oid));
COMMENT ON VIEW xlsx_private.held_subject IS
'Profiles (0: any) and roles (0: any) of which no further task may start now, because they are paused or as many as allowed run.';

-- The subquery that is compared with a task does not refer to it, so it runs once for all tasks.
CREATE VIEW xlsx_private.due_task AS
SELECT t.id, t.login::regrole AS login, t.owner::regrole AS owner, t.priority, coalesce(t.run_at, t.created_at) AS run_at, t.status FROM xlsx_private.task t
WHERE t.home = (SELECT xlsx_private.installation()) AND ((t.status = 'PROCESSING' AND (t.set_size IS NULL OR t.atomic)) OR (t.status = 'PENDING' AND NOT t.held AND xlsx_private.is_due(t.run_at, t.wait_ms)
  AND NOT EXISTS (SELECT FROM pg_catalog.unnest((SELECT pg_catalog.array_agg(h) FROM xlsx_private.held_subject h)) AS held
    WHERE held.profile_id IN (0, t.profile_id) AND held.role IN (0, t.owner::oid))));
COMMENT ON VIEW xlsx_private.due_task IS 'Tasks of this installation that a worker may take now. A task that is PROCESSING counts only if its worker is gone.';

-- A look skips from group to group in the index task_waiting, so that it costs the same however many tasks wait.
CREATE VIEW xlsx_private.waiting_group AS
WITH RECURSIVE found AS (
  (SELECT t.login::oid AS login, xlsx_private.party(t.owner, t.tenant) AS party, t.owner::oid AS owner, coalesce(t.profile_id, 0) AS profile_id FROM xlsx_private.task t
    WHERE t.status = 'PENDING' AND NOT t.held AND t.home = (SELECT xlsx_private.installation())
    ORDER BY t.home, t.login::oid, xlsx_private.party(t.owner, t.tenant), coalesce(t.profile_id, 0) LIMIT 1)
  UNION ALL
  SELECT n.login, n.party, n.owner, n.profile_id FROM found f, LATERAL (
    SELECT t.login::oid AS login, xlsx_private.party(t.owner, t.tenant) AS party, t.owner::oid AS owner, coalesce(t.profile_id, 0) AS profile_id FROM xlsx_private.task t
    WHERE t.status = 'PENDING' AND NOT t.held AND t.home = (SELECT xlsx_private.installation())
      AND (t.login::oid, xlsx_private.party(t.owner, t.tenant), coalesce(t.profile_id, 0)) > (f.login, f.party, f.profile_id)
    ORDER BY t.home, t.login::oid, xlsx_private.party(t.owner, t.tenant), coalesce(t.profile_id, 0) LIMIT 1) AS n)
SELECT f.login, f.party, f.owner, f.profile_id FROM found f;
COMMENT ON VIEW xlsx_private.waiting_group IS 'Logins, owners with tenants (party) and profiles (0: gone) of which tasks of this installation wait, due or not.';

CREATE TABLE xlsx_private.job (
  id         bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  task_id    bigint  NOT NULL,
  attempt    int     NOT NULL,
  status     text    NOT NULL,
  profile    text    NOT NULL,
  file_name  text    NOT NULL,
  owner      xlsx_private.role_ref NOT NULL,
  tenant     text    NOT NULL DEFAULT '',
  started_at timestamptz,
  ended_at   timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  saved_rows bigint  NOT NULL,
  error_rows bigint  NOT NULL,
  error_code text,
  error_message text
);
COMMENT ON TABLE xlsx_private.job IS 'The last attempts at tasks that have ended.';

CREATE TABLE xlsx_private.housekeeping (
  id            int PRIMARY KEY DEFAULT 1 CHECK (id = 1),
  swept_at      timestamptz NOT NULL,
  sweeps        bigint NOT NULL,
  files_removed bigint NOT NULL,
  tasks_removed bigint NOT NULL,
  jobs_removed  bigint NOT NULL,
  orphans_removed bigint NOT NULL DEFAULT 0,
  orphans_sought_at timestamptz,
  sweep_ms      float8
);
INSERT INTO xlsx_private.housekeeping (swept_at, sweeps, files_removed, tasks_removed, jobs_removed) VALUES (pg_catalog.now(), 0, 0, 0, 0);
COMMENT ON TABLE xlsx_private.housekeeping IS 'Time of the last sweep of this database, and what all sweeps have removed.';
COMMENT ON COLUMN xlsx_private.housekeeping.sweep_ms IS 'Time that the last sweep took, in milliseconds, without the start of its process.';
COMMENT ON COLUMN xlsx_private.housekeeping.orphans_sought_at IS 'When a sweep last looked for rows that point nowhere; NULL: not yet in this database.';

-- Everybody may see why his task waits; a profile's owner may hold its tasks, and xlsx_admin all.
CREATE FUNCTION xlsx_private.may_hold(caller regrole, profile_id bigint, role regrole) RETURNS boolean
LANGUAGE sql STABLE
RETURN pg_catalog.pg_has_role(caller::pg_catalog.oid, 'xlsx_admin', 'USAGE')
  OR (role IS NULL AND EXISTS (SELECT FROM xlsx_private.profile p
    WHERE p.id = profile_id AND pg_catalog.pg_has_role(caller::pg_catalog.oid, p.owner::pg_catalog.oid, 'USAGE')));
COMMENT ON FUNCTION xlsx_private.may_hold(regrole, bigint, regrole) IS
'May the caller pause and limit tasks of this profile (NULL: any) and this role (NULL: any)?';
ALTER TABLE xlsx_private.queue_rule ENABLE ROW LEVEL SECURITY;
CREATE POLICY queue_rule_read ON xlsx_private.queue_rule FOR SELECT USING (true);
SELECT xlsx_private.show_to_owner('xlsx_private.job');

SELECT pg_catalog.pg_extension_config_dump('xlsx_private.queue_rule', '');
SELECT pg_catalog.pg_extension_config_dump('xlsx_private.queue_rule_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('xlsx_private.job', '');
SELECT pg_catalog.pg_extension_config_dump('xlsx_private.job_id_seq', '');

CREATE FUNCTION xlsx_private.wake_queue() RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_wake_queue' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx_private.wake_queue() IS 'Starts workers for due tasks, after the commit.';

-- The rule for a profile (NULL: any) and a role (NULL: any) after a change; one that demands nothing is deleted.
CREATE FUNCTION xlsx_private.set_queue_rule(caller regrole, profile text, role regrole, pause boolean, limits boolean, max_tasks int)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  subject bigint;
BEGIN
  IF profile IS NOT NULL THEN
    SELECT p.id INTO subject FROM xlsx_private.profile p WHERE p.name = set_queue_rule.profile FOR KEY SHARE;
    IF subject IS NULL THEN
      RAISE EXCEPTION 'profile "%" does not exist', profile USING ERRCODE = 'undefined_object';
    END IF;
  END IF;
  IF NOT xlsx_private.may_hold(caller, subject, role) THEN
    RAISE EXCEPTION 'permission denied to pause or limit tasks' USING ERRCODE = 'insufficient_privilege',
      HINT = 'The owner of a profile may pause and limit its tasks. All other pauses and limits are for xlsx_admin.';
  END IF;
  IF max_tasks < 1 THEN
    RAISE EXCEPTION 'max_tasks must be at least 1' USING ERRCODE = 'invalid_parameter_value',
      HINT = 'Use xlsx.pause to let no task start.';
  END IF;
  INSERT INTO xlsx_private.queue_rule AS r (profile_id, role, paused, max_tasks)
  VALUES (subject, set_queue_rule.role, coalesce(pause, false), set_queue_rule.max_tasks)
  ON CONFLICT (coalesce(role::oid, 0), coalesce(profile_id, 0)) DO UPDATE
  SET paused = coalesce(pause, r.paused),
    max_tasks = CASE WHEN limits THEN excluded.max_tasks ELSE r.max_tasks END;
  DELETE FROM xlsx_private.queue_rule r
  WHERE r.profile_id IS NOT DISTINCT FROM subject AND r.role::oid IS NOT DISTINCT FROM set_queue_rule.role::oid
    AND NOT r.paused AND r.max_tasks IS NULL AND NOT r.preferred;
  PERFORM xlsx_private.wake_queue();
END
$$;
COMMENT ON FUNCTION xlsx_private.set_queue_rule(regrole, text, regrole, boolean, boolean, int) IS
'As the function without caller, with the rights of the owner of the tables. caller: role that calls.';

CREATE FUNCTION xlsx_private.set_queue_rule(profile text, role regrole, pause boolean, limits boolean, max_tasks int) RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_as_owner' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx_private.set_queue_rule(text, regrole, boolean, boolean, int) IS
'Changes a rule that keeps tasks from starting; xlsx.pause, xlsx.resume and xlsx.limit_tasks call it.';

CREATE FUNCTION xlsx.pause(profile text DEFAULT NULL) RETURNS void
LANGUAGE sql VOLATILE
RETURN xlsx_private.set_queue_rule(profile, NULL, true, false, NULL);
COMMENT ON FUNCTION xlsx.pause(text) IS
'Lets no further task of a profile start; no task of any profile if profile is NULL. Running tasks continue. For the owner of the profile and xlsx_admin.';

CREATE FUNCTION xlsx.resume(profile text DEFAULT NULL) RETURNS void
LANGUAGE sql VOLATILE
RETURN xlsx_private.set_queue_rule(profile, NULL, false, false, NULL);
COMMENT ON FUNCTION xlsx.resume(text) IS
'Ends the pause of a profile, or of all if profile is NULL, and starts tasks that are due. Tasks of a restored dump wait for xlsx.adopt.';

CREATE FUNCTION xlsx.limit_tasks(max_tasks int, profile text DEFAULT NULL, role regrole DEFAULT NULL) RETURNS void
LANGUAGE sql VOLATILE
RETURN xlsx_private.set_queue_rule(profile, role, NULL, true, max_tasks);
COMMENT ON FUNCTION xlsx.limit_tasks(int, text, regrole) IS
'Limits how many tasks run at the same time: in this database, of a profile, of a role, or of a role with a profile. max_tasks NULL removes the limit.';

CREATE FUNCTION xlsx_private.prefer(caller regrole, role regrole, preferred boolean) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
  PERFORM xlsx_private.require_admin(caller, 'prefer a role');
  IF role IS NULL OR preferred IS NULL OR NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = prefer.role) THEN
    RAISE EXCEPTION 'role "%" does not exist', coalesce(role::text, 'NULL') USING ERRCODE = 'undefined_object',
      DETAIL = 'A role must be named, and preferred must be true or false.';
  END IF;
  INSERT INTO xlsx_private.queue_rule AS r (role, preferred) VALUES (prefer.role, prefer.preferred)
  ON CONFLICT (coalesce(role::oid, 0), coalesce(profile_id, 0)) DO UPDATE SET preferred = excluded.preferred;
  DELETE FROM xlsx_private.queue_rule r
  WHERE r.profile_id IS NULL AND r.role::oid = prefer.role::oid AND NOT r.paused AND r.max_tasks IS NULL AND NOT r.preferred;
END
$$;
COMMENT ON FUNCTION xlsx_private.prefer(regrole, regrole, boolean) IS 'xlsx.prefer, as the owner of the tables.';

CREATE FUNCTION xlsx.prefer(role regrole, preferred boolean DEFAULT true) RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_as_owner' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx.prefer(regrole, boolean) IS
'Lets waiting tasks of a role start before those of other owners behind the same login; preferred false: no longer. Without it, owners take turns, and priority orders the tasks of each. For xlsx_admin.';

-- Rules and tasks are counted apart: joined to each other, each task would count once for each rule.
CREATE VIEW xlsx.queue WITH (security_invoker = true) AS
SELECT p.name AS profile, t.running, t.waiting, t.delayed, t.next_at, r.paused, r.max_tasks, t.held
FROM xlsx_private.profile p
  CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE t.status = 'PROCESSING') AS running,
      count(*) FILTER (WHERE t.status = 'PENDING' AND NOT t.held AND xlsx_private.is_due(t.run_at, t.wait_ms)) AS waiting,
      count(*) FILTER (WHERE t.status = 'PENDING' AND NOT t.held AND NOT xlsx_private.is_due(t.run_at, t.wait_ms)) AS delayed,
      min(coalesce(t.run_at, t.created_at)) FILTER (WHERE t.status = 'PENDING' AND NOT t.held) AS next_at,
      count(*) FILTER (WHERE t.status = 'PENDING' AND t.held) AS held
    FROM xlsx_private.task t WHERE t.profile_id = p.id AND xlsx_private.is_active(t.status)) AS t
  CROSS JOIN LATERAL (
    SELECT coalesce(bool_or(r.paused), false) AS paused, min(r.max_tasks) AS max_tasks
    FROM xlsx_private.queue_rule r WHERE (r.profile_id = p.id OR r.profile_id IS NULL) AND r.role IS NULL) AS r;
COMMENT ON VIEW xlsx.queue IS
'Number of tasks that run, wait, are delayed or are held (xlsx.release), by profile, as far as the current role may see them. next_at: when the next one is due. paused, max_tasks: set for the profile or for all; xlsx.limits has all limits.';

CREATE VIEW xlsx.limits WITH (security_invoker = true) AS
SELECT p.name AS profile, r.role::regrole AS role, r.paused, r.max_tasks, r.preferred
FROM xlsx_private.queue_rule r LEFT JOIN xlsx_private.profile p ON p.id = r.profile_id;
COMMENT ON VIEW xlsx.limits IS 'Pauses, limits and preferences that xlsx.pause, xlsx.limit_tasks and xlsx.prefer have set. profile NULL: every profile; role NULL: every role.';

CREATE VIEW xlsx.jobs WITH (security_invoker = true) AS
SELECT j.id, j.task_id, j.attempt, j.status, j.profile, j.file_name, j.owner::regrole AS owner, j.started_at, j.ended_at,
  j.ended_at - j.started_at AS duration, j.saved_rows, j.error_rows, j.error_code, j.error_message
FROM xlsx_private.job j;
COMMENT ON VIEW xlsx.jobs IS
'Attempts at tasks that have ended: the last N that succeeded (pg_xlsx.keep_completed_jobs) and the last N others (pg_xlsx.keep_failed_jobs). status RETRYING: another attempt followed. duration: from start to end of the attempt.';
