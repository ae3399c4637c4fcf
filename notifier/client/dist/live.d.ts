/**
 * The hybrid strategy: HTTP is the truth, the socket makes it fast.
 *
 * `follow(tasks)` is called with every list that HTTP answered. The socket is made when a task is active and closed when none is;
 * rooms are joined for active tasks and left when they end. `pollInterval` says how often to read the list, and `resync` is called
 * when it is to be read at once.
 */
import type { Task, TaskCompleted, TaskFailed, TaskProgress } from './types.js';
/** off: no task is active. Both connecting and reconnecting mean that no event can arrive. */
export type Connection = 'off' | 'connecting' | 'live' | 'reconnecting';
export declare const POLL_MS = 30000;
export declare const POLL_WHILE_DOWN_MS = 5000;
/** What is used of socket.io-client's Socket. */
export interface SocketLike {
    readonly connected: boolean;
    /** False when it will not connect again by itself. */
    readonly active: boolean;
    on(event: string, listener: (...values: any[]) => void): unknown;
    emit(event: string, ...values: unknown[]): unknown;
    connect(): unknown;
    disconnect(): unknown;
}
export interface LiveHandlers {
    /** Makes the socket: `() => io('/upload-xlsx')`. */
    connect(): SocketLike;
    onProgress(event: TaskProgress): void;
    onEnd(event: TaskCompleted | TaskFailed): void;
    onConnection(connection: Connection): void;
    resync(): void;
}
export declare function pollInterval(connection: Connection): number;
export declare class LiveTasks {
    #private;
    constructor(handlers: LiveHandlers);
    get connection(): Connection;
    get pollInterval(): number;
    /** The tasks that are shown, as HTTP told them. */
    follow(tasks: readonly Pick<Task, 'id' | 'status'>[]): void;
    /** Closes the socket; follow() would open it again. */
    close(): void;
}
