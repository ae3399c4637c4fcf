/*
 * What running imports say of themselves in shared memory.
 */

CREATE FUNCTION xlsx_private.live(everywhere boolean,
  OUT pid int, OUT datid oid, OUT task bigint, OUT owner oid, OUT profile text, OUT file_name text, OUT attempt int,
  OUT in_transaction boolean, OUT phase text, OUT progress int, OUT validating int, OUT saving int,
  OUT total_rows bigint, OUT validated_rows bigint, OUT error_rows bigint, OUT saved_rows bigint, OUT committed boolean,
  OUT seq bigint, OUT started_at timestamptz)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pg_xlsx_live' LANGUAGE C STABLE STRICT ROWS 4;
COMMENT ON FUNCTION xlsx_private.live(boolean) IS
'Running imports of this database, or of all databases, as far as the current role may see them; xlsx.progress shows them.';

CREATE VIEW xlsx.progress AS
SELECT l.pid, l.datid, d.datname, l.task, pg_catalog.pg_get_userbyid(l.owner) AS owner, l.profile, l.file_name, l.attempt,
  l.in_transaction, l.phase, l.progress, l.validating, l.saving, l.total_rows, l.validated_rows, l.error_rows,
  l.saved_rows, l.committed, l.started_at
FROM xlsx_private.live(true) AS l LEFT JOIN pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) l.datid;
COMMENT ON VIEW xlsx.progress IS
'Running imports of all databases, as far as the current role may see them: tasks, and calls of xlsx.import (in_transaction). progress: percent of the whole. validating, saving: percent of these phases. committed: false while saved_rows are written but not committed; the transaction keeps all of them or none.';
COMMENT ON COLUMN xlsx.progress.pid IS 'Process that imports.';
COMMENT ON COLUMN xlsx.progress.validated_rows IS 'Number of rows that were checked, good or bad.';
COMMENT ON COLUMN xlsx.progress.started_at IS 'Start of this attempt.';

CREATE VIEW xlsx_private.task_now WITH (security_invoker = true) AS
SELECT t AS task, coalesce(l.phase, t.phase) AS phase, coalesce(s.progress, l.progress, t.progress) AS progress,
  CASE l.phase WHEN 'VALIDATING' THEN l.validating WHEN 'SAVING' THEN l.saving ELSE t.phase_progress END AS phase_progress,
  coalesce(s.total_rows, l.total_rows, t.total_rows) AS total_rows, coalesce(s.validated_rows, l.validated_rows, t.validated_rows) AS validated_rows,
  coalesce(s.error_rows, l.error_rows, t.error_rows) AS error_rows, coalesce(s.saved_rows, l.saved_rows, t.saved_rows) AS saved_rows,
  coalesce(l.committed, true) AS committed, coalesce(l.seq, t.seq) AS seq
FROM xlsx_private.task t
  LEFT JOIN xlsx_private.live(false) l ON l.task OPERATOR(pg_catalog.=) t.id AND t.status OPERATOR(pg_catalog.=) 'PROCESSING'
  LEFT JOIN LATERAL (SELECT pg_catalog.avg(coalesce(n.progress, m.progress))::int AS progress, pg_catalog.sum(coalesce(n.total_rows, m.total_rows))::bigint AS total_rows,
      pg_catalog.sum(coalesce(n.validated_rows, m.validated_rows))::bigint AS validated_rows, pg_catalog.sum(coalesce(n.error_rows, m.error_rows))::bigint AS error_rows,
      pg_catalog.sum(coalesce(n.saved_rows, m.saved_rows))::bigint AS saved_rows
    FROM xlsx_private.task m LEFT JOIN xlsx_private.live(false) n ON n.task OPERATOR(pg_catalog.=) m.id
    WHERE t.set_size IS NOT NULL AND t.status OPERATOR(pg_catalog.=) 'PROCESSING' AND m.set_id OPERATOR(pg_catalog.=) t.id) s ON true;
COMMENT ON VIEW xlsx_private.task_now IS
'Tasks with their current numbers: those of a running import come from shared memory, those of a running set are the sums over its tasks, all others come from the row of the task. xlsx.tasks, REST, events and the copy in Redis read it.';
