/** JSON Schema (2020-12) of statuses and events; the compiler checks it against the types. */

import {
  ACTIVE_STATUSES, MODES, PHASES, STATUSES, TERMINAL_STATUSES,
  type Duplicate, type ProcessingCompleted, type SocketException, type Task, type TaskCompleted, type TaskFailed, type TaskDeleted, type TaskPhaseEvent,
  type TaskProgress, type TaskReference, type TaskUndone, type TokenExpiring,
} from './types.js';

type Schema = Record<string, unknown>;

/* Every member of the type has a schema, and there is no other schema. */
type Members<T> = { [Name in keyof Required<T>]: Schema };

const id = { type: 'integer', minimum: 1 };
const count = { type: 'integer', minimum: 0 };
const text = { type: 'string' };
const percent = { type: 'integer', minimum: 0, maximum: 100 };
const moment = { type: 'string', format: 'date-time', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$' };
const flag = { type: 'boolean' };
const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] });
const oneOf = (values: readonly string[]): Schema => ({ enum: [...values] });

const list = (properties: Record<string, Schema>, required: string[]): Schema =>
  ({ type: 'array', items: { type: 'object', properties, required } });

function object<T>(properties: Members<T>, required: (keyof T & string)[]): Schema {
  return { type: 'object', properties, required };
}

const task: Members<Task> = {
  id,
  profile: orNull(text),
  fileName: orNull(text),
  fileSize: orNull(count),
  status: { $ref: '#/$defs/TaskStatus' },
  phase: orNull({ $ref: '#/$defs/Phase' }),
  progress: percent,
  totalRows: orNull(count),
  validatedRows: count,
  errorRows: count,
  savedRows: count,
  attempts: count,
  errorMessage: orNull(text),
  errorCode: orNull(text),
  errorDetail: orNull(text),
  errorHint: orNull(text),
  createdAt: moment,
  updatedAt: moment,
  startedAt: orNull(moment),
  completedAt: orNull(moment),
  mode: oneOf(MODES),
  dryRun: flag,
  warningRows: count,
  insertedRows: count,
  updatedRows: count,
  unchangedRows: count,
  deletedRows: count,
  absentRows: count,
  skippedRows: count,
  undoable: flag,
  exactlyOnce: flag,
  undone: flag,
  undoneRows: count,
  deletesRows: flag,
  workMs: orNull(count),
  waitingFor: orNull(text),
  sheet: orNull(text),
  sheets: orNull({ type: 'array', items: text }),
  headerRow: orNull(count),
  missing: list({ column: text, header: text, required: flag, nearest: orNull(text) }, ['column', 'header']),
  unused: list({ header: orNull(text), col: text }, ['header', 'col']),
  duplicates: list({ header: text, cols: { type: 'array', items: text } }, ['header', 'cols']),
  notes: list({ code: text, row: orNull(count), message: text }, ['code', 'message']),
  findings: list({ column: text, header: text, reads: orNull(text), values: count, ambiguous: count, only: { type: 'object' }, text }, ['column', 'reads', 'text']),
  params: orNull({ type: 'object' }),
  held: flag,
  fileKeptUntil: orNull(moment),
  runOf: orNull(id),
  ranAs: orNull(id),
  erasedAt: orNull(moment),
  duplicateOf: orNull(object<Duplicate>({ taskId: id, completedAt: orNull(moment) }, ['taskId', 'completedAt'])),
  after: orNull(id),
  setId: orNull(id),
  setSize: orNull(count),
  atomic: flag,
  tasks: orNull({ type: 'array', items: id }),
};

const alwaysInATask = Object.keys(task) as (keyof Task)[];

const phaseEvent = object<TaskPhaseEvent>({ taskId: id, seq: count }, ['taskId', 'seq']);
const reference = object<TaskReference>({ taskId: id }, ['taskId']);

/** `$defs` holds one schema for each status list, for Task, and for each event by its name. */
export const schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'pg_xlsx: statuses and events',
  $defs: {
    ActiveStatus: oneOf(ACTIVE_STATUSES),
    TerminalStatus: oneOf(TERMINAL_STATUSES),
    TaskStatus: oneOf(STATUSES),
    Phase: oneOf(PHASES),
    Task: object<Task>(task, alwaysInATask),
    'join-task': reference,
    'leave-task': reference,
    'joined-task': reference,
    'left-task': reference,
    'task-progress': object<TaskProgress>({
      taskId: id,
      seq: count,
      phase: oneOf([...PHASES, 'RETRYING']),
      progress: percent,
      totalRows: count,
      validatedRows: count,
      errorRows: count,
      savedRows: count,
      writtenRows: count,
      committed: flag,
      attempt: { type: 'integer', minimum: 2 },
      retryInMs: count,
      waitingFor: text,
      status: { $ref: '#/$defs/ActiveStatus' },
    }, ['taskId']),
    'task-completed': object<TaskCompleted>(
      { ...task, taskId: id, seq: count, status: oneOf(['COMPLETED', 'HAS_ERRORS']), completedAt: moment },
      ['taskId', 'seq', ...alwaysInATask],
    ),
    'task-failed': object<TaskFailed>(
      { taskId: id, seq: count, status: oneOf(['FAILED', 'CANCELLED']), error: orNull(text), code: text, detail: text, hint: text },
      ['taskId', 'seq', 'status', 'error', 'code'],
    ),
    'task-undone': object<TaskUndone>({ ...task, taskId: id, seq: count }, ['taskId', 'seq', ...alwaysInATask]),
    'task-deleted': object<TaskDeleted>({ taskId: id, seq: count }, ['taskId', 'seq']),
    'workbook-loading': phaseEvent,
    'header-validation': phaseEvent,
    'processing-completed': object<ProcessingCompleted>({ taskId: id, seq: count, totalRows: count }, ['taskId', 'seq', 'totalRows']),
    'token-expiring': object<TokenExpiring>({ expiresAt: moment }, ['expiresAt']),
    auth: object<{ token: string }>({ token: text }, ['token']),
    exception: object<SocketException>({ status: oneOf(['error']), message: text, code: text, retryable: flag, taskId: id },
      ['status', 'message', 'code', 'retryable']),
  },
} satisfies Schema;
