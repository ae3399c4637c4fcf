-- What the specs share. Each spec makes its own tables and profiles and removes them.

CREATE EXTENSION pg_xlsx;

-- What a spec makes goes with it.
CREATE SCHEMA work;
ALTER DATABASE regress_xlsx SET search_path = work, public;

-- A workbook of items whose ids are first to last, in this order.
CREATE FUNCTION book(first int, last int, name text) RETURNS bytea LANGUAGE sql AS $$
  SELECT xlsx.write(format('SELECT i AS id, %L AS name FROM generate_series(%s, %s, %s) AS i', name, first, last,
    CASE WHEN first <= last THEN 1 ELSE -1 END))
$$;

-- The table of most specs, with rows 1 to "rows", and its profile. Tasks are numbered from 1, and jobs are forgotten.
CREATE PROCEDURE make_item(rows int, more text DEFAULT '') LANGUAGE plpgsql AS $$
BEGIN
  WHILE EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'pg_xlsx worker') LOOP
    PERFORM pg_sleep(0.01), pg_stat_clear_snapshot();
  END LOOP;
  ALTER TABLE xlsx_private.task ALTER id RESTART;
  DELETE FROM xlsx_private.job;
  EXECUTE format('CREATE TABLE item (id int, name text, task bigint%s)', coalesce(nullif(more, ''), ', PRIMARY KEY (id)'));
  INSERT INTO item SELECT i, 'old' FROM generate_series(1, rows) AS i;
  PERFORM xlsx.create_profile('item', 'item', task_column => 'task');
END $$;

CREATE PROCEDURE drop_item() LANGUAGE plpgsql AS $$
BEGIN
  PERFORM xlsx.delete(id) FROM xlsx.tasks;
  PERFORM xlsx.drop_profile(name) FROM xlsx.profiles;
  SET LOCAL client_min_messages = warning;
  DROP SCHEMA work CASCADE;
  CREATE SCHEMA work;
END $$;

CREATE PROCEDURE pause_item() LANGUAGE plpgsql AS $$
BEGIN
  PERFORM xlsx.pause('item');
END $$;

-- What became of the rows of a task, without what is zero.
CREATE FUNCTION outcome(task bigint) RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(', ', status || ' ' || total_rows, saved_rows || ' saved', nullif(inserted_rows, 0) || ' inserted', nullif(updated_rows, 0) || ' updated',
    nullif(unchanged_rows, 0) || ' unchanged', nullif(skipped_rows, 0) || ' skipped', nullif(error_rows, 0) || ' errors', error_message)
  FROM xlsx.tasks WHERE id = task
$$;

-- An import in the caller's transaction.
CREATE FUNCTION import(mode text, first int, last int, name text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN outcome(i.task) FROM xlsx.import('item', book(first, last, name), mode => import.mode) AS i;
END $$;

CREATE FUNCTION last_task() RETURNS bigint LANGUAGE sql AS 'SELECT max(id) FROM xlsx.tasks';
CREATE FUNCTION last_outcome() RETURNS text LANGUAGE sql AS 'SELECT outcome(max(id)) FROM xlsx.tasks';

-- A task for a worker; that of submit_later waits for ever.
CREATE PROCEDURE submit(mode text, first int, last int, name text) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM xlsx.submit('item', book(first, last, name), mode => submit.mode);
END $$;
CREATE PROCEDURE submit_later(mode text, first int, last int, name text) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM xlsx.submit('item', book(first, last, name), mode => submit_later.mode, run_at => 'infinity');
END $$;

-- The ids in the table, by name.
CREATE FUNCTION items() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN string_agg(name || ' ' || ids, '; ' ORDER BY name) FROM (SELECT name, string_agg(id::text, ',' ORDER BY id) AS ids FROM item GROUP BY 1) AS i;
END $$;

-- Returns when so many workers wait for locks of sessions. A worker also waits for the end of the transaction that started
-- it, and for others that claim a task where a limit is set.
CREATE PROCEDURE await_blocked(workers int DEFAULT 1) LANGUAGE plpgsql AS $$
BEGIN
  WHILE (SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE a.backend_type = 'pg_xlsx worker' AND NOT l.granted
    AND l.locktype <> 'virtualxid' AND (l.locktype <> 'advisory' OR l.objsubid IN (1, 2))) <> workers LOOP
    PERFORM pg_sleep(0.01), pg_stat_clear_snapshot();
  END LOOP;
END $$;

-- How the attempts have ended.
CREATE FUNCTION jobs() RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(j.status, ', ' ORDER BY j.id) FROM xlsx.jobs j
$$;
