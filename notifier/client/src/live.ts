/**
 * The hybrid strategy: HTTP has the true state, the socket makes updates fast.
 *
 * `follow(tasks)` is called with every list that HTTP returned. The socket is opened when a task is active and closed when none is;
 * rooms are joined for active tasks and left when they end. `pollInterval` says how often to read the list, and `resync` is called
 * when it should be read at once.
 */

import { IncomingEvents, OutgoingEvents, TokenEvents } from './events.js';
import { isActive } from './progress.js';
import type { SocketException, Task, TaskCompleted, TaskDeleted, TaskFailed, TaskProgress, TaskUndone } from './types.js';

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
  /** A fresh token, or null if there is none: asked for a minute before the socket's token expires. */
  token?(): string | null | Promise<string | null>;
}

export function pollInterval(connection: Connection): number {
  return connection === 'connecting' || connection === 'reconnecting' ? POLL_WHILE_DOWN_MS : POLL_MS;
}

export class LiveTasks {
  #handlers: LiveHandlers;
  #socket: SocketLike | undefined;
  #connection: Connection = 'off';
  #again: ReturnType<typeof setTimeout> | undefined;
  /* Rooms that the client wants to be in. The server sends their events in order, each once. */
  #rooms = new Set<number>();
  /* Those of them that were requested on connecting and are not answered yet. */
  #joining = new Set<number>();
  /* All that were requested and are not answered yet. */
  #asked = new Set<number>();
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
    for (const id of this.#rooms) if (!active.has(id)) this.#leave(id);
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
    on('disconnect', () => this.#down(0));
    on('connect_error', () => this.#down(POLL_WHILE_DOWN_MS));
    on(TokenEvents.TOKEN_EXPIRING, () => void this.#renew(socket));
    on(OutgoingEvents.EXCEPTION, (exception: SocketException) => this.#lost(exception));
    on(OutgoingEvents.TASK_PROGRESS, (event: TaskProgress) => { if (this.#rooms.has(event.taskId)) this.#handlers.onProgress(event); });
    on(OutgoingEvents.TASK_COMPLETED, (event: TaskCompleted) => this.#ended(event));
    on(OutgoingEvents.TASK_FAILED, (event: TaskFailed) => this.#ended(event));
    on(OutgoingEvents.TASK_UNDONE, (event: TaskUndone) => { if (this.#rooms.has(event.taskId)) this.#handlers.resync(); });
    on(OutgoingEvents.TASK_DELETED, (event: TaskDeleted) => this.#deleted(event));
    if (socket.connected) this.#connected();
  }

  #connected(): void {
    clearTimeout(this.#again);
    this.#asked.clear();
    this.#joining = new Set(this.#rooms);
    for (const id of this.#joining) this.#askToJoin(id);
    if (this.#joining.size === 0) this.#joined();
  }

  #joined(): void {
    const again = this.#connection === 'reconnecting';
    this.#become('live');
    if (again) this.#handlers.resync();
  }

  #down(wait: number): void {
    this.#become('reconnecting');
    clearTimeout(this.#again);
    // socket.io-client gives up when the server closes the namespace, as for an expired token, or refuses it.
    if (this.#socket?.active === false) this.#again = setTimeout(() => this.#socket?.connect(), wait);
  }

  #join(id: number): void {
    this.#rooms.add(id);
    if (this.#socket?.connected) this.#askToJoin(id);
  }

  #askToJoin(id: number): void {
    this.#asked.add(id);
    this.#socket?.emit(IncomingEvents.JOIN_TASK, { taskId: id }, (answer: { status?: string }) => {
      this.#asked.delete(id);
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

  /* Without a fresh token the server closes the socket when the old one expires. */
  async #renew(socket: SocketLike): Promise<void> {
    const token = await this.#handlers.token?.();
    if (token && this.#socket === socket) socket.emit(TokenEvents.AUTH, { token });
  }

  /* The server has taken the client out of a room: the answer to a join comes by its acknowledgement. */
  #lost({ taskId }: SocketException): void {
    if (taskId === undefined || this.#asked.has(taskId) || !this.#rooms.delete(taskId)) return;
    this.#refuse(taskId);
  }

  #ended(event: TaskCompleted | TaskFailed): void {
    if (!this.#rooms.has(event.taskId)) return;
    this.#leave(event.taskId);
    this.#handlers.onEnd(event);
    this.#handlers.resync();
    if (this.#rooms.size === 0) this.#shut();
  }

  #deleted(event: TaskDeleted): void {
    if (!this.#rooms.has(event.taskId)) return;
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
