-- What the other tests stand on: the extension, and the samples as psql variables.
CREATE EXTENSION pg_xlsx;
SELECT backend_type FROM pg_stat_activity WHERE backend_type = 'pg_xlsx launcher';
-- Returns when the files of completed tasks that do not need them are gone, and their packets, which is soon after their end.
CREATE FUNCTION wait_tidy() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1..3000 LOOP
    EXIT WHEN NOT EXISTS (SELECT FROM xlsx_private.file WHERE spent)
      AND NOT EXISTS (SELECT FROM xlsx_private.packet p JOIN xlsx_private.task t ON t.id = p.task_id WHERE xlsx_private.is_success(t.status));
    PERFORM pg_sleep(0.01);
  END LOOP;
END $$;
-- Every object tells what it is for.
SELECT objects.description AS without_comment
FROM (
  SELECT d.objid, d.classid, pg_describe_object(d.classid, d.objid, 0) AS description
  FROM pg_depend d JOIN pg_extension e ON d.refobjid = e.oid AND d.refclassid = 'pg_extension'::regclass
  WHERE e.extname = 'pg_xlsx' AND d.deptype = 'e'
    AND d.classid IN ('pg_proc'::regclass, 'pg_class'::regclass, 'pg_namespace'::regclass)
    AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = d.objid AND c.relkind NOT IN ('r', 'v'))
) AS objects
WHERE obj_description(objects.objid, objects.classid::regclass::text) IS NULL
ORDER BY 1;
