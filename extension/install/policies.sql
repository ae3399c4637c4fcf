/*
 * Who sees what: the owner and whoever may act as the owner, with the tenant
 * of the row, and the two roles that serve everybody.  The row of a file and the chunks stay private.
 * People may read what the policies show; nobody but the owner writes.
 */

CREATE FUNCTION xlsx_private.may_act(owner regrole, tenant text) RETURNS boolean
AS 'MODULE_PATHNAME', 'pg_xlsx_may_act' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION xlsx_private.may_act(regrole, text) IS 'May the current role, in a session of this tenant, change what belongs to owner and tenant?';

CREATE FUNCTION xlsx_private.roles_of_me() RETURNS oid[]
AS 'MODULE_PATHNAME', 'pg_xlsx_roles_of_me' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION xlsx_private.roles_of_me() IS 'The roles whose rights the current role has, itself among them.';

CREATE FUNCTION xlsx_private.sees_all() RETURNS boolean
AS 'MODULE_PATHNAME', 'pg_xlsx_sees_all' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION xlsx_private.sees_all() IS 'May the current role see what belongs to anybody?';

-- The condition stands here alone, for all tables with an owner. Two policies, so that the first does not keep the second
-- from an index on (owner::oid, tenant). Both call their functions once in a statement. A plan may outlive a membership, so the first
-- does not trust the roles that it is for.
CREATE FUNCTION xlsx_private.show_to_owner(relation regclass) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', relation);
  EXECUTE format('CREATE POLICY %I ON %s FOR SELECT TO xlsx_admin, xlsx_notifier USING ((SELECT xlsx_private.sees_all()))',
    split_part(relation::text, '.', 2) || '_all', relation);
  EXECUTE format('CREATE POLICY %I ON %s FOR SELECT USING (owner::oid = ANY ((SELECT xlsx_private.roles_of_me())::oid[])'
      || ' AND tenant = (SELECT xlsx_private.current_tenant()))',
    split_part(relation::text, '.', 2) || '_owner', relation);
END
$$;
COMMENT ON FUNCTION xlsx_private.show_to_owner(regclass) IS
'Lets the rows of a table be seen by their owner and by members of the owner, with the tenant of the row, and by the roles that serve everybody.';

ALTER TABLE xlsx_private.profile ENABLE ROW LEVEL SECURITY;
ALTER TABLE xlsx_private.profile_column ENABLE ROW LEVEL SECURITY;
ALTER TABLE xlsx_private.profile_rule ENABLE ROW LEVEL SECURITY;
ALTER TABLE xlsx_private.warning_page ENABLE ROW LEVEL SECURITY;
ALTER TABLE xlsx_private.error_block ENABLE ROW LEVEL SECURITY;
ALTER TABLE xlsx_private.error_count ENABLE ROW LEVEL SECURITY;
ALTER TABLE xlsx_private.undo_xid ENABLE ROW LEVEL SECURITY;
ALTER TABLE xlsx_private.undo_row ENABLE ROW LEVEL SECURITY;
ALTER TABLE xlsx_private.frozen_profile ENABLE ROW LEVEL SECURITY;
ALTER TABLE xlsx_private.error_page ENABLE ROW LEVEL SECURITY;
ALTER TABLE xlsx_private.row_page ENABLE ROW LEVEL SECURITY;
-- A profile is a description of a table, not data: whoever may import may use it.
CREATE POLICY profile_read ON xlsx_private.profile FOR SELECT USING (true);
CREATE POLICY profile_column_read ON xlsx_private.profile_column FOR SELECT USING (true);
CREATE POLICY profile_rule_read ON xlsx_private.profile_rule FOR SELECT USING (true);
SELECT xlsx_private.show_to_owner('xlsx_private.task');
-- The subqueries run under the policy of task. OFFSET keeps each of them a look into an index: the planner would rather read all tasks once.
CREATE POLICY frozen_profile_task ON xlsx_private.frozen_profile FOR SELECT
  USING (EXISTS (SELECT FROM xlsx_private.task t WHERE t.frozen_id = frozen_profile.id OFFSET 0));
CREATE POLICY error_page_owner ON xlsx_private.error_page FOR SELECT
  USING (EXISTS (SELECT FROM xlsx_private.task t WHERE t.id = task_id OFFSET 0));
CREATE POLICY row_page_owner ON xlsx_private.row_page FOR SELECT
  USING (EXISTS (SELECT FROM xlsx_private.task t WHERE t.id = task_id OFFSET 0));
CREATE POLICY warning_page_owner ON xlsx_private.warning_page FOR SELECT
  USING (EXISTS (SELECT FROM xlsx_private.task t WHERE t.id = task_id OFFSET 0));
CREATE POLICY error_block_owner ON xlsx_private.error_block FOR SELECT
  USING (EXISTS (SELECT FROM xlsx_private.task t WHERE t.id = task_id OFFSET 0));
CREATE POLICY error_count_owner ON xlsx_private.error_count FOR SELECT
  USING (EXISTS (SELECT FROM xlsx_private.task t WHERE t.id = task_id OFFSET 0));
CREATE POLICY undo_xid_owner ON xlsx_private.undo_xid FOR SELECT
  USING (EXISTS (SELECT FROM xlsx_private.task t WHERE t.id = task_id OFFSET 0));
CREATE POLICY undo_row_owner ON xlsx_private.undo_row FOR SELECT
  USING (EXISTS (SELECT FROM xlsx_private.task t WHERE t.id = task_id OFFSET 0));

-- A dump carries tasks, and files and packets that still wait.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['profile', 'profile_column', 'profile_rule', 'frozen_profile', 'file', 'chunk', 'task', 'packet',
    'error_page', 'warning_page', 'row_page', 'error_block', 'error_count', 'seen_key', 'seen_value', 'undo_xid', 'undo_row',
    'profile_id_seq', 'frozen_profile_id_seq', 'file_id_seq', 'task_id_seq', 'undo_xid_no_seq', 'undo_row_no_seq'] LOOP
    PERFORM pg_catalog.pg_extension_config_dump('xlsx_private.' || name, '');
  END LOOP;
END
$$;
