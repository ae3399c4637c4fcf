/** Pure functions that make one state of a task from events and answers. */

import { ACTIVE_STATUSES, PHASES, type ShownTask, type Task, type TaskCompleted, type TaskFailed, type TaskProgress } from './types.js';

export function isActive(task: Pick<Task, 'status'>): boolean {
  return (ACTIVE_STATUSES as readonly string[]).includes(task.status);
}

/* The share of a phase in the progress of the whole. */
const SHARE = { LOADING_WORKBOOK: [0, 10], VALIDATING_HEADERS: [10, 20], VALIDATING: [20, 50], SAVING: [50, 100] } as const;

/* Rounds, so that a share of a share becomes the original whole number. */
const ROUNDING = 1e-6;

/** 0 to 100 for each of the two phases that have a bar. */
export function phaseProgress(task: Pick<Task, 'progress'>): { validating: number; saving: number } {
  const part = ([from, to]: readonly [number, number]) =>
    Math.floor(Math.min(100, Math.max(0, (100 * (task.progress - from)) / (to - from))) + ROUNDING);
  return { validating: part(SHARE.VALIDATING), saving: part(SHARE.SAVING) };
}

/** The task after a `task-progress`, whose progress may then be a fraction; the same object if the event is not about it. */
export function applyProgress(task: ShownTask, event: TaskProgress, now: number = Date.now()): ShownTask {
  if (!isActive(task)) return task;
  if (event.phase === 'RETRYING') {
    const retryAt = event.retryInMs === undefined ? undefined : now + event.retryInMs;
    return { ...task, status: 'PENDING', phase: null, progress: 0, nextAttempt: event.attempt, retryAt, waitingFor: event.waitingFor ?? null };
  }
  if (event.phase === undefined) return event.progress === undefined ? task : withCounts({ ...task, status: event.status ?? task.status, progress: event.progress, waitingFor: null }, event);
  const [from, to] = SHARE[event.phase];
  return withCounts({
    ...task,
    status: 'PROCESSING',
    phase: event.phase,
    progress: event.progress === undefined ? from : from + ((to - from) * event.progress) / 100,
    writtenRows: event.writtenRows,
    committed: event.committed,
    nextAttempt: undefined,
    retryAt: undefined,
    waitingFor: null,
  }, event);
}

/* The numbers of rows that the event tells. */
function withCounts(task: ShownTask, event: TaskProgress): ShownTask {
  const next = { ...task };
  for (const name of ['totalRows', 'validatedRows', 'errorRows', 'savedRows'] as const) {
    const value = event[name];
    if (value !== undefined) next[name] = value;
  }
  return next;
}

/** The task after the event that ended it. */
export function applyEnd(task: Task, event: TaskCompleted | TaskFailed): Task {
  if ('error' in event) {
    const { status = 'FAILED', error, code = null, detail = null, hint = null } = event;
    return { ...task, status, errorMessage: error, errorCode: code, errorDetail: detail, errorHint: hint, phase: null, waitingFor: null };
  }
  const { taskId: _taskId, seq: _seq, ...ended } = event;
  return { ...task, ...ended };
}

/**
 * Merges an answer of HTTP into the shown task. HTTP has the true state, but the answer may have been under way while events arrived. So within one attempt
 * the shown progress never goes back.
 */
export function reconcile(fetched: Task, shown: ShownTask | undefined): ShownTask {
  if (fetched.status === 'PENDING' && fetched.attempts === shown?.attempts) return { ...fetched, nextAttempt: shown.nextAttempt, retryAt: shown.retryAt };
  if (!shown || !isActive(fetched) || !isActive(shown) || fetched.attempts !== shown.attempts) return fetched;
  if (shown.phase === null || fetched.phase === null) return fetched;
  const behind = PHASES.indexOf(fetched.phase) < PHASES.indexOf(shown.phase) || fetched.progress < shown.progress;
  return behind ? { ...fetched, ...counters(shown) } : fetched;
}

function counters(task: ShownTask): Partial<ShownTask> {
  const { status, phase, progress, totalRows, validatedRows, errorRows, savedRows, writtenRows, committed } = task;
  return { status, phase, progress, totalRows, validatedRows, errorRows, savedRows, writtenRows, committed };
}
