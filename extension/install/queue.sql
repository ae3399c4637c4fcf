/*
 * The queue: what may start, what has been done, how it stands
 */

CREATE TABLE xlsx_private.queue_rule (
  id         bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  profile_id bigint,
  role       xlsx_private.role_ref,
  paused     boolean NOT NULL DEFAULT false,
  max_tasks  int     CHECK (max_tasks > 0)
);
CREATE UNIQUE INDEX queue_rule_subject ON xlsx_private.queue_rule (coalesce(profile_id, 0), coalesce(role::oid, 0));
COMMENT ON TABLE xlsx_private.queue_rule IS
'Rules that keep tasks from starting: tasks of a profile (NULL: any) and a role (NULL: any), while paused, or while max_tasks of them run.';

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
  WHERE p.status = 'PROCESSING' AND p.home = (SELECT xlsx_private.installation())
    AND (r.profile_id IS NULL OR r.profile_id = p.profile_id) AND (r.role IS NULL OR r.role::oid = p.owner::oid));
COMMENT ON VIEW xlsx_private.held_subject IS
'Profiles (0: any) and roles (0: any) of which no further task may start now, because they are paused or as many as allowed run.';

-- The subquery that is compared with a task does not refer to it, so it runs once for all tasks.
CREATE VIEW xlsx_private.due_task AS
SELECT t.id, t.login::regrole AS login, t.owner::regrole AS owner, t.priority, coalesce(t.run_at, t.created_at) AS run_at, t.status FROM xlsx_private.task t
WHERE t.home = (SELECT xlsx_private.installation()) AND (t.status = 'PROCESSING' OR (t.status = 'PENDING' AND xlsx_private.is_due(t.run_at, t.wait_ms)
  AND NOT EXISTS (SELECT FROM pg_catalog.unnest((SELECT pg_catalog.array_agg(h) FROM xlsx_private.held_subject h)) AS held
    WHERE held.profile_id IN (0, t.profile_id) AND held.role IN (0, t.owner::oid))));
COMMENT ON VIEW xlsx_private.due_task IS 'Tasks of this installation that a worker may take now. A task that is PROCESSING counts only if its worker is gone.';

CREATE TABLE xlsx_private.job (
  id         bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  task_id    bigint  NOT NULL,
  attempt    int     NOT NULL,
  status     text    NOT NULL,
  profile    text    NOT NULL,
  file_name  text    NOT NULL,
  owner      xlsx_private.role_ref NOT NULL,
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
  orphans_sought_at timestamptz
);
INSERT INTO xlsx_private.housekeeping (swept_at, sweeps, files_removed, tasks_removed, jobs_removed) VALUES (pg_catalog.now(), 0, 0, 0, 0);
COMMENT ON TABLE xlsx_private.housekeeping IS 'Time of the last sweep of this database, and what all sweeps have removed.';
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
ALTER TABLE xlsx_private.job ENABLE ROW LEVEL SECURITY;
CREATE POLICY job_owner ON xlsx_private.job FOR SELECT USING (xlsx_private.may_see(owner));

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
  ON CONFLICT (coalesce(profile_id, 0), coalesce(role::oid, 0)) DO UPDATE
  SET paused = coalesce(pause, r.paused),
    max_tasks = CASE WHEN limits THEN excluded.max_tasks ELSE r.max_tasks END;
  DELETE FROM xlsx_private.queue_rule r
  WHERE r.profile_id IS NOT DISTINCT FROM subject AND r.role::oid IS NOT DISTINCT FROM set_queue_rule.role::oid
    AND NOT r.paused AND r.max_tasks IS NULL;
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

-- Rules and tasks are counted apart: joined to each other, each task would count once for each rule.
CREATE VIEW xlsx.queue WITH (security_invoker = true) AS
SELECT p.name AS profile, t.running, t.waiting, t.delayed, t.next_at, r.paused, r.max_tasks
FROM xlsx_private.profile p
  CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE t.status = 'PROCESSING') AS running,
      count(*) FILTER (WHERE t.status = 'PENDING' AND xlsx_private.is_due(t.run_at, t.wait_ms)) AS waiting,
      count(*) FILTER (WHERE t.status = 'PENDING' AND NOT xlsx_private.is_due(t.run_at, t.wait_ms)) AS delayed,
      min(coalesce(t.run_at, t.created_at)) FILTER (WHERE t.status = 'PENDING') AS next_at
    FROM xlsx_private.task t WHERE t.profile_id = p.id AND xlsx_private.is_active(t.status)) AS t
  CROSS JOIN LATERAL (
    SELECT coalesce(bool_or(r.paused), false) AS paused, min(r.max_tasks) AS max_tasks
    FROM xlsx_private.queue_rule r WHERE (r.profile_id = p.id OR r.profile_id IS NULL) AND r.role IS NULL) AS r;
COMMENT ON VIEW xlsx.queue IS
'Number of tasks that run, wait or are delayed, by profile, as far as the current role may see them. next_at: when the next one is due. paused, max_tasks: set for the profile or for all; xlsx.limits has all limits.';

CREATE VIEW xlsx.limits WITH (security_invoker = true) AS
SELECT p.name AS profile, r.role::regrole AS role, r.paused, r.max_tasks
FROM xlsx_private.queue_rule r LEFT JOIN xlsx_private.profile p ON p.id = r.profile_id;
COMMENT ON VIEW xlsx.limits IS 'Pauses and limits that xlsx.pause and xlsx.limit_tasks have set. profile NULL: every profile; role NULL: every role.';

CREATE VIEW xlsx.jobs WITH (security_invoker = true) AS
SELECT j.id, j.task_id, j.attempt, j.status, j.profile, j.file_name, j.owner::regrole AS owner, j.started_at, j.ended_at,
  j.ended_at - j.started_at AS duration, j.saved_rows, j.error_rows, j.error_code, j.error_message
FROM xlsx_private.job j;
COMMENT ON VIEW xlsx.jobs IS
'Attempts at tasks that have ended: the last N that succeeded (pg_xlsx.keep_completed_jobs) and the last N others (pg_xlsx.keep_failed_jobs). status RETRYING: another attempt followed. duration: from start to end of the attempt.';

CREATE VIEW xlsx_private.metric_value AS
WITH task AS (
  SELECT t.*, extract(epoch FROM least(coalesce(t.completed_at, pg_catalog.now()), pg_catalog.now())
      - greatest(t.started_at, pg_catalog.now() - interval '1 minute')) AS recent_seconds,
    extract(epoch FROM coalesce(t.completed_at, pg_catalog.now()) - t.started_at) AS seconds,
    t.home = (SELECT xlsx_private.installation()) AS here
  FROM xlsx_private.task t
)
SELECT 'tasks' AS name, s.status AS label, (SELECT count(*) FROM task t WHERE t.status = s.status)::float8 AS value
FROM pg_catalog.unnest(xlsx_private.names_of('status')) AS s (status)
UNION ALL SELECT 'queue_length', NULL, count(*) FROM task WHERE status = 'PENDING' AND here AND xlsx_private.is_due(run_at, wait_ms)
UNION ALL SELECT 'queue_delayed', NULL, count(*) FROM task WHERE status = 'PENDING' AND here AND NOT xlsx_private.is_due(run_at, wait_ms)
UNION ALL SELECT 'queue_elsewhere', NULL, count(*) FROM task WHERE NOT here AND xlsx_private.is_active(status)
UNION ALL SELECT 'oldest_pending_seconds', NULL, coalesce(extract(epoch FROM pg_catalog.now() - min(coalesce(run_at, created_at))), 0)
  FROM task WHERE status = 'PENDING' AND here AND coalesce(run_at, created_at) <= pg_catalog.now()
UNION ALL SELECT 'rows_per_second', NULL, coalesce(sum(saved_rows * recent_seconds / greatest(seconds, 0.001)), 0) / 60
  FROM task WHERE recent_seconds > 0
UNION ALL SELECT 'rows_saved', NULL, coalesce(sum(saved_rows), 0) FROM task
UNION ALL SELECT 'rows_refused', NULL, coalesce(sum(error_rows), 0) FROM task
UNION ALL SELECT 'workers', NULL, count(*) FROM pg_catalog.pg_stat_activity
  WHERE backend_type = 'pg_xlsx worker' AND datname = pg_catalog.current_database()
UNION ALL SELECT 'max_workers', NULL, pg_catalog.current_setting('pg_xlsx.max_workers', true)::float8
UNION ALL SELECT 'paused', NULL, count(*) FROM xlsx_private.queue_rule WHERE paused
UNION ALL SELECT 'files', NULL, count(*) FROM xlsx_private.file
UNION ALL SELECT 'file_bytes', NULL, coalesce(sum(size), 0) FROM xlsx_private.file
UNION ALL SELECT 'sweeps', NULL, sweeps FROM xlsx_private.housekeeping
UNION ALL SELECT 'last_sweep_seconds', NULL, extract(epoch FROM pg_catalog.now() - swept_at) FROM xlsx_private.housekeeping
UNION ALL SELECT 'removed', 'files', files_removed FROM xlsx_private.housekeeping
UNION ALL SELECT 'removed', 'tasks', tasks_removed FROM xlsx_private.housekeeping
UNION ALL SELECT 'removed', 'jobs', jobs_removed FROM xlsx_private.housekeeping
UNION ALL SELECT 'removed', 'orphans', orphans_removed FROM xlsx_private.housekeeping
UNION ALL SELECT 'schedules_overdue', NULL, count(*) FROM xlsx_private.schedule s WHERE xlsx_private.schedule_is_overdue(s)
UNION ALL SELECT 'schedules_failing', NULL, count(*) FROM xlsx_private.schedule s
  WHERE (SELECT r.error IS NOT NULL FROM xlsx_private.schedule_run r WHERE r.schedule_id = s.id ORDER BY r.id DESC LIMIT 1);
COMMENT ON VIEW xlsx_private.metric_value IS 'Counts over the tasks of all roles; read through xlsx.metrics only.';

CREATE VIEW xlsx_private.metric_meaning (name, type, help) AS VALUES
('tasks', 'gauge', 'Tasks by status.'),
('queue_length', 'gauge', 'Tasks that are due and wait for a worker.'),
('queue_delayed', 'gauge', 'Tasks whose time has not come.'),
('queue_elsewhere', 'gauge', 'Tasks of another installation, by a restored dump or a copied database, that wait for xlsx.adopt.'),
('oldest_pending_seconds', 'gauge', 'Time since the oldest waiting task was due.'),
('rows_per_second', 'gauge', 'Rows saved per second over the last minute, spread evenly over the time of each task.'),
('rows_saved', 'gauge', 'Saved rows of all tasks that are kept.'),
('rows_refused', 'gauge', 'Error rows of all tasks that are kept.'),
('workers', 'gauge', 'Workers that run in this database.'),
('max_workers', 'gauge', 'Most workers over all databases, pg_xlsx.max_workers.'),
('paused', 'gauge', 'Pauses in force, of a profile or of all.'),
('files', 'gauge', 'Uploaded files that are kept.'),
('file_bytes', 'gauge', 'Bytes of these files.'),
('sweeps', 'counter', 'Sweeps of this database.'),
('last_sweep_seconds', 'gauge', 'Time since the last sweep.'),
('removed', 'counter', 'What sweeps have removed, by kind.'),
('schedules_overdue', 'gauge', 'Schedules for which no file came within their expect_every.'),
('schedules_failing', 'gauge', 'Schedules whose last run failed, or left a file waiting because of an error.');
COMMENT ON VIEW xlsx_private.metric_meaning IS 'Type and meaning of each name in metric_value.';

-- Runs with the rights of its owner: who may read it sees counts over everybody's tasks, and nothing else.
CREATE VIEW xlsx.metrics AS
SELECT v.name, v.label, v.value, m.type, m.help
FROM xlsx_private.metric_value v JOIN xlsx_private.metric_meaning m ON m.name OPERATOR(pg_catalog.=) v.name;
COMMENT ON COLUMN xlsx.metrics.type IS 'gauge: what is now; counter: what never falls. /metrics of the sidecar appends _total to the name of a counter.';
COMMENT ON COLUMN xlsx.metrics.help IS 'What the value is, in one sentence.';
COMMENT ON VIEW xlsx.metrics IS
'Counts over the imports of this database: tasks by status, due and delayed tasks, age of the oldest due task, saved rows per second over the last minute (spread evenly over the time of each task), workers, stored files and their bytes, the last sweep and what sweeps have removed. For xlsx_notifier and xlsx_admin.';
