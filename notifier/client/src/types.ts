/** What travels: tasks, events, and the answers of the REST interface. */

export const ACTIVE_STATUSES = ['PENDING', 'PROCESSING'] as const;
export const TERMINAL_STATUSES = ['COMPLETED', 'HAS_ERRORS', 'FAILED', 'CANCELLED'] as const;
export const STATUSES = [...ACTIVE_STATUSES, ...TERMINAL_STATUSES] as const;
export const PHASES = ['LOADING_WORKBOOK', 'VALIDATING_HEADERS', 'VALIDATING', 'SAVING'] as const;
export const MODES = ['insert', 'all_or_nothing', 'upsert', 'skip', 'update', 'replace'] as const;

export type ActiveStatus = (typeof ACTIVE_STATUSES)[number];
export type TerminalStatus = (typeof TERMINAL_STATUSES)[number];
export type TaskStatus = (typeof STATUSES)[number];
export type Phase = (typeof PHASES)[number];
export type Mode = (typeof MODES)[number];

/** One import of one file, as HTTP tells it. Optional members came later than the first servers. */
export interface Task {
  id: number;
  profile: string | null;
  fileName: string | null;
  fileSize: number | null;
  status: TaskStatus;
  phase: Phase | null;
  /** Of the whole job: 0-20 before validating, 20-50 validating, 50-100 saving. */
  progress: number;
  totalRows: number | null;
  /** Looked at, good or bad. */
  validatedRows: number;
  errorRows: number;
  savedRows: number;
  attempts: number;
  errorMessage: string | null;
  /** SQLSTATE, and what explains the message. */
  errorCode?: string | null;
  errorDetail?: string | null;
  errorHint?: string | null;
  createdAt: string;
  updatedAt: string;
  startedAt: string | null;
  completedAt: string | null;
  mode?: Mode;
  dryRun?: boolean;
  warningRows?: number;
  insertedRows?: number;
  updatedRows?: number;
  unchangedRows?: number;
  deletedRows?: number;
  absentRows?: number;
  skippedRows?: number;
  undoable?: boolean;
  /** False: rows go to another server, and a crash at the moment of its commit can save a batch twice. */
  exactlyOnce?: boolean;
  /** All that it saved was taken back; undoneRows: so many rows of it were. */
  undone?: boolean;
  undoneRows?: number;
  /** Deleting it deletes the imported rows, too. */
  deletesRows?: boolean;
  /** Time of the attempts that have ended, without the waits between them. */
  workMs?: number | null;
}

/** A task with what only events tell of it. */
export interface ShownTask extends Task {
  /** Rows written while others are still being checked; they are committed when all have been checked. */
  writtenRows?: number | undefined;
  /** False: `savedRows` are written and not committed; the transaction under way keeps all of them or none. */
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
  /** Rises within a task. */
  seq?: number;
  phase?: Phase | 'RETRYING';
  progress?: number;
  totalRows?: number;
  validatedRows?: number;
  errorRows?: number;
  savedRows?: number;
  /** With VALIDATING, where rows are saved meanwhile: written so far, and not committed. */
  writtenRows?: number;
  /** With SAVING, and only false: a promise, since the transaction under way keeps all rows or none. */
  committed?: boolean;
  /** With RETRYING: the number of the next attempt, and when it starts. */
  attempt?: number;
  retryInMs?: number;
  /** Of a task that waits. */
  status?: ActiveStatus;
}

/** `task-completed`: the task, when it has ended as COMPLETED or HAS_ERRORS. */
export interface TaskCompleted extends Task {
  taskId: number;
  seq?: number;
  completedAt: string;
}

/** `task-failed`: the task has ended as FAILED or CANCELLED. */
export interface TaskFailed {
  taskId: number;
  seq?: number;
  status?: 'FAILED' | 'CANCELLED';
  error: string | null;
  /** SQLSTATE, and what explains the error. */
  code?: string;
  detail?: string;
  hint?: string;
}

/** `workbook-loading`, `header-validation`. */
export interface TaskPhaseEvent {
  taskId: number;
  seq?: number;
}

/** `processing-completed` */
export interface ProcessingCompleted {
  taskId: number;
  seq?: number;
  totalRows: number;
}

/** `exception`: what was asked could not be done. */
export interface SocketException {
  status: 'error';
  message: string;
}

/** What each event carries. */
export interface OutgoingPayloads {
  'joined-task': TaskReference;
  'left-task': TaskReference;
  'task-progress': TaskProgress;
  'task-completed': TaskCompleted;
  'task-failed': TaskFailed;
  'workbook-loading': TaskPhaseEvent;
  'header-validation': TaskPhaseEvent;
  'processing-completed': ProcessingCompleted;
  exception: SocketException;
}

/* REST */

export interface Page<T> {
  data: T[];
  meta: { total: number; page: number; limit: number; totalPages: number };
}

/** POST /upload */
export interface UploadAnswer {
  taskId: number;
  id: number;
  fileName: string | null;
  fileSize: number | null;
  status: TaskStatus;
  createdAt: string;
}

/** What can be said with an upload; all values travel as text. */
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
  locale?: string;
  /** JSON: header as in the sheet -> column of the table; "" leaves the header out. */
  mapping?: string;
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
  values: Record<string, string | null>;
  errors: CellError[];
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
  /** How rows are saved when an upload does not say it. */
  mode?: Mode;
  modes?: Mode[];
  default?: boolean;
  columns?: ProfileColumn[];
}

export interface ProfileColumn {
  header: string;
  column: string;
  type: string;
  required: boolean;
  /** "cell", or what fills the column without one. */
  source?: string;
  values: string[] | null;
}

/** POST /preview */
export interface Preview {
  fileName: string | null;
  fileSize: number | null;
  profile: string;
  sheets: { index: number; name: string; state: string }[];
  sheet: string;
  headerRow: number;
  columns: PreviewColumn[];
  missing: { column: string; header: string; required?: boolean }[];
  extra: string[];
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
  dryRun: boolean;
  mode: Mode;
  sheet: string | null;
  headerRow: number | null;
  mapping: { header: string; cell: string | null; column: string }[];
  counts: {
    total: number;
    valid: number;
    errors: number;
    warnings: number;
    unchanged: number;
    inserted?: number;
    updated?: number;
    skipped?: number;
    /** Of a dry run, instead of the three before. */
    wouldInsert?: number;
    wouldUpdate?: number;
    wouldSkip?: number;
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

/** Every refusal and every failure. */
export interface ApiErrorBody {
  message: string;
  error: string;
  statusCode: number;
  code?: string;
  detail?: string;
  hint?: string;
  /** Of a request that writes: it was rolled back at its deadline, or nobody knows; then look at the task before asking again. */
  outcome?: 'cancelled' | 'unknown';
}
