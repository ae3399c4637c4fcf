/*
 * Tables of schedules: files that are submitted when they come
 */

CREATE TABLE xlsx_private.schedule (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name       text NOT NULL UNIQUE CHECK (name <> ''),
  cron       text,
  job        bigint,
  profile    text NOT NULL,
  folder     text,
  pattern    text,
  pattern_params text[] CHECK (pg_catalog.cardinality(pattern_params) > 0),
  settle     interval NOT NULL CHECK (settle >= interval '0'),
  done_folder   text,
  failed_folder text,
  expect_every  interval CHECK (expect_every > interval '0'),
  query      text,
  options    jsonb NOT NULL,
  owner      xlsx_private.role_ref NOT NULL,
  tenant     text NOT NULL DEFAULT xlsx_private.current_tenant(),
  settings   jsonb CHECK (pg_catalog.jsonb_typeof(settings) = 'object'),
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  last_file_at timestamptz,
  CHECK ((folder IS NULL) <> (query IS NULL))
);
COMMENT ON TABLE xlsx_private.schedule IS 'Schedules: where files come from, and their profile.';
COMMENT ON COLUMN xlsx_private.schedule.job IS 'Number of the job of pg_cron. NULL if another timer calls xlsx.run_schedule.';
COMMENT ON COLUMN xlsx_private.schedule.pattern_params IS 'Names for the groups of pattern, which is a regular expression then; NULL: it is a shell pattern.';
COMMENT ON COLUMN xlsx_private.schedule.last_file_at IS 'When the last file came.';

CREATE TABLE xlsx_private.schedule_file (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  schedule_id  bigint NOT NULL,
  content_hash bytea,
  file_name    text   NOT NULL,
  file_size    bigint,
  modified_at  timestamptz,
  params       jsonb,
  task_id      bigint,
  outcome      text CHECK (outcome IN ('done', 'failed')),
  error        text,
  tries        int NOT NULL DEFAULT 0,
  tried_at     timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  moved_to     text,
  seen_at      timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
CREATE UNIQUE INDEX schedule_file_hash ON xlsx_private.schedule_file (schedule_id, content_hash) WHERE content_hash IS NOT NULL;
CREATE UNIQUE INDEX schedule_file_waiting ON xlsx_private.schedule_file (schedule_id, file_name) WHERE content_hash IS NULL;
CREATE INDEX schedule_file_name ON xlsx_private.schedule_file (schedule_id, file_name);
CREATE INDEX schedule_file_open ON xlsx_private.schedule_file (schedule_id) WHERE outcome IS NULL;
COMMENT ON TABLE xlsx_private.schedule_file IS 'Files that a schedule has found.';
COMMENT ON COLUMN xlsx_private.schedule_file.content_hash IS 'SHA-256. NULL: the file could not be submitted yet, and its name stands for it.';
COMMENT ON COLUMN xlsx_private.schedule_file.params IS 'What the groups of the pattern were in the name, by the names of pattern_params.';
COMMENT ON COLUMN xlsx_private.schedule_file.outcome IS 'Written by the first run after the end of the task, so that it is known when the task is gone.';
COMMENT ON COLUMN xlsx_private.schedule_file.tries IS 'How often a task that had failed for a passing reason was started again.';

CREATE TABLE xlsx_private.schedule_run (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  schedule_id bigint NOT NULL,
  started_at  timestamptz NOT NULL,
  ended_at    timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  files       int NOT NULL,
  submitted   int NOT NULL,
  refused     int NOT NULL,
  error       text
);
CREATE INDEX schedule_run_schedule ON xlsx_private.schedule_run (schedule_id, id);
COMMENT ON TABLE xlsx_private.schedule_run IS 'Runs of schedules; the last 1000 of each are kept.';

ALTER TABLE xlsx_private.schedule_file ENABLE ROW LEVEL SECURITY;
ALTER TABLE xlsx_private.schedule_run ENABLE ROW LEVEL SECURITY;
-- Its query runs as its owner, who alone may write it: not even xlsx_admin.
SELECT xlsx_private.show_to_owner('xlsx_private.schedule');
CREATE POLICY schedule_file_read ON xlsx_private.schedule_file FOR SELECT
  USING (EXISTS (SELECT FROM xlsx_private.schedule s WHERE s.id = schedule_id));
CREATE POLICY schedule_run_read ON xlsx_private.schedule_run FOR SELECT
  USING (EXISTS (SELECT FROM xlsx_private.schedule s WHERE s.id = schedule_id));

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['schedule', 'schedule_file', 'schedule_run', 'schedule_id_seq', 'schedule_file_id_seq', 'schedule_run_id_seq'] LOOP
    PERFORM pg_catalog.pg_extension_config_dump('xlsx_private.' || name, '');
  END LOOP;
END
$$;

-- 58000: its workers died.
CREATE FUNCTION xlsx_private.schedule_file_state(outcome text, task_id bigint, task xlsx_private.task) RETURNS text
LANGUAGE sql STABLE
RETURN CASE
  WHEN (task).status IS NULL THEN coalesce(outcome, CASE WHEN task_id IS NULL THEN 'waiting' ELSE 'done' END)
  WHEN xlsx_private.is_active((task).status) THEN 'waiting'
  WHEN xlsx_private.is_success((task).status) THEN 'done'
  WHEN (task).status = 'FAILED' AND (task).error_code <> '58000' AND xlsx_private.may_pass((task).error_code)
    AND ((task).file_id IS NOT NULL OR (task).saved_rows = 0) THEN 'waiting'
  ELSE 'failed' END;
COMMENT ON FUNCTION xlsx_private.schedule_file_state(text, bigint, xlsx_private.task) IS
'waiting: the file or its task is tried, now or again; done: imported, perhaps with error rows; failed: refused, cancelled or failed for good. task: its row, NULL if there is none any more.';

CREATE FUNCTION xlsx_private.schedule_is_overdue(schedule xlsx_private.schedule) RETURNS boolean
LANGUAGE sql STABLE
RETURN coalesce(coalesce((schedule).last_file_at, (schedule).created_at) + (schedule).expect_every < pg_catalog.now(), false);
COMMENT ON FUNCTION xlsx_private.schedule_is_overdue(xlsx_private.schedule) IS 'Did no file come within expect_every?';
