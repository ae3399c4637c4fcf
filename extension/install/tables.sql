/*
 * Tables
 */

CREATE TABLE xlsx_private.profile (
  id          bigint   GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name        text     NOT NULL UNIQUE CHECK (name <> ''),
  target      regclass NOT NULL,
  task_column name,
  owner       regrole  NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE xlsx_private.profile IS 'How the columns of a sheet become the columns of a table.';

CREATE TABLE xlsx_private.profile_column (
  profile_id  bigint NOT NULL REFERENCES xlsx_private.profile ON DELETE CASCADE,
  position    int    NOT NULL,
  column_name name   NOT NULL,
  header      text   NOT NULL CHECK (header <> ''),
  label       text   NOT NULL CHECK (label <> ''),
  PRIMARY KEY (profile_id, position)
);
COMMENT ON TABLE xlsx_private.profile_column IS
'Columns of a profile; types and constraints are not copied, they are read from the target at each import.';

CREATE TABLE xlsx_private.file (
  id         bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name       text    NOT NULL,
  size       bigint  NOT NULL DEFAULT 0,
  complete   boolean NOT NULL DEFAULT false,
  profile    text,
  options    jsonb,
  owner      regrole NOT NULL,
  used_at    timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE xlsx_private.file IS 'Uploaded workbooks that wait for their task.';

CREATE TABLE xlsx_private.chunk (
  file_id bigint NOT NULL REFERENCES xlsx_private.file ON DELETE CASCADE,
  no      int    NOT NULL,
  data    bytea  NOT NULL,
  PRIMARY KEY (file_id, no)
);
-- Zip data and packets do not compress; uncompressed they are read in place.
ALTER TABLE xlsx_private.chunk ALTER data SET STORAGE EXTERNAL;
COMMENT ON TABLE xlsx_private.chunk IS 'Bytes of a file, 256 kB each; all but the last are full.';

-- The row is rewritten by every batch: room on its page keeps those updates HOT.
CREATE TABLE xlsx_private.task (
  id              bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  profile_id      bigint  REFERENCES xlsx_private.profile ON DELETE SET NULL,
  profile         text    NOT NULL,
  file_id         bigint  REFERENCES xlsx_private.file ON DELETE SET NULL,
  file_name       text    NOT NULL,
  file_size       bigint  NOT NULL,
  owner           regrole NOT NULL,
  login           regrole NOT NULL,
  status          text    NOT NULL DEFAULT 'PENDING'
    CHECK (status IN ('PENDING', 'PROCESSING', 'COMPLETED', 'HAS_ERRORS', 'FAILED', 'CANCELLED')),
  phase           text
    CHECK (phase IN ('LOADING_WORKBOOK', 'VALIDATING_HEADERS', 'VALIDATING', 'SAVING')),
  phase_progress  int     NOT NULL DEFAULT 0 CHECK (phase_progress BETWEEN 0 AND 100),
  progress        int     NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
  total_rows      bigint  NOT NULL DEFAULT 0,
  validated_rows  bigint  NOT NULL DEFAULT 0,
  error_rows      bigint  NOT NULL DEFAULT 0,
  saved_rows      bigint  NOT NULL DEFAULT 0,
  attempts        int     NOT NULL DEFAULT 0,
  deaths          int     NOT NULL DEFAULT 0,
  run_at          timestamptz NOT NULL DEFAULT pg_catalog.now(),
  priority        int     NOT NULL DEFAULT 0,
  idempotency_key text,
  sheet           text,
  source_columns  int[],
  cursor_row      bigint  NOT NULL DEFAULT 0,
  validated       boolean NOT NULL DEFAULT false,
  packets         int     NOT NULL DEFAULT 0,
  packets_saved   int     NOT NULL DEFAULT 0,
  seq             bigint  NOT NULL DEFAULT 0,
  worker_pid      int,
  time_zone       text    NOT NULL,
  date_style      text    NOT NULL,
  error_code      text,
  error_message   text,
  error_detail    text,
  error_hint      text,
  created_at      timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  updated_at      timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  started_at      timestamptz,
  completed_at    timestamptz
) WITH (fillfactor = 50);
COMMENT ON TABLE xlsx_private.task IS
'One import: its state, its counters and how far it has come, written in the same transactions as its rows.';
COMMENT ON COLUMN xlsx_private.task.deaths IS 'Workers that died on it in a row without committing a batch.';
COMMENT ON COLUMN xlsx_private.task.source_columns IS 'Sheet column of each profile column, 0 for none.';
COMMENT ON COLUMN xlsx_private.task.cursor_row IS 'Last sheet row whose outcome is committed.';
COMMENT ON COLUMN xlsx_private.task.seq IS 'Number of the last event.';

CREATE INDEX task_active ON xlsx_private.task (priority DESC, run_at, id) WHERE status IN ('PENDING', 'PROCESSING');
CREATE INDEX task_file ON xlsx_private.task (file_id);
CREATE UNIQUE INDEX task_idempotency_key ON xlsx_private.task (owner, idempotency_key)
  WHERE idempotency_key IS NOT NULL;

CREATE TABLE xlsx_private.packet (
  task_id bigint NOT NULL REFERENCES xlsx_private.task ON DELETE CASCADE,
  no      int    NOT NULL,
  data    bytea  NOT NULL,
  PRIMARY KEY (task_id, no)
);
-- Zip data and packets do not compress; uncompressed they are read in place.
ALTER TABLE xlsx_private.packet ALTER data SET STORAGE EXTERNAL;
COMMENT ON TABLE xlsx_private.packet IS 'Checked rows, up to 1000 each, that wait to be saved.';

-- No foreign key: a check per row would be the dearest part of a bad row; remove_task deletes them.
CREATE TABLE xlsx_private.error_row (
  task_id    bigint NOT NULL,
  row_number int    NOT NULL,
  cells      text[] NOT NULL,
  violations jsonb  NOT NULL,
  PRIMARY KEY (task_id, row_number)
);
COMMENT ON TABLE xlsx_private.error_row IS
'Rows that were not saved: original values in the order of the profile, and what was wrong with them.';
