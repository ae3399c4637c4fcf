/*
 * Rows that point nowhere
 *
 * The tables have no foreign keys (tables.sql says why), so this is where it
 * is written down which column points where.
 */

CREATE FUNCTION xlsx_private.pointers(OUT relation regclass, OUT column_name name, OUT parent regclass, OUT may_be_null boolean)
RETURNS SETOF record
LANGUAGE sql STABLE
BEGIN ATOMIC
  VALUES
    ('xlsx_private.profile_column'::regclass, 'profile_id'::name, 'xlsx_private.profile'::regclass, false),
    ('xlsx_private.profile_rule', 'profile_id', 'xlsx_private.profile', false),
    -- A rule without a profile is for all of them: one whose profile is gone must go, not change its meaning.
    ('xlsx_private.queue_rule', 'profile_id', 'xlsx_private.profile', false),
    ('xlsx_private.schedule_file', 'schedule_id', 'xlsx_private.schedule', false),
    ('xlsx_private.schedule_run', 'schedule_id', 'xlsx_private.schedule', false),
    ('xlsx_private.chunk', 'file_id', 'xlsx_private.file', false),
    ('xlsx_private.resumable', 'file_id', 'xlsx_private.file', true),
    ('xlsx_private.task', 'file_id', 'xlsx_private.file', true),
    ('xlsx_private.task', 'frozen_id', 'xlsx_private.frozen_profile', true),
    ('xlsx_private.packet', 'task_id', 'xlsx_private.task', false),
    ('xlsx_private.seen_key', 'task_id', 'xlsx_private.task', false),
    ('xlsx_private.seen_value', 'task_id', 'xlsx_private.task', false),
    ('xlsx_private.error_page', 'task_id', 'xlsx_private.task', false),
    ('xlsx_private.error_block', 'task_id', 'xlsx_private.task', false),
    ('xlsx_private.error_count', 'task_id', 'xlsx_private.task', false),
    ('xlsx_private.warning_page', 'task_id', 'xlsx_private.task', false),
    ('xlsx_private.row_page', 'task_id', 'xlsx_private.task', false),
    ('xlsx_private.webhook_delivery', 'task_id', 'xlsx_private.task', false),
    ('xlsx_private.undo_xid', 'task_id', 'xlsx_private.task', false),
    ('xlsx_private.undo_row', 'task_id', 'xlsx_private.task', false);
END;
COMMENT ON FUNCTION xlsx_private.pointers() IS
'Each column of a private table that holds the id of a row of another. may_be_null: a row whose parent is gone stays, with NULL; other rows go with their parent.';

CREATE FUNCTION xlsx_private.orphans(OUT relation regclass, OUT column_name name, OUT parent regclass, OUT row_count bigint)
RETURNS SETOF record
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  FOR relation, column_name, parent IN SELECT p.relation, p.column_name, p.parent FROM xlsx_private.pointers() AS p LOOP
    EXECUTE format('SELECT count(*) FROM %s AS c WHERE c.%I IS NOT NULL AND NOT EXISTS (SELECT FROM %s AS p WHERE p.id = c.%2$I)',
      relation, column_name, parent) INTO row_count;
    IF row_count > 0 THEN
      RETURN NEXT;
    END IF;
  END LOOP;
END
$$;
COMMENT ON FUNCTION xlsx_private.orphans() IS
'Rows of private tables that point nowhere, counted by table and column. No row: all is well. They come from a restore of some of the tables; a sweep removes them. For the owner of the extension.';

CREATE FUNCTION xlsx_private.remove_orphans() RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  pointer record;
  touched bigint;
  removed bigint := 0;
BEGIN
  FOR pointer IN SELECT p.* FROM xlsx_private.pointers() AS p LOOP
    EXECUTE format(CASE WHEN pointer.may_be_null THEN 'UPDATE %s AS c SET %2$I = NULL' ELSE 'DELETE FROM %s AS c' END
      || ' WHERE c.%2$I IS NOT NULL AND NOT EXISTS (SELECT FROM %3$s AS p WHERE p.id = c.%2$I)',
      pointer.relation, pointer.column_name, pointer.parent);
    GET DIAGNOSTICS touched = ROW_COUNT;
    removed := removed + touched;
  END LOOP;
  RETURN removed;
END
$$;
COMMENT ON FUNCTION xlsx_private.remove_orphans() IS
'Removes the rows that xlsx_private.orphans lists, or their pointers where these may be NULL. Returns the number of rows that changed.';
