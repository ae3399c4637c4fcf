/*
 * How many tasks have ended, and what they saved, without reading them all
 *
 * Counts are appended: a transaction that ends, retries or deletes a task adds
 * a row, which nobody else touches, so no transaction waits for another. A
 * sweep folds the rows of an owner and a status into one.
 */

CREATE TABLE xlsx_private.tally (
  no         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  owner      xlsx_private.role_ref NOT NULL,
  tenant     text   NOT NULL DEFAULT '',
  status     text   NOT NULL,
  tasks      bigint NOT NULL,
  ended      bigint NOT NULL DEFAULT 0 CHECK (ended >= 0),
  saved_rows bigint NOT NULL DEFAULT 0 CHECK (saved_rows >= 0),
  error_rows bigint NOT NULL DEFAULT 0 CHECK (error_rows >= 0),
  folded     boolean NOT NULL DEFAULT false
);
CREATE INDEX tally_owner ON xlsx_private.tally ((owner::oid), tenant, status);
CREATE INDEX tally_fresh ON xlsx_private.tally (no) WHERE NOT folded;
COMMENT ON TABLE xlsx_private.tally IS 'Numbers of tasks that have ended, by owner, tenant and status, and of their rows. The sum over the rows counts.';
COMMENT ON COLUMN xlsx_private.tally.tasks IS 'Ended tasks that are there: one more by an end, one less by a retry or a delete.';
COMMENT ON COLUMN xlsx_private.tally.ended IS 'Ends of tasks. The sum never falls.';
COMMENT ON COLUMN xlsx_private.tally.saved_rows IS 'Rows that tasks saved up to their ends. The sum never falls.';
COMMENT ON COLUMN xlsx_private.tally.error_rows IS 'Rows that tasks reported as errors up to their ends. The sum never falls.';
COMMENT ON COLUMN xlsx_private.tally.folded IS 'A sweep has made the row of others.';
SELECT xlsx_private.show_to_owner('xlsx_private.tally');

SELECT pg_catalog.pg_extension_config_dump('xlsx_private.tally', '');
SELECT pg_catalog.pg_extension_config_dump('xlsx_private.tally_no_seq', '');

CREATE FUNCTION xlsx_private.fold_tally(fewest int, most int) RETURNS bigint
LANGUAGE plpgsql VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  fresh bigint[];
BEGIN
  fresh := ARRAY(SELECT t.no FROM xlsx_private.tally t WHERE NOT t.folded ORDER BY t.no LIMIT most);
  IF cardinality(fresh) < fewest THEN
    RETURN 0;
  END IF;
  -- Of two that fold at the same time, each adds up what it has deleted itself.
  WITH subject AS MATERIALIZED (
    SELECT DISTINCT t.owner::oid AS number, t.tenant, t.status FROM xlsx_private.tally t WHERE t.no = ANY (fresh)),
  gone AS (
    DELETE FROM xlsx_private.tally t USING subject s
    WHERE t.owner::oid = s.number AND t.tenant = s.tenant AND t.status = s.status AND (t.folded OR t.no = ANY (fresh)) RETURNING t.*)
  INSERT INTO xlsx_private.tally (owner, tenant, status, tasks, ended, saved_rows, error_rows, folded)
  SELECT (array_agg(g.owner))[1], g.tenant, g.status, sum(g.tasks), sum(g.ended), sum(g.saved_rows), sum(g.error_rows), true
  FROM gone g GROUP BY g.owner::oid, xlsx_private.name_of(g.owner), g.tenant, g.status;
  RETURN cardinality(fresh);
END
$$;
COMMENT ON FUNCTION xlsx_private.fold_tally(int, int) IS
'Folds rows of tally that are fresh, if there are at least so many, and returns how many: at most so many. A sweep calls it.';

CREATE FUNCTION xlsx_private.recount() RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  corrected bigint;
BEGIN
  -- One at a time: two would correct the same difference twice.
  PERFORM FROM xlsx_private.housekeeping FOR UPDATE;
  INSERT INTO xlsx_private.tally (owner, tenant, status, tasks)
  SELECT coalesce(true_one.owner, known.owner), tenant, status, coalesce(true_one.tasks, 0) - coalesce(known.tasks, 0)
  FROM (SELECT (array_agg(t.owner))[1] AS owner, t.owner::oid AS number, t.tenant, t.status, count(*) AS tasks FROM xlsx_private.task t
      WHERE NOT xlsx_private.is_active(t.status) GROUP BY t.owner::oid, t.tenant, t.status) AS true_one
    FULL JOIN (SELECT (array_agg(t.owner))[1] AS owner, t.owner::oid AS number, t.tenant, t.status, sum(t.tasks) AS tasks FROM xlsx_private.tally t
      GROUP BY t.owner::oid, t.tenant, t.status) AS known USING (number, tenant, status)
  WHERE coalesce(true_one.tasks, 0) <> coalesce(known.tasks, 0);
  GET DIAGNOSTICS corrected = ROW_COUNT;
  RETURN corrected;
END
$$;
COMMENT ON FUNCTION xlsx_private.recount() IS
'Counts the ended tasks that are there and corrects tally by the difference: after a restore of some of the tables, and when somebody has written them directly. Returns the number of corrections. A sweep calls it once a day.';
