/** The types of tasks, of events, and of the answers of the REST interface. */

export const ACTIVE_STATUSES = ['PENDING', 'PROCESSING'] as const;
export const TERMINAL_STATUSES = ['COMPLETED', 'HAS_ERRORS', 'FAILED', 'CANCELLED'] as const;
export const STATUSES = [...ACTIVE_STATUSES, ...TERMINAL_STATUSES] as const;
export const PHASES = ['LOADING_WORKBOOK', 'VALIDATING_HEADERS', 'VALIDATING', 'SAVING'] as const;
export const MODES = ['insert', 'all_or_nothing', 'upsert', 'skip', 'update', 'replace', 'sync'] as const;

export type ActiveStatus = (typeof ACTIVE_STATUSES)[number];
export type TerminalStatus = (typeof TERMINAL_STATUSES)[number];
export type TaskStatus = (typeof STATUSES)[number];
export type Phase = (typeof PHASES)[number];
export type Mode = (typeof MODES)[number];

/** One import of one file, as HTTP returns it. */
export interface Task {
  id: number;
  profile: string | null;
  fileName: string | null;
  fileSize: number | null;
  status: TaskStatus;
  phase: Phase | null;
  /** Percentage of the whole: 0-20 before validating, 20-50 validating, 50-100 saving. */
  progress: number;
  totalRows: number | null;
  /** Rows examined, good or bad. */
  validatedRows: number;
  errorRows: number;
  savedRows: number;
  attempts: number;
  errorMessage: string | null;
  /** SQLSTATE, and detail and hint of the message. */
  errorCode: string | null;
  errorDetail: string | null;
  errorHint: string | null;
  createdAt: string;
  updatedAt: string;
  startedAt: string | null;
  completedAt: string | null;
  mode: Mode;
  dryRun: boolean;
  warningRows: number;
  insertedRows: number;
  updatedRows: number;
  unchangedRows: number;
  deletedRows: number;
  absentRows: number;
  skippedRows: number;
  undoable: boolean;
  /** False: rows go to another server, and a crash at the moment of its commit can save a batch twice. */
  exactlyOnce: boolean;
  /** True if everything that it saved was undone; undoneRows is the number of rows undone. */
  undone: boolean;
  undoneRows: number;
  /** True if deleting the task deletes the imported rows too. */
  deletesRows: boolean;
  /** Time of the attempts that have ended, without the waits between them. */
  workMs: number | null;
  /** What it waits for, in words: its turn, a lock, the end of a trouble; null if it works or has ended. */
  waitingFor: string | null;
  /** What was read: the sheet and its header row; null before, or where there is none. */
  sheet: string | null;
  /** Names of the sheets, if several are read. */
  sheets: string[] | null;
  headerRow: number | null;
  missing: MissingColumn[];
  unused: UnusedColumn[];
  duplicates: DuplicateHeader[];
  notes: SheetNote[];
  findings: ColumnFinding[];
  /** What the submitter said of this import. An event may leave it out (null) where it is long. */
  params: Record<string, unknown> | null;
  /** True if it does not start before `release`. */
  held: boolean;
  /** When its stored file goes, after its end; the year 9999: with the task; null: it has none, or has not ended. */
  fileKeptUntil: string | null;
  /** The dry run that it imports for good. */
  runOf: number | null;
  /** Of a dry run: the task that imports it for good, or has done so and was not undone. */
  ranAs: number | null;
  /** When `erase` took its data away. */
  erasedAt: string | null;
  duplicateOf: Duplicate | null;
  /** The task that must end well before this one starts. */
  after: number | null;
  /** The set that it is one of. */
  setId: number | null;
  /** It is a set of so many tasks, which import sheets of one file in order: its state and numbers sum up theirs. */
  setSize: number | null;
  /** The set keeps the rows of all its tasks or none. */
  atomic: boolean;
  /** Ids of the tasks of the set, in their order. */
  tasks: number[] | null;
}

/** A task that had imported the same file by the same profile. completedAt is null if it has not ended, or is gone. */
export interface Duplicate {
  taskId: number;
  completedAt: string | null;
}

/** A column of the profile without a header in the sheet, and the nearest header received. */
export interface MissingColumn {
  column: string;
  header: string;
  required: boolean;
  nearest: string | null;
}

/** A filled column of the sheet that goes nowhere; its header is null where it has none. */
export interface UnusedColumn {
  header: string | null;
  col: string;
}

/** A header that is there more than once. */
export interface DuplicateHeader {
  header: string;
  cols: string[];
}

/** What else is worth a look, such as a row that looks like a total. */
export interface SheetNote {
  code: string;
  row: number | null;
  message: string;
}

/** How the texts of a column are read that could be read in two ways: what its values decided. */
export interface ColumnFinding {
  column: string;
  header: string;
  /** DMY, MDY, YMD or a decimal sign; null: nothing decides, and such texts are refused. */
  reads: string | null;
  values: number;
  /** Values that fit two ways. */
  ambiguous: number;
  /** Values that fit one way only, by way. */
  only: Record<string, number>;
  /** The same in words. */
  text: string;
}

/** A task with the members that only events have. */
export interface ShownTask extends Task {
  /** Rows written while others are still being checked; they are committed when all have been checked. */
  writtenRows?: number | undefined;
  /** False: `savedRows` are written and not committed; the open transaction keeps all of them or none. */
  committed?: boolean | undefined;
  /** Between two attempts: the number of the next one, and when it starts (milliseconds since 1970). */
  nextAttempt?: number | undefined;
  retryAt?: number | undefined;
}

/** GET /tasks/:taskId */
export interface TaskDetail extends Task {
  dataCount: number;
  errorCount: number;
}

/* Events */

export interface TaskReference {
  taskId: number;
}

/** `task-progress`. Its progress is the phase's own, 0-100. */
export interface TaskProgress {
  taskId: number;
  /** A number that rises within a task. */
  seq: number;
  phase?: Phase | 'RETRYING';
  progress?: number;
  totalRows?: number;
  validatedRows?: number;
  errorRows?: number;
  savedRows?: number;
  /** With VALIDATING, if rows are saved meanwhile: rows written so far, and not committed. */
  writtenRows?: number;
  /** With SAVING, and only false: `savedRows` are not committed, because the open transaction keeps all rows or none. */
  committed?: boolean;
  /** With RETRYING: the number of the next attempt, and when it starts. */
  attempt?: number;
  retryInMs?: number;
  /** In RETRYING: why it waits. */
  waitingFor?: string;
  /** Of a task that has not begun, and of a set, whose progress is that of the whole. */
  status?: ActiveStatus;
}

/** `task-completed`: the task, when it has ended as COMPLETED or HAS_ERRORS. */
export interface TaskCompleted extends Task {
  taskId: number;
  seq: number;
  completedAt: string;
}

/** `task-failed`: the task has ended as FAILED or CANCELLED. */
export interface TaskFailed {
  taskId: number;
  seq: number;
  status: 'FAILED' | 'CANCELLED';
  error: string | null;
  /** SQLSTATE, and detail and hint of the error. */
  code: string;
  detail?: string;
  hint?: string;
}

/** `task-undone`: the task as it is after its rows were undone. */
export interface TaskUndone extends Task {
  taskId: number;
  seq: number;
}

/** `task-deleted`: the task does not exist any more, and its room is left. */
export interface TaskDeleted {
  taskId: number;
  seq: number;
}

/** `workbook-loading`, `header-validation`. */
export interface TaskPhaseEvent {
  taskId: number;
  seq: number;
}

/** `processing-completed` */
export interface ProcessingCompleted {
  taskId: number;
  seq: number;
  totalRows: number;
}

/** `token-expiring`: a minute before the token expires. */
export interface TokenExpiring {
  expiresAt: string;
}

/** `exception`: a request could not be fulfilled, or a right was lost. */
export interface SocketException {
  status: 'error';
  message: string;
  /** SQLSTATE of the database, or a word of the sidecar. */
  code: string;
  /** The same request may succeed later. */
  retryable: boolean;
  /** If it is about a task. */
  taskId?: number;
}

/** For `io<ServerToClientEvents, ClientToServerEvents>()`: what the server sends. */
export interface ServerToClientEvents {
  'joined-task': (event: TaskReference) => void;
  'left-task': (event: TaskReference) => void;
  'task-progress': (event: TaskProgress) => void;
  'task-completed': (event: TaskCompleted) => void;
  'task-failed': (event: TaskFailed) => void;
  'task-undone': (event: TaskUndone) => void;
  'task-deleted': (event: TaskDeleted) => void;
  'workbook-loading': (event: TaskPhaseEvent) => void;
  'header-validation': (event: TaskPhaseEvent) => void;
  'processing-completed': (event: ProcessingCompleted) => void;
  'token-expiring': (event: TokenExpiring) => void;
  exception: (event: SocketException) => void;
}

/** What the client sends. The acknowledgement says what was done, or why not. */
export interface ClientToServerEvents {
  'join-task': (task: { taskId: number | string }, acknowledge?: (answer: TaskReference | SocketException) => void) => void;
  'leave-task': (task: { taskId: number | string }, acknowledge?: (answer: TaskReference | SocketException) => void) => void;
  auth: (fresh: { token: string }, acknowledge?: (answer: { expiresAt: string | null } | SocketException) => void) => void;
}

/** The payload of each event. */
export type OutgoingPayloads = { [Name in keyof ServerToClientEvents]: Parameters<ServerToClientEvents[Name]>[0] };

/* REST */

export interface Page<T> {
  data: T[];
  /** totalIsEstimate: total is more than 10,000 and about right */
  meta: { total: number; page: number; limit: number; totalPages: number; totalIsEstimate?: true };
}

/** POST /upload */
export interface UploadAnswer {
  taskId: number;
  id: number;
  fileName: string | null;
  fileSize: number | null;
  status: TaskStatus;
  createdAt: string;
  /** The last task that had imported the same file. Missing: none. */
  duplicateOf?: Duplicate;
}

/** The options of an upload; all values are sent as text. */
export interface UploadOptions {
  profile?: string;
  mode?: Mode;
  sheet?: string;
  dryRun?: 'true';
  runAt?: string;
  priority?: string;
  idempotencyKey?: string;
  maxErrors?: string;
  headerRow?: string;
  /** Cells that are read: B2:F500, B:F or 2:500. */
  range?: string;
  locale?: string;
  /** How the numbers of a date follow each other in texts. */
  dateOrder?: 'DMY' | 'MDY' | 'YMD';
  /** The decimal sign of numbers in texts. */
  decimal?: ',' | '.';
  /** Of times in texts that name no zone: Europe/Berlin. */
  timeZone?: string;
  /** What a blank cell does: a row that is there keeps what it has, is cleared, or gets the default. */
  blankCells?: 'keep' | 'null' | 'default';
  /** A text that clears the column of its cell, whatever blankCells says; an empty one: none. */
  clearToken?: string;
  /** What rows do whose key a row before them has: change what that one saved, be left out, or be refused. */
  duplicateKeys?: 'last' | 'first' | 'error';
  /** Id of a task that must end well before this one starts. */
  after?: string;
  /** JSON: `[{"profile": "departments", "sheet": "Departments"}, …]`: a set of tasks, one after the other. The task of the answer is the set. */
  set?: string;
  /** JSON: header as in the sheet -> column of the table; "" leaves the header out. */
  mapping?: string;
  headerCheck?: 'any' | 'known' | 'exact';
  /** Rows that the headers take. */
  headerRows?: string;
  fillMerged?: 'true';
  skipHidden?: 'true';
  /** "blank_row", or "~regexp" for a cell of the first row that is left out. */
  stopAt?: string;
  /** "~regexp": all sheets whose names match, one after the other. */
  sheets?: string;
  /** A JSON object that says what the import is for, such as {"project": 7}. */
  params?: string;
  /** Keeps what became of each row: GET /tasks/:taskId/rows and /result. */
  keepRows?: 'true' | 'false';
  /** With keepRows: also old and new values of the columns that an update changes. A dry run keeps them in any case. */
  keepChanges?: 'true' | 'false';
  /** With keepRows: columns of the table whose values are kept for each row, as a JSON array, such as ["id"]. */
  returning?: string;
  /** The task waits for `release`. */
  hold?: 'true' | 'false';
  /** What becomes of a file that was imported before: it is imported and duplicateOf names the earlier task, it is refused (409), or nobody looks. */
  onDuplicate?: 'warn' | 'reject' | 'import';
  /** Mode sync: at most so many rows may be missing from the file, "100", or "10%" of those in scope; else nothing is saved. */
  maxAbsent?: string;
  /** A file without a good row may empty the table, in the modes sync and replace. */
  allowEmpty?: 'true' | 'false';
}

export interface CellError {
  column: string | null;
  cell: string | null;
  code: string;
  message: string;
}

/** GET /tasks/:taskId/errors */
export interface ErrorRow {
  rowNumber: number;
  sheet?: string | null;
  values: Record<string, string | null>;
  errors: CellError[];
}

/** GET /tasks/:taskId/errors?after= */
export interface ErrorsAfter {
  data: ErrorRow[];
  meta: { total: number; limit: number; next: number | null };
}

/** GET /tasks/:taskId/rows?after= */
export interface TaskRow {
  rowNumber: number;
  /** If the task reads several sheets. */
  sheet?: string | null;
  /** Number of the row among all rows of the task, if it reads several sheets. */
  place?: number;
  action: 'inserted' | 'updated' | 'unchanged' | 'skipped' | 'deleted' | 'error';
  /** The columns of the option returning, as the table has them; without it the key of the row in the file. */
  returned: Record<string, unknown> | null;
  /** Columns that an update changed, before and after. Of dry runs, and of imports with keepChanges. */
  old: Record<string, unknown> | null;
  new: Record<string, unknown> | null;
  errors: CellError[] | null;
}

export interface RowsAfter {
  data: TaskRow[];
  meta: { total: number; limit: number; next: number | null };
}

/** GET /tasks/:taskId/errors/summary */
export interface ErrorGroup {
  column: string | null;
  code: string;
  message: string;
  severity: 'error' | 'warning';
  count: number;
  firstRow: number;
  firstCell: string | null;
}

/** GET /profiles */
export interface Profile {
  name: string;
  headers: string[];
  /** How rows are saved if the upload does not say it. */
  mode: Mode;
  modes: Mode[];
  default: boolean;
  /** Whether a table that takes the name of the target takes its place. */
  targetBy: 'name' | 'table';
  columns: ProfileColumn[];
}

export interface ProfileColumn {
  header: string;
  column: string;
  type: string;
  required: boolean;
  /** The column's name in messages, if it is not the header. */
  label: string | null;
  /** "cell", or the source that fills the column without a cell. */
  source: string;
  values: string[] | null;
}

/** POST /preview */
export interface Preview {
  fileName: string | null;
  fileSize: number | null;
  profile: string;
  sheets: { index: number; name: string; state: string }[];
  sheet: string;
  headerRow: number | null;
  columns: PreviewColumn[];
  missing: { column: string; header: string; required?: boolean; nearest?: string | null }[];
  unused: UnusedColumn[];
  duplicates: DuplicateHeader[];
  notes: SheetNote[];
  extra: string[];
  findings: ColumnFinding[];
  rows: { rowNumber: number; values: (string | null)[] }[];
  rowsSampled: number;
}

export interface PreviewColumn {
  col: string;
  header: string | null;
  target: string | null;
  targetHeader: string | null;
  type: string;
  blank: number;
  longest: number;
  examples: string[];
}

/** GET /tasks/:taskId/report */
export interface Report {
  taskId: number;
  status: TaskStatus;
  dryRun: boolean;
  mode: Mode;
  sheet: string | null;
  /** Names of the sheets, if several are read. */
  sheets: string[] | null;
  headerRow: number | null;
  mapping: { header: string | null; cell: string | null; col: string | null; column: string }[];
  missing: MissingColumn[];
  unused: UnusedColumn[];
  duplicates: DuplicateHeader[];
  notes: SheetNote[];
  findings: ColumnFinding[];
  counts: {
    total: number;
    valid: number;
    errors: number;
    warnings: number;
    unchanged: number;
    inserted?: number;
    updated?: number;
    skipped?: number;
    deleted?: number;
    /** Of a dry run, in place of the four members before. */
    wouldInsert?: number;
    wouldUpdate?: number;
    wouldSkip?: number;
    wouldDelete?: number;
    /** Rows of the target that the file lacks: deleted or marked, or that would be. */
    absent?: number;
  };
  errors: ErrorGroup[];
  phases: { phase: Phase; ms: number }[];
}

/** POST /tasks/:taskId/undo */
export interface UndoAnswer {
  message: string;
  undone: number;
  kept: { rowNumber?: number; key?: string; reason: string }[];
}

/** The body of every error. */
export interface ApiErrorBody {
  message: string;
  error: string;
  statusCode: number;
  code?: string;
  detail?: string;
  hint?: string;
  /** Of a request that writes. cancelled: rolled back at its deadline. unknown: it may have been committed, so read the task before you repeat the request. */
  outcome?: 'cancelled' | 'unknown';
}
