/** The names of all events, and their namespace. */

export const NAMESPACE = '/upload-xlsx';

/** Client to server; the payload is `{ taskId }`. */
export const IncomingEvents = {
  JOIN_TASK: 'join-task',
  LEAVE_TASK: 'leave-task',
} as const;

/** Server to client. */
export const OutgoingEvents = {
  JOINED_TASK: 'joined-task',
  LEFT_TASK: 'left-task',
  TASK_PROGRESS: 'task-progress',
  TASK_COMPLETED: 'task-completed',
  TASK_FAILED: 'task-failed',
  WORKBOOK_LOADING: 'workbook-loading',
  HEADER_VALIDATION: 'header-validation',
  PROCESSING_COMPLETED: 'processing-completed',
  TASK_UNDONE: 'task-undone',
  TASK_DELETED: 'task-deleted',
  EXCEPTION: 'exception',
} as const;

/** Of the connection rather than of a task. The server sends `token-expiring`; the client sends `auth { token }` with a fresh one. */
export const TokenEvents = {
  TOKEN_EXPIRING: 'token-expiring',
  AUTH: 'auth',
} as const;

export type IncomingEvent = (typeof IncomingEvents)[keyof typeof IncomingEvents];
export type OutgoingEvent = (typeof OutgoingEvents)[keyof typeof OutgoingEvents];
