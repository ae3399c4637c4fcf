/*
 * Tables
 *
 * No table has a foreign key. pg_dump does not order the data of an
 * extension's tables by them, so a parallel restore would lose rows. The
 * functions that delete a row delete what belongs to it, and the functions
 * that add a row lock its parent's row first. There are no triggers either:
 * they do not fire under session_replication_role = replica.
 * xlsx_private.orphans() lists the rows that point nowhere; a sweep removes
 * them. Each table has a primary key, so that a publication FOR ALL TABLES
 * stops no update.
 */

CREATE TABLE xlsx_private.profile (
  id             bigint   GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name           text     NOT NULL UNIQUE CHECK (name <> ''),
  target         xlsx_private.relation_ref NOT NULL,
  task_column    name,
  follow         boolean  NOT NULL DEFAULT true,
  sheet          text     CHECK (sheet <> ''),
  header_row     text     NOT NULL DEFAULT 'auto' CHECK (xlsx_private.is_header_row(header_row)),
  range          text     CHECK (range <> ''),
  skip_end       int      NOT NULL DEFAULT 0 CHECK (skip_end BETWEEN 0 AND xlsx_private.number_of('skip_end')),
  null_tokens    text[]   NOT NULL DEFAULT '{}',
  trim_cells     boolean  NOT NULL DEFAULT true,
  mode           text     NOT NULL DEFAULT 'insert'
    CHECK (mode = ANY (xlsx_private.names_of('mode'))),
  key_columns    text[],
  key_index      name,
  duplicate_keys text     CHECK (duplicate_keys = ANY (xlsx_private.names_of('duplicate_keys'))),
  update_columns name[],
  max_errors     bigint   CHECK (max_errors >= 0),
  keep_old       boolean  NOT NULL DEFAULT false,
  hold           boolean  NOT NULL DEFAULT false,
  four_eyes      boolean  NOT NULL DEFAULT false,
  on_duplicate   text     NOT NULL DEFAULT 'warn' CHECK (on_duplicate = ANY (xlsx_private.names_of('on_duplicate'))),
  on_end         text     CHECK (on_end <> ''),
  keep_rows      boolean  NOT NULL DEFAULT false,
  keep_changes   boolean  NOT NULL DEFAULT false,
  "returning"    name[]   CHECK ("returning" <> '{}'),
  target_by      text     NOT NULL DEFAULT 'name' CHECK (target_by = ANY (xlsx_private.names_of('target_by'))),
  index_after_load text   NOT NULL DEFAULT 'replace' CHECK (index_after_load = ANY (xlsx_private.names_of('index_after_load'))),
  locale         text,
  header_check   text     NOT NULL DEFAULT 'any' CHECK (header_check = ANY (xlsx_private.names_of('header_check'))),
  header_rows    int      NOT NULL DEFAULT 1 CHECK (header_rows BETWEEN 1 AND xlsx_private.number_of('header_rows')),
  fill_merged    boolean  NOT NULL DEFAULT false,
  skip_hidden    boolean  NOT NULL DEFAULT false,
  stop_at        text     CHECK (stop_at <> ''),
  sheets         text     CHECK (sheets <> ''),
  date_order     text     CHECK (date_order = ANY (xlsx_private.names_of('date_order'))),
  decimal        text     CHECK (decimal = ANY (xlsx_private.names_of('decimal'))),
  time_zone      text     CHECK (time_zone <> ''),
  settings       text[]   CHECK (settings <> '{}'),
  no_value       text     NOT NULL DEFAULT 'error' CHECK (no_value = ANY (xlsx_private.names_of('no_value'))),
  scope          text     CHECK (scope <> ''),
  absent         text     CHECK (absent <> ''),
  max_absent     text     CHECK (max_absent <> ''),
  allow_empty    boolean  NOT NULL DEFAULT false,
  delete_when    text     CHECK (delete_when <> ''),
  blank_cells    text     NOT NULL DEFAULT 'keep' CHECK (blank_cells = ANY (xlsx_private.names_of('blank_cells'))),
  clear_token    text     CHECK (clear_token <> ''),
  webhooks       text[]   CHECK (webhooks <> '{}'),
  owner          xlsx_private.role_ref NOT NULL,
  created_at     timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE xlsx_private.profile IS 'Profiles: how the columns of a sheet become the columns of a table.';
COMMENT ON COLUMN xlsx_private.profile.target IS 'By its number alone if target_by is ''table''.';
COMMENT ON COLUMN xlsx_private.profile.settings IS 'Settings of the submitting session that imports carry along. NULL: none.';
COMMENT ON COLUMN xlsx_private.profile.follow IS 'Takes in columns that the target gets later.';

CREATE TABLE xlsx_private.profile_column (
  profile_id    bigint NOT NULL,
  position      int    NOT NULL,
  column_name   name   NOT NULL,
  header        text   NOT NULL CHECK (header <> ''),
  label         text   NOT NULL CHECK (label <> ''),
  aliases       text[] NOT NULL DEFAULT '{}',
  pattern       text   CHECK (pattern <> ''),
  required      boolean,
  source        text   NOT NULL DEFAULT 'cell'
    CHECK (source = ANY (xlsx_private.names_of('source'))),
  default_value text,
  transform     text   CHECK (transform <> ''),
  lookup        text   CHECK (lookup <> ''),
  lookup_table  text   CHECK (lookup_table <> ''),
  lookup_key    text[] CHECK (lookup_key <> '{}'),
  lookup_value  text   CHECK (lookup_value <> ''),
  multiple      text   CHECK (multiple <> ''),
  ignore_case   boolean NOT NULL DEFAULT false,
  null_tokens   text[],
  trim_cells    boolean,
  messages      jsonb  NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(messages) = 'object'),
  custom        boolean NOT NULL DEFAULT false,
  date_order    text   CHECK (date_order = ANY (xlsx_private.names_of('date_order'))),
  decimal       text   CHECK (decimal = ANY (xlsx_private.names_of('decimal'))),
  time_zone     text   CHECK (time_zone <> ''),
  format        text   CHECK (format <> ''),
  rounding      text   CHECK (rounding = ANY (xlsx_private.names_of('rounding'))),
  split         text   CHECK (split <> ''),
  param         text   CHECK (param <> ''),
  blank_cells   text   CHECK (blank_cells = ANY (xlsx_private.names_of('blank_cells'))),
  clear_token   text   CHECK (clear_token <> ''),
  PRIMARY KEY (profile_id, column_name),
  CHECK (source <> 'value' OR transform IS NOT NULL),
  CHECK (lookup IS NULL OR lookup_table IS NULL),
  CHECK ((lookup_table IS NULL) = (lookup_key IS NULL) AND (lookup_table IS NULL) = (lookup_value IS NULL)),
  CHECK (multiple IS NULL OR coalesce(lookup, lookup_table) IS NOT NULL),
  CHECK (split IS NULL OR coalesce(lookup, lookup_table, transform) IS NULL)
);
COMMENT ON TABLE xlsx_private.profile_column IS
'Columns of a profile. Types and constraints are not copied; each import reads them from the target.';
COMMENT ON COLUMN xlsx_private.profile_column.lookup_table IS 'Qualified name of the table that a lookup by table reads; its lookup_key and lookup_value are columns of it.';
COMMENT ON COLUMN xlsx_private.profile_column.custom IS 'Somebody configured the column: the target must have it.';

CREATE TABLE xlsx_private.profile_rule (
  profile_id  bigint NOT NULL,
  name        text   NOT NULL CHECK (name <> ''),
  position    int    NOT NULL,
  column_name name,
  kind        text   NOT NULL
    CHECK (kind = ANY (xlsx_private.names_of('rule'))),
  argument    text[] NOT NULL DEFAULT '{}',
  severity    text   NOT NULL DEFAULT 'error' CHECK (severity = ANY (xlsx_private.names_of('severity'))),
  messages    jsonb  NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(messages) = 'object'),
  PRIMARY KEY (profile_id, name),
  CHECK (column_name IS NOT NULL OR kind = 'expression')
);
COMMENT ON TABLE xlsx_private.profile_rule IS 'Rules for the rows of a profile, beyond the types and constraints of its target.';

CREATE TABLE xlsx_private.file (
  id         bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name       text    NOT NULL,
  size       bigint  NOT NULL DEFAULT 0,
  complete   boolean NOT NULL DEFAULT false,
  profile    text,
  options    jsonb,
  owner      xlsx_private.role_ref NOT NULL,
  tenant     text    NOT NULL DEFAULT xlsx_private.current_tenant(),
  store      text    NOT NULL CHECK (store IN ('table', 'redis')),
  used_at    timestamptz NOT NULL DEFAULT pg_catalog.now(),
  spent      boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE xlsx_private.file IS 'Uploaded workbooks that wait for their tasks.';
COMMENT ON COLUMN xlsx_private.file.spent IS 'Its task is complete, and needs the bytes no more. The worker or a sweep removes them.';

CREATE TABLE xlsx_private.chunk (
  file_id bigint NOT NULL,
  slice   int    NOT NULL,
  data    bytea  NOT NULL,
  PRIMARY KEY (file_id, slice)
);
-- A row is as long as a page and stays there as it is.
ALTER TABLE xlsx_private.chunk ALTER data SET STORAGE PLAIN;
COMMENT ON TABLE xlsx_private.chunk IS 'Bytes of files. A session that writes them holds a lock on the row of the file.';
COMMENT ON COLUMN xlsx_private.chunk.slice IS
'Number in the file, from 0. Each chunk of 256 kB is cut into the same number of slices; a slice fills a page.';

CREATE TABLE xlsx_private.frozen_profile (
  id         bigint   GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  hash       bytea    NOT NULL,
  profile_id bigint   NOT NULL,
  target     xlsx_private.relation_ref NOT NULL,
  owner      xlsx_private.role_ref NOT NULL,
  headers    text[]   NOT NULL,
  content    jsonb    NOT NULL CHECK (jsonb_typeof(content) = 'object')
);
-- Not unique: whoever submits the same at the same time waits for nobody, and writes a second one.
CREATE INDEX frozen_profile_hash ON xlsx_private.frozen_profile (hash);
COMMENT ON TABLE xlsx_private.frozen_profile IS
'Profiles as they were when tasks were submitted. A row never changes. It is removed when no task refers to it.';
COMMENT ON COLUMN xlsx_private.frozen_profile.owner IS 'Role that wrote the SQL in it.';
COMMENT ON COLUMN xlsx_private.frozen_profile.headers IS 'Headers of the columns, in the order of the cells of error rows.';
COMMENT ON COLUMN xlsx_private.frozen_profile.content IS 'Result of xlsx_private.profile_content at the submission.';

-- The row is rewritten by every batch: room on its page keeps those updates HOT.
CREATE TABLE xlsx_private.task (
  id              bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  profile_id      bigint,
  frozen_id       bigint,
  profile         text    NOT NULL,
  file_id         bigint,
  file_name       text    NOT NULL,
  file_size       bigint  NOT NULL,
  owner           xlsx_private.role_ref NOT NULL,
  tenant          text    NOT NULL DEFAULT xlsx_private.current_tenant(),
  login           xlsx_private.role_ref NOT NULL,
  login_was_member boolean NOT NULL DEFAULT false,
  owner_was_user  boolean NOT NULL DEFAULT false,
  status          text    NOT NULL DEFAULT 'PENDING'
    CHECK (status = ANY (xlsx_private.names_of('status'))),
  phase           text
    CHECK (phase = ANY (xlsx_private.names_of('phase'))),
  phase_progress  int     NOT NULL DEFAULT 0 CHECK (phase_progress BETWEEN 0 AND 100),
  progress        int     NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
  total_rows      bigint  NOT NULL DEFAULT 0,
  validated_rows  bigint  NOT NULL DEFAULT 0,
  error_rows      bigint  NOT NULL DEFAULT 0,
  saved_rows      bigint  NOT NULL DEFAULT 0,
  attempts        int     NOT NULL DEFAULT 0,
  deaths          int     NOT NULL DEFAULT 0,
  run_at          timestamptz,
  wait_ms         bigint  DEFAULT 0 CHECK (wait_ms >= 0),
  waited_ms       bigint  NOT NULL DEFAULT 0,
  priority        int     NOT NULL DEFAULT 0,
  after_task      bigint,
  after_run_at    timestamptz,
  set_id          bigint,
  set_size        int     CHECK (set_size > 0),
  atomic          boolean NOT NULL DEFAULT false,
  idempotency_key text,
  sheet           text,
  mode            text    NOT NULL DEFAULT 'insert'
    CHECK (mode = ANY (xlsx_private.names_of('mode'))),
  dry_run         boolean NOT NULL DEFAULT false,
  max_errors      bigint  CHECK (max_errors >= 0),
  header_row      text    CHECK (xlsx_private.is_header_row(header_row)),
  range           text,
  locale          text,
  mapping         jsonb   CHECK (jsonb_typeof(mapping) = 'object'),
  params          jsonb   NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(params) = 'object'),
  settings        jsonb   CHECK (jsonb_typeof(settings) = 'object'),
  inserted_rows   bigint  NOT NULL DEFAULT 0,
  updated_rows    bigint  NOT NULL DEFAULT 0,
  unchanged_rows  bigint  NOT NULL DEFAULT 0,
  deleted_rows    bigint  NOT NULL DEFAULT 0,
  absent_rows     bigint  NOT NULL DEFAULT 0,
  skipped_rows    bigint  NOT NULL DEFAULT 0,
  warning_rows    bigint  NOT NULL DEFAULT 0,
  exactly_once    boolean NOT NULL,
  found_sheet     text,
  found_sheets    text[],
  found_header_row int,
  found_headers   text[],
  options         jsonb   CHECK (jsonb_typeof(options) = 'object'),
  missing         jsonb   NOT NULL DEFAULT '[]',
  unused          jsonb   NOT NULL DEFAULT '[]',
  duplicates      jsonb   NOT NULL DEFAULT '[]',
  notes           jsonb   NOT NULL DEFAULT '[]',
  phase_ms        bigint[] NOT NULL DEFAULT pg_catalog.array_fill(0::bigint, ARRAY[pg_catalog.cardinality(xlsx_private.names_of('phase'))]),
  phase_started   timestamptz,
  undone          boolean NOT NULL DEFAULT false,
  restart         boolean NOT NULL DEFAULT false,
  born            xid8    NOT NULL DEFAULT pg_catalog.pg_current_xact_id(),
  born_in         uuid    NOT NULL DEFAULT xlsx_private.installation(),
  home            uuid    NOT NULL DEFAULT xlsx_private.installation(),
  undone_rows     bigint  NOT NULL DEFAULT 0,
  target          xlsx_private.relation_ref,
  source_columns  int[],
  cursor_row      bigint  NOT NULL DEFAULT 0,
  validated       boolean NOT NULL DEFAULT false,
  packets         int     NOT NULL DEFAULT 0,
  packets_saved   int     NOT NULL DEFAULT 0,
  packet_rows_saved int   NOT NULL DEFAULT 0,
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
  completed_at    timestamptz,
  attempt_started_at timestamptz,
  work_ms         bigint,
  tallied_saved   bigint  NOT NULL DEFAULT 0,
  tallied_errors  bigint  NOT NULL DEFAULT 0,
  findings        jsonb,
  held            boolean NOT NULL DEFAULT false,
  submitted_by    text,
  run_of          bigint,
  file_gone       text    CHECK (file_gone = ANY (xlsx_private.names_of('file_gone'))),
  file_gone_at    timestamptz,
  erased_at       timestamptz,
  file_hash       bytea,
  on_duplicate    text    NOT NULL DEFAULT 'warn' CHECK (on_duplicate = ANY (xlsx_private.names_of('on_duplicate'))),
  duplicate_of    bigint
) WITH (fillfactor = 50);
COMMENT ON TABLE xlsx_private.task IS 'One import: its state, its counts and its progress, written in the transactions that write its rows.';
COMMENT ON COLUMN xlsx_private.task.saved_rows IS
'Sum of inserted, updated, unchanged and deleted rows. With skipped_rows and error_rows it is total_rows at the end.';
COMMENT ON COLUMN xlsx_private.task.skipped_rows IS
'Rows that mode skip, a trigger that returns NULL, a rule or a policy left out. They are not saved.';
COMMENT ON COLUMN xlsx_private.task.deleted_rows IS 'Rows of the file that deleted a row of the target, because delete_when says so.';
COMMENT ON COLUMN xlsx_private.task.absent_rows IS
'Rows of the target that the file lacks and that mode sync deleted or marked, or only counted.';
COMMENT ON COLUMN xlsx_private.task.profile_id IS 'The profile may be gone: the task has a copy in frozen_profile. Ids are not used again.';
COMMENT ON COLUMN xlsx_private.task.frozen_id IS 'The profile as it was at the submission.';
COMMENT ON COLUMN xlsx_private.task.target IS 'The table, by its number, that the last attempt saved into. NULL before the first.';
COMMENT ON COLUMN xlsx_private.task.undone_rows IS 'Saved rows that xlsx.undo deleted or restored. undone: all of them.';
COMMENT ON COLUMN xlsx_private.task.attempt_started_at IS 'Start of the running attempt; NULL if none runs.';
COMMENT ON COLUMN xlsx_private.task.work_ms IS
'Time of all attempts that have ended, without the waits between them, in milliseconds. NULL before the first has ended.';
COMMENT ON COLUMN xlsx_private.task.tallied_saved IS 'How many of saved_rows xlsx_private.tally has counted; tallied_errors: how many of error_rows.';
COMMENT ON COLUMN xlsx_private.task.findings IS
'How the texts of columns are read that could be read in two ways, by column: what the whole column decided. NULL: the question did not arise.';
COMMENT ON COLUMN xlsx_private.task.tenant IS 'Whose it is among those who share the owner (tenants.sql); '''': nobody''s in particular.';
COMMENT ON COLUMN xlsx_private.task.params IS 'What the submitter said of this import: SQL of the profile reads it.';
COMMENT ON COLUMN xlsx_private.task.settings IS 'Settings of the session that submitted, by name, which SQL of the import finds; NULL: none.';
COMMENT ON COLUMN xlsx_private.task.held IS 'The task does not start before xlsx.release. It stays so when the task is cancelled and tried again.';
COMMENT ON COLUMN xlsx_private.task.submitted_by IS 'Claim "sub" of the token with which the sidecar submitted the task; NULL: no token.';
COMMENT ON COLUMN xlsx_private.task.run_of IS 'The dry run that this task imports for good.';
COMMENT ON COLUMN xlsx_private.task.file_gone IS 'Why the task has no file any more: a word of FILE_GONES in tasks/task_file.h. NULL: it has one, or never had.';
COMMENT ON COLUMN xlsx_private.task.file_hash IS 'SHA-256 of the file.';
COMMENT ON COLUMN xlsx_private.task.on_duplicate IS 'What to do if the same file was imported before.';
COMMENT ON COLUMN xlsx_private.task.duplicate_of IS 'The last task that had imported the same file when this one was submitted.';
COMMENT ON COLUMN xlsx_private.task.login_was_member IS
'At the submission the login could take on the owner''s role. It must be able to when the task starts.';
COMMENT ON COLUMN xlsx_private.task.owner_was_user IS 'At the submission the owner was a member of xlsx_user. He must be one when the task starts.';
COMMENT ON COLUMN xlsx_private.task.run_at IS 'The task starts then or later. NULL: at once, whatever the clock.';
COMMENT ON COLUMN xlsx_private.task.after_task IS
'The task starts when that one has ended well; until then its run_at is infinity. That one may be gone. Ids are not used again.';
COMMENT ON COLUMN xlsx_private.task.after_run_at IS 'What run_at becomes when the task after_task has ended well. NULL: that moment.';
COMMENT ON COLUMN xlsx_private.task.set_id IS 'The set (a task with set_size) that this task is one of; NULL: none.';
COMMENT ON COLUMN xlsx_private.task.set_size IS
'How many tasks the set has. It imports nothing itself: its state sums up theirs. NULL: the task is an import.';
COMMENT ON COLUMN xlsx_private.task.atomic IS
'A worker runs all tasks of the set in one transaction, which keeps all of their rows or none.';
COMMENT ON COLUMN xlsx_private.task.wait_ms IS
'Wait until run_at when it was set, in milliseconds. If run_at is further off than that, the clock was set back and the task is due. NULL: run_at was given by the submitter, and the clock alone decides.';
COMMENT ON COLUMN xlsx_private.task.waited_ms IS
'Sum of the waits for troubles that pass by themselves since the last batch that was committed, in milliseconds. pg_xlsx.patience limits it.';
COMMENT ON COLUMN xlsx_private.task.deaths IS 'Number of workers that died on the task in a row without committing a batch.';
COMMENT ON COLUMN xlsx_private.task.source_columns IS 'Number of the sheet column of each profile column; 0 for none.';
COMMENT ON COLUMN xlsx_private.task.phase_ms IS 'Time in each phase, over all attempts, in milliseconds.';
COMMENT ON COLUMN xlsx_private.task.options IS 'Options of the task that have no column here, by their names. They replace members of xlsx_private.profile_content. NULL if there are none.';
COMMENT ON COLUMN xlsx_private.task.missing IS 'Columns of the profile that the header row lacks: [{"column", "header", "required", "nearest"}].';
COMMENT ON COLUMN xlsx_private.task.unused IS 'Columns of the sheet that go nowhere: [{"header", "col"}]; without a header it is null.';
COMMENT ON COLUMN xlsx_private.task.duplicates IS 'Headers that are there more than once: [{"header", "cols"}].';
COMMENT ON COLUMN xlsx_private.task.notes IS 'What else somebody should know of the sheet: [{"code", "row", "message"}].';
COMMENT ON COLUMN xlsx_private.task.found_sheets IS 'Names of the sheets, if several are read. found_sheet is the first.';
COMMENT ON COLUMN xlsx_private.task.found_headers IS 'Header in the sheet of each profile column; NULL for none.';
COMMENT ON COLUMN xlsx_private.task.cursor_row IS 'Last row of the sheet whose outcome is committed.';
COMMENT ON COLUMN xlsx_private.task.restart IS 'Rows of the task were reverted: xlsx.retry starts at the first row.';
COMMENT ON COLUMN xlsx_private.task.born IS 'Transaction that made the task; its rows are not older. Valid in the installation born_in only.';
COMMENT ON COLUMN xlsx_private.task.home IS 'Installation that works on the task. In a restored dump or a copied database the task waits for xlsx.adopt.';
COMMENT ON COLUMN xlsx_private.task.packet_rows_saved IS 'Number of rows of the next packet that are done.';
COMMENT ON COLUMN xlsx_private.task.seq IS
'Number of the last event. While an attempt runs, the greatest number that its events may have: a claim reserves 2^20 numbers.';

CREATE INDEX task_active ON xlsx_private.task (priority DESC, (coalesce(run_at, created_at)), id) WHERE xlsx_private.is_active(status);
-- Groups of tasks that wait, by who may take them and what may hold them back, each in its order: a look skips from group to group.
CREATE INDEX task_waiting ON xlsx_private.task (home, (login::oid), (xlsx_private.party(owner, tenant)), (coalesce(profile_id, 0)), (- priority::bigint),
  (run_at IS NOT NULL), (coalesce(run_at, created_at)), id) WHERE status = 'PENDING' AND NOT held;
CREATE INDEX task_timed ON xlsx_private.task (run_at) WHERE status = 'PENDING' AND NOT held AND run_at IS NOT NULL;
CREATE INDEX task_after ON xlsx_private.task (after_task) WHERE after_task IS NOT NULL AND status = 'PENDING';
CREATE INDEX task_set ON xlsx_private.task (set_id) WHERE set_id IS NOT NULL;
CREATE INDEX task_running ON xlsx_private.task (profile_id, (owner::oid)) WHERE status = 'PROCESSING';
CREATE INDEX task_ended ON xlsx_private.task (status, completed_at) WHERE NOT xlsx_private.is_active(status);
CREATE INDEX task_file ON xlsx_private.task (file_id);
CREATE INDEX task_frozen ON xlsx_private.task (frozen_id, (owner::oid), tenant);
-- Lists, of one's own tasks and of all. Owner and tenant come first, as the policies ask. They are included, so that tasks are counted without reading them.
CREATE INDEX task_owner ON xlsx_private.task ((owner::oid), tenant, status, id) INCLUDE (owner);
CREATE INDEX task_owner_created ON xlsx_private.task ((owner::oid), tenant, created_at);
CREATE INDEX task_run_of ON xlsx_private.task (run_of) WHERE run_of IS NOT NULL;
CREATE INDEX task_file_hash ON xlsx_private.task ((owner::oid), tenant, file_hash, profile_id) WHERE file_hash IS NOT NULL AND NOT dry_run;
CREATE INDEX task_status ON xlsx_private.task (status, id) INCLUDE (owner, tenant);
-- By containment.
CREATE INDEX task_params ON xlsx_private.task USING gin (xlsx_private.params_scope(owner, tenant, params) jsonb_path_ops) WHERE params <> '{}';
CREATE INDEX task_created ON xlsx_private.task USING brin (created_at);
CREATE UNIQUE INDEX task_idempotency_key ON xlsx_private.task ((owner::oid), tenant, idempotency_key)
  WHERE idempotency_key IS NOT NULL;

CREATE TABLE xlsx_private.packet (
  task_id bigint NOT NULL,
  no      int    NOT NULL,
  data    bytea  NOT NULL,
  PRIMARY KEY (task_id, no)
);
-- Zip data and packets do not compress; uncompressed they are read in place.
ALTER TABLE xlsx_private.packet ALTER data SET STORAGE EXTERNAL;
COMMENT ON TABLE xlsx_private.packet IS
'Checked rows that wait to be saved, at most 1000 each. A negative number is that of the last row of the sheet in it: of bad rows it has what mode sync needs, their keys.';

CREATE TYPE xlsx_private.reported_row AS (row_number int, cells text[], violations jsonb, kinds text);
COMMENT ON TYPE xlsx_private.reported_row IS 'A row of a sheet: original values in the order of the profile, its violations, and what each value was in the sheet, a letter for each: n a number, t anything else (a text, a number shown by its format, a date, a boolean, an error).';

CREATE TABLE xlsx_private.error_page (
  task_id   bigint NOT NULL,
  first_row int    NOT NULL,
  last_row  int    NOT NULL,
  row_count int    NOT NULL,
  rows      xlsx_private.reported_row[] NOT NULL,
  PRIMARY KEY (task_id, first_row) INCLUDE (row_count)
);
COMMENT ON TABLE xlsx_private.error_page IS
'Rows that were not saved: as many as fill a page, in the order of the sheet, from first_row to last_row. Pages of a task do not overlap.';

CREATE TABLE xlsx_private.warning_page (LIKE xlsx_private.error_page INCLUDING CONSTRAINTS, PRIMARY KEY (task_id, first_row));
COMMENT ON TABLE xlsx_private.warning_page IS
'Rows that broke a rule of severity "warning", in the form of error_page. They were saved, unless error_page has them too.';

-- What became of the rows that were not refused. A page does not cross a multiple of 4,096 rows, so that a part of the sheet is found
-- whatever the order in which batches are saved.
CREATE TABLE xlsx_private.row_page (
  task_id   bigint NOT NULL,
  first_row int    NOT NULL,
  last_row  int    NOT NULL,
  row_count int    NOT NULL,
  starts    int[]  NOT NULL,
  lengths   int[]  NOT NULL,
  actions   text[] NOT NULL,
  returned  json,
  changes   json,
  PRIMARY KEY (task_id, first_row) INCLUDE (row_count)
);
COMMENT ON TABLE xlsx_private.row_page IS
'What became of rows, if the import keeps it: those of a batch in one row. Rows that were not saved are in error_page.';
COMMENT ON COLUMN xlsx_private.row_page.starts IS
'Runs of rows that follow each other in the sheet and have the same action: first row of each; lengths: number of rows; actions: inserted, updated, unchanged, skipped or deleted.';
COMMENT ON COLUMN xlsx_private.row_page.returned IS
'By row: an object of the columns to return, or of the key; null if there is none. NULL: no row has one.';
COMMENT ON COLUMN xlsx_private.row_page.changes IS
'By row: [old, new], objects of the columns that changed; null if the row was not updated. NULL: no row was, or the import does not keep changes.';

-- Kept by the import that writes the pages, and by nobody else.
CREATE TABLE xlsx_private.error_block (
  task_id   bigint NOT NULL,
  block     int    NOT NULL,
  row_count int    NOT NULL,
  PRIMARY KEY (task_id, block)
);
COMMENT ON TABLE xlsx_private.error_block IS
'Number of rows in the pages of error_page that begin in a block of 4,096 rows of the sheet, so that the page is found that holds the N-th of them.';

CREATE TABLE xlsx_private.error_count (
  task_id         bigint NOT NULL,
  severity        text   NOT NULL CHECK (severity = ANY (xlsx_private.names_of('severity'))),
  key             uuid   NOT NULL,
  column_name     text,
  code            text,
  constraint_name text,
  row_count       bigint NOT NULL,
  first_row       int    NOT NULL,
  first_cell      text,
  message         text,
  PRIMARY KEY (task_id, severity, key)
);
COMMENT ON TABLE xlsx_private.error_count IS 'Violations of a task by column, code and constraint: how many, and the first one. xlsx.error_summary shows them.';
COMMENT ON COLUMN xlsx_private.error_count.key IS 'Hash of column, code and constraint.';

-- What fits into a page stays there as it is.
DO $$
DECLARE
  most int := pg_catalog.current_setting('block_size')::int - 32;
BEGIN
  EXECUTE pg_catalog.format('ALTER TABLE xlsx_private.error_page SET (toast_tuple_target = %s)', most);
  EXECUTE pg_catalog.format('ALTER TABLE xlsx_private.warning_page SET (toast_tuple_target = %s)', most);
  EXECUTE pg_catalog.format('ALTER TABLE xlsx_private.row_page SET (toast_tuple_target = %s)', most);
END
$$;

-- Row by row. ORDER BY page, row_number is the order of the sheet without sorting all of it.
CREATE VIEW xlsx_private.error_row WITH (security_invoker = true) AS
SELECT p.task_id, p.first_row AS page, r.row_number, r.cells, r.kinds, r.violations
FROM xlsx_private.error_page p, LATERAL pg_catalog.unnest(p.rows) AS r;
COMMENT ON VIEW xlsx_private.error_row IS 'Rows of error_page, one by one.';

CREATE VIEW xlsx_private.warning_row WITH (security_invoker = true) AS
SELECT p.task_id, p.first_row AS page, r.row_number, r.cells, r.kinds, r.violations
FROM xlsx_private.warning_page p, LATERAL pg_catalog.unnest(p.rows) AS r;
COMMENT ON VIEW xlsx_private.warning_row IS 'Rows of warning_page, one by one.';

CREATE TABLE xlsx_private.seen_key (
  task_id bigint NOT NULL,
  no      int    NOT NULL,
  data    bytea  NOT NULL,
  PRIMARY KEY (task_id, no)
);
ALTER TABLE xlsx_private.seen_key ALTER data SET STORAGE PLAIN;
COMMENT ON TABLE xlsx_private.seen_key IS 'Keys of the rows that a running task has saved or left out, as many as fill a page, to recognize a key that comes again.';
COMMENT ON COLUMN xlsx_private.seen_key.data IS 'For each key its hash (8 bytes) and the number of its row (4 bytes), in native byte order.';

-- What the rule "unique" has seen, so that memory does not grow with the rows.
CREATE TABLE xlsx_private.seen_value (
  task_id    bigint NOT NULL,
  value      bytea  NOT NULL,
  row_number int    NOT NULL,
  PRIMARY KEY (task_id, value)
);
COMMENT ON TABLE xlsx_private.seen_value IS
'Values of columns that must be unique within the file, each with its rule in front, or SHA-256 of both. Kept until the task has ended.';

-- For xlsx.undo: which transactions wrote rows of a task, and what rows were before.
CREATE TABLE xlsx_private.undo_xid (
  no      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  task_id bigint NOT NULL,
  xids    xid[]  NOT NULL
);
CREATE INDEX undo_xid_task ON xlsx_private.undo_xid (task_id);
COMMENT ON TABLE xlsx_private.undo_xid IS
'Transactions and subtransactions that inserted rows of a task. A row with another xmin was changed since.';

CREATE TABLE xlsx_private.undo_row (
  no         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  task_id    bigint NOT NULL,
  row_number int    NOT NULL,
  old        jsonb,
  new        jsonb,
  CHECK (old IS NOT NULL OR new IS NOT NULL)
);
CREATE INDEX undo_row_task ON xlsx_private.undo_row (task_id, no);
COMMENT ON TABLE xlsx_private.undo_row IS 'Rows that a task inserted (old is NULL), updated or deleted (new is NULL), before and after, if the profile keeps them.';
