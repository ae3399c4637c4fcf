/**
 * The hybrid strategy: HTTP has the true state, the socket makes updates fast.
 *
 * `follow(tasks)` is called with every list that HTTP returned. The socket is opened when a task is active and closed when none is;
 * rooms are joined for active tasks and left when they end. `pollInterval` says how often to read the list, and `resync` is called
 * when it should be read at once.
 */

import { IncomingEvents, OutgoingEvents } from './events.js';
import { isActive } from './progress.js';
import type { Task, TaskCompleted, TaskDeleted, TaskFailed, TaskProgress, TaskUndone } from './types.js';

/** off: no task is active. live: the rooms of all active tasks are joined, so no event is missed from then on. */
export type Connection = 'off' | 'connecting' | 'live' | 'reconnecting';

export const POLL_MS = 30_000;
export const POLL_WHILE_DOWN_MS = 5_000;

/** The members of socket.io-client's Socket that are used. */
export interface SocketLike {
  readonly connected: boolean;
  /** False if it will not connect again by itself. */
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

export function pollInterval(connection: Connection): number {
  return connection === 'connecting' || connection === 'reconnecting' ? POLL_WHILE_DOWN_MS : POLL_MS;
}

export class LiveTasks {
  #handlers: LiveHandlers;
  #socket: SocketLike | undefined;
  #connection: Connection = 'off';
  #again: ReturnType<typeof setTimeout> | undefined;
  /* Rooms that the client wants to be in, with the number of the last event. */
  #rooms = new Map<number, number>();
  /* Those of them that were requested on connecting and are not answered yet. */
  #joining = new Set<number>();
  /* Tasks whose room was refused, until they are requested again. */
  #refused = new Map<number, ReturnType<typeof setTimeout>>();

  constructor(handlers: LiveHandlers) {
    this.#handlers = handlers;
  }

  get connection(): Connection {
    return this.#connection;
  }

  get pollInterval(): number {
    return pollInterval(this.#connection);
  }

  /** Takes the tasks that are shown, as HTTP returned them. */
  follow(tasks: readonly Pick<Task, 'id' | 'status'>[]): void {
    const active = new Set(tasks.filter(isActive).map((task) => task.id));
    for (const id of this.#rooms.keys()) if (!active.has(id)) this.#leave(id);
    for (const id of active) if (!this.#rooms.has(id) && !this.#refused.has(id)) this.#join(id);
    if (this.#rooms.size > 0) this.#open();
    else this.#shut();
  }

  /** Closes the socket; follow() would open it again. */
  close(): void {
    for (const timer of this.#refused.values()) clearTimeout(timer);
    this.#refused.clear();
    this.#shut();
  }

  #shut(): void {
    const socket = this.#socket;
    clearTimeout(this.#again);
    this.#rooms.clear();
    this.#socket = undefined;
    socket?.disconnect();
    this.#become('off');
  }

  #open(): void {
    if (this.#socket) return;
    const socket = this.#handlers.connect();
    this.#socket = socket;
    this.#become('connecting');
    const on = (event: string, listener: (...values: any[]) => void) =>
      socket.on(event, (...values) => { if (this.#socket === socket) listener(...values); });
    on('connect', () => this.#connected());
    on('disconnect', () => this.#down());
    on('connect_error', () => this.#down());
    on(OutgoingEvents.TASK_PROGRESS, (event: TaskProgress) => { if (this.#isNews(event)) this.#handlers.onProgress(event); });
    on(OutgoingEvents.TASK_COMPLETED, (event: TaskCompleted) => this.#ended(event));
    on(OutgoingEvents.TASK_FAILED, (event: TaskFailed) => this.#ended(event));
    on(OutgoingEvents.TASK_UNDONE, (event: TaskUndone) => { if (this.#isNews(event)) this.#handlers.resync(); });
    on(OutgoingEvents.TASK_DELETED, (event: TaskDeleted) => this.#deleted(event));
    if (socket.connected) this.#connected();
  }

  #connected(): void {
    clearTimeout(this.#again);
    this.#joining = new Set(this.#rooms.keys());
    for (const id of this.#joining) this.#askToJoin(id);
    if (this.#joining.size === 0) this.#joined();
  }

  #joined(): void {
    const again = this.#connection === 'reconnecting';
    this.#become('live');
    if (again) this.#handlers.resync();
  }

  #down(): void {
    this.#become('reconnecting');
    clearTimeout(this.#again);
    // socket.io-client gives up when the server closes or refuses the namespace.
    if (this.#socket?.active === false) this.#again = setTimeout(() => this.#socket?.connect(), POLL_WHILE_DOWN_MS);
  }

  #join(id: number): void {
    this.#rooms.set(id, -1);
    if (this.#socket?.connected) this.#askToJoin(id);
  }

  #askToJoin(id: number): void {
    this.#socket?.emit(IncomingEvents.JOIN_TASK, { taskId: id }, (answer: { status?: string }) => {
      if (answer?.status === 'error' && this.#rooms.delete(id)) this.#refuse(id);
      if (this.#joining.delete(id) && this.#joining.size === 0) this.#joined();
    });
  }

  /* The task may be deleted, which the list shows; otherwise this failure may pass. */
  #refuse(id: number): void {
    const again = () => {
      this.#refused.delete(id);
      this.#handlers.resync();
    };
    this.#refused.set(id, setTimeout(again, POLL_WHILE_DOWN_MS));
    this.#handlers.resync();
  }

  #leave(id: number): void {
    this.#rooms.delete(id);
    if (this.#socket?.connected) this.#socket.emit(IncomingEvents.LEAVE_TASK, { taskId: id });
  }

  /* Is the event of a joined room, and newer than the last one? */
  #isNews({ taskId, seq = Infinity }: { taskId: number; seq?: number }): boolean {
    const last = this.#rooms.get(taskId);
    if (last === undefined || seq < last) return false;
    if (seq !== Infinity) this.#rooms.set(taskId, seq);
    return true;
  }

  #ended(event: TaskCompleted | TaskFailed): void {
    if (!this.#isNews(event)) return;
    this.#leave(event.taskId);
    this.#handlers.onEnd(event);
    this.#handlers.resync();
    if (this.#rooms.size === 0) this.#shut();
  }

  #deleted(event: TaskDeleted): void {
    if (!this.#isNews(event)) return;
    this.#rooms.delete(event.taskId);      // the server has left the room
    this.#handlers.resync();
    if (this.#rooms.size === 0) this.#shut();
  }

  #become(connection: Connection): void {
    if (connection === this.#connection) return;
    this.#connection = connection;
    this.#handlers.onConnection(connection);
  }
}
