/*
 * Who sees what: the owner, whoever may act as the owner, and the two
 * roles that serve everybody.  The row of a file and the chunks stay private.
 * People may read what the policies show; nobody but the owner writes.
 */

CREATE FUNCTION xlsx_private.may_see(owner regrole) RETURNS boolean
AS 'MODULE_PATHNAME', 'pg_xlsx_may_see' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION xlsx_private.may_see(regrole) IS 'May the current role see what belongs to owner?';

CREATE FUNCTION xlsx_private.may_act(owner regrole) RETURNS boolean
AS 'MODULE_PATHNAME', 'pg_xlsx_may_act' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION xlsx_private.may_act(regrole) IS 'May the current role change what belongs to owner?';

ALTER TABLE xlsx_private.profile ENABLE ROW LEVEL SECURITY;
ALTER TABLE xlsx_private.profile_column ENABLE ROW LEVEL SECURITY;
ALTER TABLE xlsx_private.profile_rule ENABLE ROW LEVEL SECURITY;
ALTER TABLE xlsx_private.warning_page ENABLE ROW LEVEL SECURITY;
ALTER TABLE xlsx_private.undo_xid ENABLE ROW LEVEL SECURITY;
ALTER TABLE xlsx_private.undo_row ENABLE ROW LEVEL SECURITY;
ALTER TABLE xlsx_private.frozen_profile ENABLE ROW LEVEL SECURITY;
ALTER TABLE xlsx_private.task ENABLE ROW LEVEL SECURITY;
ALTER TABLE xlsx_private.error_page ENABLE ROW LEVEL SECURITY;
-- A profile is a description of a table, not data: whoever may import may use it.
CREATE POLICY profile_read ON xlsx_private.profile FOR SELECT USING (true);
CREATE POLICY profile_column_read ON xlsx_private.profile_column FOR SELECT USING (true);
CREATE POLICY profile_rule_read ON xlsx_private.profile_rule FOR SELECT USING (true);
CREATE POLICY task_owner ON xlsx_private.task FOR SELECT USING (xlsx_private.may_see(owner));
-- The subqueries run under the policy of task.
CREATE POLICY frozen_profile_task ON xlsx_private.frozen_profile FOR SELECT
  USING (EXISTS (SELECT FROM xlsx_private.task t WHERE t.frozen_id = frozen_profile.id));
CREATE POLICY error_page_owner ON xlsx_private.error_page FOR SELECT
  USING (EXISTS (SELECT FROM xlsx_private.task t WHERE t.id = task_id));
CREATE POLICY warning_page_owner ON xlsx_private.warning_page FOR SELECT
  USING (EXISTS (SELECT FROM xlsx_private.task t WHERE t.id = task_id));
CREATE POLICY undo_xid_owner ON xlsx_private.undo_xid FOR SELECT
  USING (EXISTS (SELECT FROM xlsx_private.task t WHERE t.id = task_id));
CREATE POLICY undo_row_owner ON xlsx_private.undo_row FOR SELECT
  USING (EXISTS (SELECT FROM xlsx_private.task t WHERE t.id = task_id));

-- A dump carries tasks, and files and packets that still wait.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['profile', 'profile_column', 'profile_rule', 'frozen_profile', 'file', 'chunk', 'task', 'packet',
    'error_page', 'warning_page', 'seen_value', 'undo_xid', 'undo_row',
    'profile_id_seq', 'frozen_profile_id_seq', 'file_id_seq', 'task_id_seq', 'undo_xid_no_seq', 'undo_row_no_seq'] LOOP
    PERFORM pg_catalog.pg_extension_config_dump('xlsx_private.' || name, '');
  END LOOP;
END
$$;
