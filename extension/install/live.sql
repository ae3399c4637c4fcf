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
'Imports that run in this database, or in all of them, as far as the current role may see them; xlsx.progress shows them.';

CREATE VIEW xlsx.progress AS
SELECT l.pid, l.datid, d.datname, l.task, pg_catalog.pg_get_userbyid(l.owner) AS owner, l.profile, l.file_name, l.attempt,
  l.in_transaction, l.phase, l.progress, l.validating, l.saving, l.total_rows, l.validated_rows, l.error_rows,
  l.saved_rows, l.committed, l.started_at
FROM xlsx_private.live(true) AS l LEFT JOIN pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) l.datid;
COMMENT ON VIEW xlsx.progress IS
'Imports that run now, in all databases, as far as the current role may see them: tasks, and calls of xlsx.import (in_transaction). progress is the percent of the whole, validating and saving are those of the two phases. While committed is false saved_rows are written and not committed: the transaction under way keeps all of them or none.';
COMMENT ON COLUMN xlsx.progress.pid IS 'Process that imports.';
COMMENT ON COLUMN xlsx.progress.validated_rows IS 'Rows that have been looked at, good or bad.';
COMMENT ON COLUMN xlsx.progress.started_at IS 'Start of this attempt.';
