/*
 * What a task waits for, in words
 */

CREATE FUNCTION xlsx_private.worker_waits_for(task bigint, pid int) RETURNS text
AS 'MODULE_PATHNAME', 'pg_xlsx_worker_waits_for' LANGUAGE C STABLE STRICT;
COMMENT ON FUNCTION xlsx_private.worker_waits_for(bigint, int) IS
'"lock" or "standby" if the worker of a task waits for one; NULL if it works, or the process is not its worker.';

CREATE FUNCTION xlsx_private.blockers(pid int) RETURNS int[]
AS 'MODULE_PATHNAME', 'pg_xlsx_blockers' LANGUAGE C STABLE STRICT;
COMMENT ON FUNCTION xlsx_private.blockers(int) IS 'Processes for whose locks a process waits; 0: a prepared transaction.';

CREATE FUNCTION xlsx_private.place_for(login oid, owner oid, tenant text) RETURNS text
AS 'MODULE_PATHNAME', 'pg_xlsx_place_for' LANGUAGE C STABLE STRICT;
COMMENT ON FUNCTION xlsx_private.place_for(oid, oid, text) IS 'What keeps a due task from a worker, in words.';

-- What pg_stat_activity does not show to the reader has no start there.
CREATE FUNCTION xlsx_private.sessions_named(pids int[]) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
RETURN (SELECT string_agg(DISTINCT CASE WHEN p.pid = 0 THEN 'a prepared transaction' WHEN a.backend_start IS NULL THEN 'another session'
    ELSE format('process %s%s%s', a.pid, ' of role ' || a.usename, ': ' || left(nullif(regexp_replace(a.query, '\s+', ' ', 'g'), ''), 200)) END, ', ')
  FROM unnest(pids[:5]) AS p (pid) LEFT JOIN pg_stat_activity a ON a.pid = p.pid AND p.pid <> 0);
COMMENT ON FUNCTION xlsx_private.sessions_named(int[]) IS
'Processes with role and query, as far as pg_stat_activity shows these to the current role; else "another session". NULL if there are none.';

CREATE FUNCTION xlsx_private.lock_waited_for(pid int) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
RETURN (SELECT CASE w.locktype WHEN 'relation' THEN 'a lock on ' || w.relation::regclass WHEN 'extend' THEN 'room in ' || w.relation::regclass
    WHEN 'advisory' THEN 'an advisory lock' WHEN 'transactionid' THEN 'a row that another transaction has written'
    WHEN 'tuple' THEN 'a row of ' || w.relation::regclass ELSE 'a lock' END || coalesce(', held by ' || xlsx_private.sessions_named(xlsx_private.blockers(w.pid)), '')
  FROM pg_locks w WHERE w.pid = lock_waited_for.pid AND NOT w.granted LIMIT 1);
COMMENT ON FUNCTION xlsx_private.lock_waited_for(int) IS 'The lock that a process waits for, and who holds it. NULL if it waits for none.';

CREATE FUNCTION xlsx_private.row_holders(task bigint) RETURNS xid[]
AS 'MODULE_PATHNAME', 'pg_xlsx_row_holders' LANGUAGE C STABLE STRICT;
COMMENT ON FUNCTION xlsx_private.row_holders(bigint) IS
'Transactions that have locked or changed the row of a task, among them some that have ended. NULL if there is no such task, or the current role may not see it.';

CREATE FUNCTION xlsx_private.row_held_by(task bigint) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
RETURN (SELECT 'the end of a transaction that changes this task: ' || xlsx_private.sessions_named(array_agg(coalesce(l.pid, 0)))
  FROM unnest(xlsx_private.row_holders(task)) AS h (holder) JOIN pg_locks l ON l.locktype = 'transactionid' AND l.granted AND l.transactionid = h.holder);
COMMENT ON FUNCTION xlsx_private.row_held_by(bigint) IS 'Who keeps workers from the row of a task. NULL if nobody does.';

CREATE FUNCTION xlsx_private.rule_that_holds(profile_id bigint, role oid) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
RETURN (SELECT CASE WHEN r.paused THEN format('the end of a pause: SELECT xlsx.resume(%s);', quote_literal(p.name))
    ELSE format('its turn: %s tasks%s%s may run at the same time (xlsx.limit_tasks)', r.max_tasks, ' of profile ' || quote_ident(p.name), ' of role ' || xlsx_private.role_of(r.role)) END
  FROM xlsx_private.queue_rule r LEFT JOIN xlsx_private.profile p ON p.id = r.profile_id
  WHERE coalesce(r.profile_id, rule_that_holds.profile_id) IS NOT DISTINCT FROM rule_that_holds.profile_id
    AND coalesce(r.role::oid, rule_that_holds.role) = rule_that_holds.role
  ORDER BY r.paused DESC, r.max_tasks LIMIT 1);
COMMENT ON FUNCTION xlsx_private.rule_that_holds(bigint, oid) IS 'The pause, or else the least limit, that concerns tasks of a profile and a role, in words.';

CREATE FUNCTION xlsx_private.waiting_for(task xlsx_private.task, held xlsx_private.held_subject[]) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF task.status = 'PROCESSING' THEN
    RETURN CASE xlsx_private.worker_waits_for(task.id, task.worker_pid)
      WHEN 'lock' THEN xlsx_private.lock_waited_for(task.worker_pid)
      WHEN 'standby' THEN 'a synchronous standby (synchronous_standby_names)' END;
  ELSIF NOT xlsx_private.is_active(task.status) THEN
    RETURN NULL;
  ELSIF task.home <> xlsx_private.installation() THEN
    RETURN 'adoption by this database, which is a copy: SELECT xlsx.adopt();';
  ELSIF task.held THEN
    RETURN 'release';
  ELSIF task.run_at = 'infinity' AND task.after_task IS NOT NULL THEN
    RETURN 'the end of task ' || task.after_task || coalesce((SELECT format(' (%s), which is %s', o.profile, o.status) FROM xlsx_private.task o WHERE o.id = task.after_task), '');
  ELSIF task.set_size IS NOT NULL AND NOT task.atomic THEN
    RETURN (SELECT 'its first task, which waits for ' || xlsx_private.waiting_for(o, waiting_for.held) FROM xlsx_private.task o
      WHERE o.set_id = task.id AND xlsx_private.is_active(o.status) ORDER BY o.id LIMIT 1);
  ELSIF task.run_at > statement_timestamp() AND (task.wait_ms IS NULL OR task.run_at - task.wait_ms * interval '1 millisecond' <= statement_timestamp()) THEN
    RETURN CASE WHEN task.error_code IS NULL THEN format('its time, %s', xlsx_private.iso(task.run_at))
      ELSE format('the end of a trouble: %s%s. Tried again at %s', left(task.error_message, 500), '. ' || left(rtrim(task.error_hint, '.'), 300), xlsx_private.iso(task.run_at)) END;
  ELSIF NOT coalesce(current_setting('pg_xlsx.enabled', true)::boolean, true) THEN
    RETURN 'pg_xlsx.enabled, which is off';
  ELSIF EXISTS (SELECT FROM unnest(held) AS h WHERE h.profile_id IN (0, task.profile_id) AND h.role IN (0, task.owner::oid)) THEN
    RETURN coalesce(xlsx_private.rule_that_holds(task.profile_id, task.owner::oid), 'its turn');
  END IF;
  RETURN coalesce(xlsx_private.row_held_by(task.id), xlsx_private.place_for(task.login::oid, task.owner::oid, task.tenant));
END
$$;
COMMENT ON FUNCTION xlsx_private.waiting_for(xlsx_private.task, xlsx_private.held_subject[]) IS
'What a task waits for, in words; NULL if it works or has ended. held: the rows of held_subject.';
