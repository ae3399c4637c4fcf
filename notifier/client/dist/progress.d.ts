/** How events and answers become one state of a task: pure functions. */
import { type Task, type TaskCompleted, type TaskFailed, type TaskProgress } from './types.js';
export declare function isActive(task: Pick<Task, 'status'>): boolean;
/** 0-100 of each of the two phases that have a bar. */
export declare function phaseProgress(task: Pick<Task, 'progress'>): {
    validating: number;
    saving: number;
};
/** The task after a `task-progress`, whose progress may then be a fraction; the same object when the event tells nothing about it. */
export declare function applyProgress(task: Task, event: TaskProgress): Task;
/** The task after the event that ended it. */
export declare function applyEnd(task: Task, event: TaskCompleted | TaskFailed): Task;
/**
 * An answer of HTTP over what is shown. HTTP is the truth, but it may have been under way while events arrived: within one attempt
 * a task is not shown to go back.
 */
export declare function reconcile(fetched: Task, shown: Task | undefined): Task;
