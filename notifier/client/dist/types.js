/** What travels: tasks, events, and the answers of the REST interface. */
export const ACTIVE_STATUSES = ['PENDING', 'PROCESSING'];
export const TERMINAL_STATUSES = ['COMPLETED', 'HAS_ERRORS', 'FAILED', 'CANCELLED'];
export const STATUSES = [...ACTIVE_STATUSES, ...TERMINAL_STATUSES];
export const PHASES = ['LOADING_WORKBOOK', 'VALIDATING_HEADERS', 'VALIDATING', 'SAVING'];
export const MODES = ['insert', 'all_or_nothing', 'upsert', 'skip', 'update', 'replace'];
