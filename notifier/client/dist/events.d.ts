/** The names of all events, and where they are spoken. */
export declare const NAMESPACE = "/upload-xlsx";
/** Client to server; the payload is `{ taskId }`. */
export declare const IncomingEvents: {
    readonly JOIN_TASK: "join-task";
    readonly LEAVE_TASK: "leave-task";
};
/** Server to client. */
export declare const OutgoingEvents: {
    readonly JOINED_TASK: "joined-task";
    readonly LEFT_TASK: "left-task";
    readonly TASK_PROGRESS: "task-progress";
    readonly TASK_COMPLETED: "task-completed";
    readonly TASK_FAILED: "task-failed";
    readonly WORKBOOK_LOADING: "workbook-loading";
    readonly HEADER_VALIDATION: "header-validation";
    readonly PROCESSING_COMPLETED: "processing-completed";
    readonly EXCEPTION: "exception";
};
export type IncomingEvent = (typeof IncomingEvents)[keyof typeof IncomingEvents];
export type OutgoingEvent = (typeof OutgoingEvents)[keyof typeof OutgoingEvents];
