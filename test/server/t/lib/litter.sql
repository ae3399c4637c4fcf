-- A tenant who sets and creates in a session whatever can be set and created, and one who looks what came of it.
-- litter() and look() are triggers of any table; both write down what they met.

CREATE TABLE litter_done (what text, error text);
CREATE TABLE look_seen (at bigint GENERATED ALWAYS AS IDENTITY, label text, pid int DEFAULT pg_backend_pid(), state jsonb);
GRANT INSERT, SELECT ON litter_done, look_seen TO PUBLIC;
-- The first random() after the seed that litter() sets.
CREATE TABLE litter_seed AS SELECT 0::float8 AS value;
CREATE SEQUENCE litter_sequence;
GRANT ALL ON SEQUENCE litter_sequence, look_seen_at_seq TO PUBLIC;
GRANT SELECT ON litter_seed TO PUBLIC;
SELECT setseed(0.42);
UPDATE litter_seed SET value = random();

-- Runs a statement and notes how it went.
CREATE FUNCTION litter_try(what text, statement text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  INSERT INTO public.litter_done VALUES (what, NULL);
EXCEPTION WHEN OTHERS THEN
  INSERT INTO public.litter_done VALUES (what, SQLERRM);
END $$;

CREATE FUNCTION litter() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  s record;
BEGIN
  PERFORM pg_catalog.set_config('exit_on_error', 'off', false);
  -- Every setting that its role may change, but those of the transaction at hand, and three which would end this or flood the log.
  FOR s IN SELECT name, CASE
      WHEN name = 'search_path' THEN 'evil'
      WHEN name = 'DateStyle' THEN 'SQL, DMY'
      WHEN name = 'TimeZone' THEN 'Asia/Tokyo'
      WHEN name = 'client_encoding' THEN 'LATIN1'
      WHEN vartype = 'bool' THEN CASE setting WHEN 'on' THEN 'off' ELSE 'on' END
      WHEN vartype = 'enum' THEN (SELECT e FROM unnest(enumvals) AS e WHERE e <> setting LIMIT 1)
      WHEN vartype IN ('integer', 'real') THEN CASE WHEN setting::numeric = least(max_val::numeric, min_val::numeric + 77000)
        THEN min_val ELSE least(max_val::numeric, min_val::numeric + 77000)::text END
      ELSE 'litter' END AS value
    FROM pg_settings WHERE context = 'user' AND name NOT LIKE 'transaction%' AND name <> 'exit_on_error' AND name NOT LIKE 'debug_print%' LOOP
    PERFORM public.litter_try('set ' || s.name, format('SELECT set_config(%L, %L, false)', s.name, s.value));
  END LOOP;
  PERFORM set_config('search_path', 'public', false);
  PERFORM litter_try('custom setting', $s$SELECT set_config('litter.secret', 'left', false)$s$);
  PERFORM litter_try('temporary table', 'CREATE TEMP TABLE litter_table (x int)');
  PERFORM litter_try('temporary view', 'CREATE TEMP VIEW litter_view AS SELECT 1');
  PERFORM litter_try('temporary sequence', 'CREATE TEMP SEQUENCE litter_own');
  PERFORM litter_try('prepared statement', 'PREPARE litter_statement AS SELECT 1');
  PERFORM litter_try('cursor', 'DECLARE litter_cursor CURSOR WITH HOLD FOR SELECT 1');
  PERFORM litter_try('session lock', 'SELECT pg_advisory_lock(4712), pg_advisory_lock_shared(4713)');
  PERFORM litter_try('channel', 'LISTEN litter_channel');
  PERFORM litter_try('value of a sequence', $s$SELECT nextval('litter_sequence')$s$);
  PERFORM litter_try('seed', 'SELECT setseed(0.42)');
  PERFORM litter_try('role none', $s$SELECT set_config('role', 'none', false)$s$);
  PERFORM litter_try('RESET ROLE', 'RESET ROLE');
  PERFORM litter_try('session authorization', 'SET SESSION AUTHORIZATION DEFAULT');
  PERFORM litter_try('RESET ALL', 'RESET ALL');
  PERFORM litter_try('exit_on_error', $s$SELECT set_config('exit_on_error', 'on', false)$s$);
  PERFORM litter_try('search_path', $s$SELECT set_config('search_path', 'evil', false)$s$);
  INSERT INTO public.litter_done VALUES ('current_user ' || current_user, NULL);
  RETURN coalesce(NEW, OLD);
END $$;

-- What can be seen of a session, by whoever is in it.
CREATE FUNCTION look_state() RETURNS jsonb LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
  SELECT jsonb_build_object(
    'settings', (SELECT jsonb_object_agg(name, CASE WHEN name IN ('search_path') THEN reset_val ELSE setting END) FROM pg_settings
      WHERE name <> 'transaction_read_only'),
    'custom', nullif(current_setting('litter.secret', true), ''),
    'temporary', (SELECT jsonb_agg(relname) FROM pg_class WHERE relnamespace = pg_my_temp_schema() AND relname LIKE 'litter%'),
    'functions', (SELECT jsonb_agg(proname) FROM pg_proc WHERE pronamespace = pg_my_temp_schema()),
    'statements', (SELECT jsonb_agg(name) FROM pg_prepared_statements),
    'cursors', (SELECT jsonb_agg(name) FROM pg_cursors WHERE name LIKE 'litter%'),
    'locks', (SELECT jsonb_agg(objid) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND objsubid IN (1, 2)),
    'channels', (SELECT jsonb_agg(c) FROM pg_listening_channels() AS c),
    'seeded', (SELECT random() = value FROM public.litter_seed),
    'users', ARRAY[session_user, current_user])
$$;

CREATE FUNCTION look_sequence() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM lastval();
  RETURN true;
EXCEPTION WHEN object_not_in_prerequisite_state THEN
  RETURN false;
END $$;

CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.look_seen (label, state)
  VALUES (TG_TABLE_NAME || ' ' || TG_OP, public.look_state() || jsonb_build_object('path', current_setting('search_path'), 'sequence', public.look_sequence()));
  RETURN coalesce(NEW, OLD);
END $$;

-- Where two looks differ, as lines.
CREATE FUNCTION look_difference(one bigint, other bigint) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT format('%s: %s -> %s', key, a.value, b.value)
  FROM (SELECT key, value FROM look_seen, jsonb_each(state - 'settings') WHERE at = one
      UNION ALL SELECT key, value FROM look_seen, jsonb_each(state -> 'settings') WHERE at = one) AS a
    FULL JOIN (SELECT key, value FROM look_seen, jsonb_each(state - 'settings') WHERE at = other
      UNION ALL SELECT key, value FROM look_seen, jsonb_each(state -> 'settings') WHERE at = other) AS b USING (key)
  WHERE a.value IS DISTINCT FROM b.value ORDER BY 1
$$;
