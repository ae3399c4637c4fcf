/*
 * The imports of this database in numbers
 *
 * None of them reads tasks that ended more than a minute ago: what these come
 * to is in xlsx_private.tally.
 */

CREATE VIEW xlsx_private.metric_value AS
WITH active AS MATERIALIZED (
  SELECT t.status, t.run_at, t.created_at, t.home = (SELECT xlsx_private.installation()) AS here, t.status = 'PENDING' AND NOT t.held AS waits, t.status = 'PENDING' AND t.held AS held, xlsx_private.is_due(t.run_at, t.wait_ms) AS due
  FROM xlsx_private.task t WHERE xlsx_private.is_active(t.status)
), recent AS (
  SELECT t.saved_rows, extract(epoch FROM least(coalesce(t.completed_at, pg_catalog.now()), pg_catalog.now())
      - greatest(t.started_at, pg_catalog.now() - interval '1 minute')) AS recent_seconds,
    extract(epoch FROM coalesce(t.completed_at, pg_catalog.now()) - t.started_at) AS seconds
  FROM (SELECT p.saved_rows, p.started_at, p.completed_at FROM xlsx_private.task p WHERE p.status = 'PROCESSING'
    UNION ALL SELECT e.saved_rows, e.started_at, e.completed_at FROM xlsx_private.task e
      WHERE NOT xlsx_private.is_active(e.status) AND e.status = ANY (xlsx_private.names_of('status')) AND e.completed_at > pg_catalog.now() - interval '1 minute') AS t
), ended AS MATERIALIZED (
  SELECT t.status, sum(t.tasks) AS tasks, sum(t.ended) AS ended, sum(t.saved_rows) AS saved_rows, sum(t.error_rows) AS error_rows
  FROM xlsx_private.tally t GROUP BY t.status
)
SELECT 'tasks' AS name, s.status AS label, CASE WHEN xlsx_private.is_active(s.status) THEN (SELECT count(*) FROM active a WHERE a.status = s.status)
  ELSE coalesce((SELECT greatest(e.tasks, 0) FROM ended e WHERE e.status = s.status), 0) END::float8 AS value
FROM pg_catalog.unnest(xlsx_private.names_of('status')) AS s (status)
UNION ALL SELECT 'tasks_ended', s.status, coalesce((SELECT e.ended FROM ended e WHERE e.status = s.status), 0)
  FROM pg_catalog.unnest(xlsx_private.names_of('status')) AS s (status) WHERE NOT xlsx_private.is_active(s.status)
UNION ALL SELECT 'queue_length', NULL, count(*) FROM active WHERE waits AND here AND due
UNION ALL SELECT 'queue_delayed', NULL, count(*) FROM active WHERE waits AND here AND NOT due
UNION ALL SELECT 'queue_held', NULL, count(*) FROM active WHERE held AND here
UNION ALL SELECT 'queue_elsewhere', NULL, count(*) FROM active WHERE NOT here
UNION ALL SELECT 'oldest_pending_seconds', NULL, coalesce(extract(epoch FROM pg_catalog.now() - min(coalesce(run_at, created_at))), 0)
  FROM active WHERE waits AND here AND coalesce(run_at, created_at) <= pg_catalog.now()
UNION ALL SELECT 'rows_per_second', NULL, coalesce(sum(saved_rows * recent_seconds / greatest(seconds, 0.001)), 0) / 60
  FROM recent WHERE recent_seconds > 0
UNION ALL SELECT 'rows_saved', NULL, coalesce(sum(saved_rows), 0) FROM ended
UNION ALL SELECT 'rows_refused', NULL, coalesce(sum(error_rows), 0) FROM ended
UNION ALL SELECT 'workers', NULL, count(*) FROM pg_catalog.pg_stat_activity
  WHERE backend_type = 'pg_xlsx worker' AND datname = pg_catalog.current_database()
UNION ALL SELECT 'events_waiting', NULL, count(*) FROM xlsx_private.unheard_event
UNION ALL SELECT 'notify_queue_usage', NULL, pg_catalog.pg_notification_queue_usage()
UNION ALL SELECT 'max_workers', NULL, pg_catalog.current_setting('pg_xlsx.max_workers', true)::float8
UNION ALL SELECT 'library_version', xlsx_private.library_version(), 1
UNION ALL SELECT 'sql_version', extversion, 1 FROM pg_catalog.pg_extension WHERE extname = 'pg_xlsx'
UNION ALL SELECT 'paused', NULL, count(*) FROM xlsx_private.queue_rule WHERE paused
UNION ALL SELECT 'files', NULL, count(*) FROM xlsx_private.file
UNION ALL SELECT 'file_bytes', NULL, coalesce(sum(size), 0) FROM xlsx_private.file
UNION ALL SELECT 'sweeps', NULL, sweeps FROM xlsx_private.housekeeping
UNION ALL SELECT 'sweep_duration_seconds', NULL, sweep_ms / 1000 FROM xlsx_private.housekeeping
UNION ALL SELECT 'last_sweep_seconds', NULL, extract(epoch FROM pg_catalog.now() - swept_at) FROM xlsx_private.housekeeping
UNION ALL SELECT 'removed', 'files', files_removed FROM xlsx_private.housekeeping
UNION ALL SELECT 'removed', 'tasks', tasks_removed FROM xlsx_private.housekeeping
UNION ALL SELECT 'removed', 'jobs', jobs_removed FROM xlsx_private.housekeeping
UNION ALL SELECT 'removed', 'orphans', orphans_removed FROM xlsx_private.housekeeping
UNION ALL SELECT 'removed', r.kind, r.removed FROM xlsx_private.retention r
UNION ALL SELECT 'schedules_overdue', NULL, count(*) FROM xlsx_private.schedule s WHERE xlsx_private.schedule_is_overdue(s)
UNION ALL SELECT 'schedules_failing', NULL, count(*) FROM xlsx_private.schedule s
  WHERE (SELECT r.error IS NOT NULL FROM xlsx_private.schedule_run r WHERE r.schedule_id = s.id ORDER BY r.id DESC LIMIT 1);
COMMENT ON VIEW xlsx_private.metric_value IS 'Counts over the tasks of all roles; read through xlsx.metrics only.';

CREATE VIEW xlsx_private.metric_meaning (name, type, help) AS VALUES
('tasks', 'gauge', 'Tasks by status.'),
('tasks_ended', 'counter', 'Ends of tasks by status. A task that is retried ends once more.'),
('queue_length', 'gauge', 'Tasks that are due and wait for a worker.'),
('queue_delayed', 'gauge', 'Tasks whose time has not come.'),
('queue_held', 'gauge', 'Tasks that wait for xlsx.release.'),
('queue_elsewhere', 'gauge', 'Tasks of another installation, by a restored dump or a copied database, that wait for xlsx.adopt.'),
('oldest_pending_seconds', 'gauge', 'Time since the oldest waiting task was due.'),
('rows_per_second', 'gauge', 'Rows saved per second over the last minute, spread evenly over the time of each task.'),
('rows_saved', 'counter', 'Rows saved by tasks, counted at their ends.'),
('rows_refused', 'counter', 'Error rows of tasks, counted at their ends.'),
('workers', 'gauge', 'Workers that run in this database.'),
('events_waiting', 'gauge', 'Events that wait for room in the NOTIFY queue.'),
('notify_queue_usage', 'gauge', 'Share of the NOTIFY queue that is in use, from 0 to 1. All databases share it.'),
('max_workers', 'gauge', 'Most workers over all databases, pg_xlsx.max_workers.'),
('library_version', 'gauge', '1 for the version of the library that the server has loaded.'),
('sql_version', 'gauge', '1 for the version of the SQL objects of this database.'),
('paused', 'gauge', 'Pauses in force, of a profile or of all.'),
('files', 'gauge', 'Uploaded files that are kept.'),
('file_bytes', 'gauge', 'Bytes of these files.'),
('sweeps', 'counter', 'Sweeps of this database.'),
('sweep_duration_seconds', 'gauge', 'Time that the last sweep took.'),
('last_sweep_seconds', 'gauge', 'Time since the last sweep.'),
('removed', 'counter', 'What sweeps have removed, by kind: files, tasks, jobs, orphans; and the tasks whose errors, old_rows or notes for undo were removed before them.'),
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
'Counts over the imports of this database: tasks by status, due and delayed tasks, age of the oldest due task, ends of tasks, rows saved and refused, saved rows per second over the last minute (spread evenly over the time of each task), workers, stored files and their bytes, the last sweep and what sweeps have removed. For xlsx_notifier and xlsx_admin.';
