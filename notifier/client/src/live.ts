/**
 * The hybrid strategy: HTTP has the true state, the socket makes updates fast.
 *
 * `follow(tasks)` is called with every list that HTTP returned. The socket is opened when a task is active and closed when none is;
 * rooms are joined for active tasks and left when they end. `pollInterval` says how often to read the list, and `resync` is called
 * when it should be read at once.
 *
 * `watch()` opens the stream of all tasks of the caller. It says when a task came, ended, ran again, was undone or deleted, also while no task
 * is active, and takes the place of the socket while that is down.
 */

import { IncomingEvents, OutgoingEvents, TokenEvents } from './events.js';
import type { OwnListener } from './own.js';
import { isActive } from './progress.js';
import type { SocketException, Task, TaskCompleted, TaskDeleted, TaskFailed, TaskProgress, TaskUndone } from './types.js';

/** off: no task is active. live: the rooms of all active tasks are joined, so no event is missed from then on. */
export type Connection = 'off' | 'connecting' | 'live' | 'reconnecting';

export const POLL_MS = 30_000;
export const POLL_WHILE_DOWN_MS = 5_000;

/* Time from one reading of the list to the next that the stream asks for. */
const BETWEEN_RESYNCS_MS = 500;
/* Most tasks whose ends are remembered. */
const MOST_ENDS = 1_000;
/* How long watch() waits for the stream. */
const WATCH_MS = 1_000;

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

interface StreamEvent {
  taskId: number;
  seq: number;
}

export interface LiveHandlers {
  /** Makes the socket: `() => io('/upload-xlsx')`. */
  connect(): SocketLike;
  onProgress(event: TaskProgress): void;
  onEnd(event: TaskCompleted | TaskFailed): void;
  onConnection(connection: Connection): void;
  resync(): void;
  /** Opens the stream: `(listener) => new OwnEvents(api, listener)`. */
  stream?(listener: OwnListener): { close(): void };
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
  /* The numbers of the last events that were passed on, by task. */
  #seqs = new Map<number, number>();
  /* The numbers of the ends that were passed on, by task. */
  #ends = new Map<number, number>();
  #stream: { close(): void } | undefined;
  /* The tasks of the last list: are they active? Undefined before the first list. */
  #listed: Map<number, boolean> | undefined;
  /* Events of the stream before the first list, which may be newer. */
  #early: { name: string; event: StreamEvent }[] = [];
  /* Active tasks that the list did not show, and that it was read for. */
  #noticed = new Set<number>();
  #lastResync = -Infinity;
  #resyncTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(handlers: LiveHandlers) {
    this.#handlers = handlers;
  }

  get connection(): Connection {
    return this.#connection;
  }

  get pollInterval(): number {
    return pollInterval(this.#connection);
  }

  /**
   * Opens the stream. Resolves when no event is missed from now on, or soon if the stream cannot be opened now: then read the list for the first time.
   */
  watch(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#stream || !this.#handlers.stream) {
        resolve();
        return;
      }
      // From then on a list may be under way that is older than the stream.
      let readsLists = false;
      const settle = () => {
        readsLists = true;
        resolve();
      };
      setTimeout(settle, WATCH_MS);
      this.#stream = this.#handlers.stream({
        event: (name, data) => this.#heard(name, data as StreamEvent),
        open: (isOpen) => {
          if (isOpen && readsLists) this.#resyncSoon();
          settle();
        },
      });
    });
  }

  /** Takes the tasks that are shown, as HTTP returned them. */
  follow(tasks: readonly Pick<Task, 'id' | 'status'>[]): void {
    const active = new Set(tasks.filter(isActive).map((task) => task.id));
    this.#listed = new Map(tasks.map((task) => [task.id, active.has(task.id)]));
    for (const id of this.#rooms) if (!active.has(id)) this.#leave(id);
    for (const id of active) if (!this.#rooms.has(id) && !this.#refused.has(id)) this.#join(id);
    if (this.#rooms.size > 0) this.#open();
    else this.#shut();
    for (const { name, event } of this.#early.splice(0)) this.#heard(name, event);
  }

  /** Closes the socket and the stream; follow() and watch() would open them again. */
  close(): void {
    this.#stream?.close();
    this.#stream = undefined;
    this.#listed = undefined;
    this.#early = [];
    this.#noticed.clear();
    clearTimeout(this.#resyncTimer);
    this.#resyncTimer = undefined;
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
    on(OutgoingEvents.TASK_PROGRESS, (event: TaskProgress) => { if (this.#rooms.has(event.taskId)) this.#progressed(event); });
    on(OutgoingEvents.TASK_COMPLETED, (event: TaskCompleted) => this.#ended(event));
    on(OutgoingEvents.TASK_FAILED, (event: TaskFailed) => this.#ended(event));
    on(OutgoingEvents.TASK_UNDONE, (event: TaskUndone) => { if (this.#rooms.has(event.taskId)) this.#resync(); });
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
    if (again) this.#resync();
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
      this.#resync();
    };
    this.#refused.set(id, setTimeout(again, POLL_WHILE_DOWN_MS));
    this.#resync();
  }

  #leave(id: number): void {
    this.#rooms.delete(id);
    this.#seqs.delete(id);
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

  #progressed(event: TaskProgress): void {
    this.#seqs.set(event.taskId, event.seq);
    this.#handlers.onProgress(event);
  }

  #ended(event: TaskCompleted | TaskFailed): void {
    if (!this.#rooms.has(event.taskId)) return;
    this.#leave(event.taskId);
    this.#listed?.set(event.taskId, false);
    this.#noticed.delete(event.taskId);
    // A list that was under way may have shown the task as active again.
    if (this.#ends.get(event.taskId) !== event.seq) this.#handlers.onEnd(event);
    this.#ends.delete(event.taskId);
    this.#ends.set(event.taskId, event.seq);
    if (this.#ends.size > MOST_ENDS) this.#ends.delete(this.#ends.keys().next().value!);
    this.#resync();
    if (this.#rooms.size === 0) this.#shut();
  }

  #deleted(event: TaskDeleted): void {
    if (!this.#rooms.has(event.taskId)) return;
    this.#rooms.delete(event.taskId);      // the server has left the room
    this.#seqs.delete(event.taskId);
    this.#listed?.delete(event.taskId);
    this.#resync();
    if (this.#rooms.size === 0) this.#shut();
  }

  #resync(): void {
    this.#lastResync = Date.now();
    clearTimeout(this.#resyncTimer);
    this.#resyncTimer = undefined;
    this.#handlers.resync();
  }

  #resyncSoon(): void {
    this.#resyncTimer ??= setTimeout(() => this.#resync(), Math.max(0, this.#lastResync + BETWEEN_RESYNCS_MS - Date.now()));
  }

  /*
   * The stream
   */

  #heard(name: string, event: StreamEvent): void {
    if (event.taskId === undefined) return;
    if (!this.#listed) this.#early.push({ name, event });
    else if (this.#rooms.has(event.taskId)) this.#heardOfRoom(name, event);
    else if (this.#isNews(name, event.taskId)) this.#resyncSoon();
  }

  /* The socket sends the progress while it is connected. Both send the end, and the first one counts. */
  #heardOfRoom(name: string, event: StreamEvent): void {
    if (name === OutgoingEvents.TASK_PROGRESS) {
      if (!this.#socket?.connected && event.seq > (this.#seqs.get(event.taskId) ?? -1)) this.#progressed(event as TaskProgress);
    } else if (name === OutgoingEvents.TASK_COMPLETED || name === OutgoingEvents.TASK_FAILED) this.#ended(event as TaskCompleted | TaskFailed);
    else if (name === OutgoingEvents.TASK_DELETED) this.#deleted(event as TaskDeleted);
    else if (name === OutgoingEvents.TASK_UNDONE) this.#resyncSoon();
  }

  /* Would the list show something else now? */
  #isNews(name: string, id: number): boolean {
    const isListedActive = this.#listed?.get(id);
    switch (name) {
      case OutgoingEvents.TASK_PROGRESS:
        if (isListedActive || this.#noticed.has(id)) return false;
        this.#noticed.add(id);
        return true;
      case OutgoingEvents.TASK_COMPLETED:
      case OutgoingEvents.TASK_FAILED:
        return this.#noticed.delete(id) || isListedActive !== false;
      case OutgoingEvents.TASK_DELETED:
        this.#noticed.delete(id);
        return true;
      default:
        return name === OutgoingEvents.TASK_UNDONE;
    }
  }

  #become(connection: Connection): void {
    if (connection === this.#connection) return;
    this.#connection = connection;
    this.#handlers.onConnection(connection);
  }
}
