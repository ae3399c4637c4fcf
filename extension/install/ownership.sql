/*
 * What belongs to nobody, and copies of a database
 *
 * A role that is dropped, or is missing where a dump is restored, leaves tasks,
 * files, profiles and schedules behind. They are nobody's: a role that is made
 * later gets none of them, whatever its name and number.
 */

CREATE FUNCTION xlsx_private.is_nobody(owner xlsx_private.role_ref) RETURNS boolean
LANGUAGE sql STABLE
RETURN NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) xlsx_private.oid_of(owner));
COMMENT ON FUNCTION xlsx_private.is_nobody(xlsx_private.role_ref) IS 'Is there no such role any more?';

CREATE FUNCTION xlsx_private.require_admin(caller regrole, what text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT pg_has_role(caller::oid, 'xlsx_admin', 'USAGE') THEN
    RAISE EXCEPTION 'permission denied to %', what USING ERRCODE = 'insufficient_privilege', HINT = 'A member of xlsx_admin may.';
  END IF;
END
$$;
COMMENT ON FUNCTION xlsx_private.require_admin(regrole, text) IS 'An error where the caller is no member of xlsx_admin.';

-- Runs with the rights of its owner.
CREATE VIEW xlsx.ownerless AS
SELECT xlsx_private.name_of(o.owner) AS owner_name, o.kind, pg_catalog.count(*) AS row_count
FROM (SELECT p.owner, 'profile' FROM xlsx_private.profile p
  UNION ALL SELECT s.owner, 'schedule' FROM xlsx_private.schedule s
  UNION ALL SELECT t.owner, 'task' FROM xlsx_private.task t
  UNION ALL SELECT f.owner, 'file' FROM xlsx_private.file f) AS o (owner, kind)
WHERE xlsx_private.is_nobody(o.owner) GROUP BY 1, 2;
COMMENT ON VIEW xlsx.ownerless IS
'What belongs to nobody, because its role was dropped or is missing since a restore: profiles, schedules, tasks and files, counted by the name that the role had. For xlsx_admin, who can give it to a role with xlsx.reassign.';

-- Its SQL would run with the rights of whoever gets it. Options are known by their names here; sql/trust.sql tries each that holds SQL.
CREATE FUNCTION xlsx_private.options_hold_sql(options jsonb, target oid) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
RETURN coalesce(coalesce(options ->> 'on_end', options ->> 'delete_when') IS NOT NULL OR coalesce(options ->> 'scope', 'true') <> 'true'
  OR coalesce(options ->> 'absent', 'delete') NOT IN ('delete', 'report') OR (options ->> 'stop_at' <> 'blank_row' AND options ->> 'stop_at' NOT LIKE '~%')
  OR EXISTS (SELECT FROM jsonb_array_elements_text(CASE jsonb_typeof(options -> 'key_columns') WHEN 'array' THEN options -> 'key_columns' ELSE '[]' END) AS k (key)
    WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = target AND a.attname = k.key)), false);
COMMENT ON FUNCTION xlsx_private.options_hold_sql(jsonb, oid) IS
'Is there SQL in options of a profile, a task or a schedule? target: of the profile; an expression in its key counts as SQL.';

CREATE FUNCTION xlsx_private.carries_sql(owner_is text) RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  found_one boolean;
BEGIN
  EXECUTE format($sql$
    SELECT EXISTS (SELECT FROM xlsx_private.schedule o WHERE %1$s AND (o.query IS NOT NULL OR xlsx_private.options_hold_sql(o.options, 0)))
      OR EXISTS (SELECT FROM xlsx_private.task o WHERE %1$s AND xlsx_private.options_hold_sql(o.options, 0))
      OR EXISTS (SELECT FROM xlsx_private.file o WHERE %1$s AND xlsx_private.options_hold_sql(o.options, 0))
      OR EXISTS (SELECT FROM xlsx_private.profile o WHERE %1$s AND (xlsx_private.options_hold_sql(to_jsonb(o), o.target::oid)
        OR EXISTS (SELECT FROM xlsx_private.profile_column c WHERE c.profile_id = o.id AND coalesce(c.transform, c.lookup, c.lookup_table) IS NOT NULL)
        OR EXISTS (SELECT FROM xlsx_private.profile_rule r WHERE r.profile_id = o.id AND r.kind = 'expression')))
      OR EXISTS (SELECT FROM xlsx_private.frozen_profile o WHERE %1$s AND (xlsx_private.options_hold_sql(o.content, o.target::oid)
        OR jsonb_path_exists(o.content, '$.columns[*] ? (@.transform != null || @.lookup != null)')
        OR jsonb_path_exists(o.content, '$.rules[*] ? (@.kind == "expression")')))
  $sql$, owner_is) INTO found_one;
  RETURN found_one;
END
$$;
COMMENT ON FUNCTION xlsx_private.carries_sql(text) IS
'Is there SQL in a schedule, a task, a file, a profile or a frozen profile "o" whose owner meets a condition?';

CREATE FUNCTION xlsx_private.cron_reassign(from_role text, to_role regrole) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  jobs bigint[];
  heir CONSTANT pg_roles := (SELECT r FROM pg_roles r WHERE r.oid = to_role);
BEGIN
  IF xlsx_private.cron_table() IS NULL THEN
    RETURN;
  END IF;
  -- Whatever else has the number or the name by now is another job.
  EXECUTE format('SELECT array_agg(j.jobid) FROM xlsx_private.schedule s JOIN %s AS j ON j.jobid = s.job AND j.jobname = ''xlsx '' || s.name'
    || ' AND j.username = $1 AND j.database = current_database() AND strpos(j.command, format(''xlsx.run_schedule(%%L)'', s.name)) > 0'
    || ' WHERE s.owner::oid = $2', xlsx_private.cron_table()) INTO jobs USING from_role, to_role::oid;
  IF jobs IS NULL THEN
    RETURN;
  ELSIF NOT heir.rolcanlogin OR NOT (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user) THEN
    RAISE WARNING 'jobs of pg_cron still run as "%"', from_role USING
      DETAIL = format('Their numbers are %s. %s', array_to_string(jobs, ', '), CASE WHEN heir.rolcanlogin THEN 'The owner of the extension is no superuser.'
        ELSE format('Role "%s" cannot log in, as pg_cron demands.', heir.rolname) END),
      HINT = format('A superuser gives each to a role that can log in: SELECT cron.alter_job(number, username => %L);', heir.rolname);
  ELSE
    EXECUTE format('SELECT %I.alter_job(j, username => $1) FROM unnest($2) AS j', (parse_ident(xlsx_private.cron_table()))[1])
    USING heir.rolname::text, jobs;
  END IF;
END
$$;
COMMENT ON FUNCTION xlsx_private.cron_reassign(text, regrole) IS
'Lets jobs of pg_cron that ran schedules of from_role, which belong to to_role now, run as to_role. A warning if that cannot be.';

CREATE FUNCTION xlsx_private.reassign(caller regrole, from_role text, to_role regrole) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  owner_is CONSTANT text := format('(o.owner::oid = %s OR xlsx_private.is_nobody(o.owner) AND xlsx_private.name_of(o.owner) = %L)',
    coalesce((SELECT r.oid FROM pg_roles r WHERE r.rolname = from_role), 0), from_role);
  relation text;
  moved bigint;
  all_moved bigint := 0;
BEGIN
  PERFORM xlsx_private.require_admin(caller, 'give away what belongs to others');
  IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = to_role) OR from_role IS NULL THEN
    RAISE EXCEPTION 'role "%" does not exist', coalesce(to_role::text, 'NULL') USING ERRCODE = 'undefined_object',
      DETAIL = 'Both roles must be named; from_role may be gone.';
  END IF;
  IF xlsx_private.carries_sql(owner_is) AND NOT pg_has_role(caller::oid, to_role::oid, 'USAGE') THEN
    RAISE EXCEPTION 'permission denied to give SQL of "%" to "%"', from_role, to_role USING ERRCODE = 'insufficient_privilege',
      DETAIL = 'It has a schedule with a query, or a profile or a task with SQL (such as a transformation, a lookup, an expression, scope or on_end), which would run with the rights of the new owner.',
      HINT = 'A member of the new owner may, or a superuser.';
  END IF;
  -- A key is the owner's: one that both have used stays with the new owner's task.
  EXECUTE format('UPDATE xlsx_private.task AS o SET idempotency_key = NULL WHERE %s AND EXISTS (SELECT FROM xlsx_private.task t'
    || ' WHERE t.owner::oid = $1 AND t.tenant = o.tenant AND t.idempotency_key = o.idempotency_key AND t.id <> o.id)', owner_is) USING to_role::oid;
  FOREACH relation IN ARRAY ARRAY['profile', 'frozen_profile', 'schedule', 'file', 'resumable', 'task', 'job', 'tally'] LOOP
    EXECUTE format('UPDATE xlsx_private.%I AS o SET owner = $1 WHERE %s AND o.owner::oid <> $1::oid', relation, owner_is) USING to_role;
    GET DIAGNOSTICS moved = ROW_COUNT;
    all_moved := all_moved + CASE WHEN relation IN ('frozen_profile', 'tally') THEN 0 ELSE moved END;
  END LOOP;
  EXECUTE format('UPDATE xlsx_private.task AS o SET login = $1, login_was_member = true WHERE %s AND xlsx_private.is_active(o.status)',
    replace(owner_is, 'o.owner', 'o.login')) USING to_role;
  PERFORM xlsx_private.cron_reassign(from_role, to_role);
  RETURN all_moved;
END
$$;
COMMENT ON FUNCTION xlsx_private.reassign(regrole, text, regrole) IS 'xlsx.reassign, as the owner of the tables.';

CREATE FUNCTION xlsx.reassign(from_role text, to_role regrole) RETURNS bigint
AS 'MODULE_PATHNAME', 'pg_xlsx_as_owner' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx.reassign(text, regrole) IS
'Gives tasks, jobs, files, profiles and schedules of a role, with their jobs of pg_cron, to another one, and returns how many. from_role may be gone: then what is nobody''s and had an owner of this name is given. Call it before DROP ROLE; REASSIGN OWNED does not see these rows. For xlsx_admin; where SQL of from_role is among it, only for members of to_role and superusers.';

/*
 * A restored dump and a copy made by CREATE DATABASE hold the tasks of the
 * original. They wait until somebody says that this database goes on with them.
 */
CREATE FUNCTION xlsx_private.adopt(caller regrole) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  adopted bigint;
BEGIN
  PERFORM xlsx_private.require_admin(caller, 'adopt the tasks of another installation');
  UPDATE xlsx_private.task t SET home = xlsx_private.installation() WHERE t.home <> xlsx_private.installation() AND xlsx_private.is_active(t.status);
  GET DIAGNOSTICS adopted = ROW_COUNT;
  UPDATE xlsx_private.webhook_delivery d SET home = xlsx_private.installation() WHERE d.home <> xlsx_private.installation() AND d.due_at IS NOT NULL;
  PERFORM xlsx_private.wake_queue();
  RETURN adopted;
END
$$;
COMMENT ON FUNCTION xlsx_private.adopt(regrole) IS 'xlsx.adopt, as the owner of the tables.';

CREATE FUNCTION xlsx.adopt() RETURNS bigint
AS 'MODULE_PATHNAME', 'pg_xlsx_as_owner' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx.adopt() IS
'Lets the tasks that came with a restored dump, or with a copy of a database, go on here, with webhooks that were not sent yet, and returns how many tasks had not ended. Until then they wait: the original may still work on them. For xlsx_admin.';
