/** JSON Schema (2020-12) of statuses and events; the compiler holds it against the types. */
type Schema = Record<string, unknown>;
/** `$defs` holds one schema for each status list, for Task, and for each event by its name. */
export declare const schema: {
    $schema: string;
    title: string;
    $defs: {
        ActiveStatus: Schema;
        TerminalStatus: Schema;
        TaskStatus: Schema;
        Phase: Schema;
        Task: Schema;
        'join-task': Schema;
        'leave-task': Schema;
        'joined-task': Schema;
        'left-task': Schema;
        'task-progress': Schema;
        'task-completed': Schema;
        'task-failed': Schema;
        'workbook-loading': Schema;
        'header-validation': Schema;
        'processing-completed': Schema;
        exception: Schema;
    };
};
export {};
