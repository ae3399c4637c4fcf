/** One Socket.IO connection for all tabs of the browser, as a socket for each. */

import { IncomingEvents, OutgoingEvents, TokenEvents } from './events.js';
import type { SocketLike } from './live.js';
import { canShare, Tabs } from './tabs.js';

type Listener = (...values: any[]) => void;

type Message =
  | { to: 'leader'; from: string; kind: 'ask' }
  | { to: 'leader'; from: string; kind: 'emit'; event: string; payload: unknown; ack: number }
  | { to: 'all'; kind: 'state'; connected: boolean }
  | { to: 'all'; kind: 'fire'; event: string; values: unknown[] }
  | { to: string; kind: 'ack'; ack: number; values: unknown[] };

const EVENTS: readonly string[] = ['connect_error', ...Object.values(OutgoingEvents)];

/**
 * A socket for `LiveTasks`: `connect: () => sharedSocket(name, () => io(NAMESPACE))`. Tabs with the same name share what `connect` makes in one of
 * them, so let the name say who the user is (`api.identity`). Where tabs cannot share, it is what `connect` makes.
 */
export function sharedSocket(name: string, connect: () => SocketLike): SocketLike {
  return canShare() ? new SharedSocket(name, connect) : connect();
}

class SharedSocket implements SocketLike {
  #me = String(Math.random()).slice(2);
  #connect: () => SocketLike;
  #tabs: Tabs;
  #listeners = new Map<string, Listener[]>();
  #connected = false;
  #acks = new Map<number, Listener>();
  #lastAck = 0;
  /* In the leader only: its socket, and the rooms of each tab. */
  #real: SocketLike | undefined;
  #rooms = new Map<string, Set<number>>();
  #watched = new Set<string>();
  #alive = new AbortController();

  constructor(name: string, connect: () => SocketLike) {
    this.#connect = connect;
    this.#tabs = new Tabs(`socket ${name}`, { lead: () => this.#lead(), hear: (message) => this.#hear(message as Message) });
    // The leader waits for this lock, to know when the tab is gone.
    navigator.locks.request(`${this.#tabs.name} ${this.#me}`, { signal: this.#alive.signal },
      () => new Promise<void>((resolve) => this.#alive.signal.addEventListener('abort', () => resolve()))).catch(() => {});
    this.#tabs.open();
    this.#tabs.say({ to: 'leader', from: this.#me, kind: 'ask' });
  }

  get connected(): boolean {
    return this.#connected;
  }

  get active(): boolean {
    return this.#real?.active ?? true;
  }

  on(event: string, listener: Listener): this {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
    return this;
  }

  emit(event: string, payload: unknown, acknowledge?: Listener): this {
    const ack = ++this.#lastAck;
    if (acknowledge) this.#acks.set(ack, acknowledge);
    if (this.#real) this.#emitFor(this.#me, event, payload, ack);
    else this.#tabs.say({ to: 'leader', from: this.#me, kind: 'emit', event, payload, ack });
    return this;
  }

  connect(): this {
    this.#real?.connect();
    return this;
  }

  disconnect(): this {
    this.#alive.abort();
    this.#tabs.close();
    this.#connected = false;
    this.#real?.disconnect();
    return this;
  }

  #fire(event: string, ...values: unknown[]): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(...values);
  }

  #become(connected: boolean): void {
    if (connected === this.#connected) return;
    this.#connected = connected;
    this.#acks.clear();
    this.#fire(connected ? 'connect' : 'disconnect');
  }

  #hear(message: Message): void {
    if (message.kind === 'ack') {
      if (message.to === this.#me) this.#acknowledge(message.ack, message.values);
    } else if (message.to === 'leader') {
      if (!this.#real) return;
      if (message.kind === 'emit') this.#emitFor(message.from, message.event, message.payload, message.ack);
      else this.#tabs.say({ to: 'all', kind: 'state', connected: this.#connected });
    } else if (this.#real) return;
    else if (message.kind === 'state') this.#become(message.connected);
    else this.#fire(message.event, ...message.values);
  }

  #acknowledge(ack: number, values: unknown[]): void {
    this.#acks.get(ack)?.(...values);
    this.#acks.delete(ack);
  }

  /*
   * The leader
   */

  #lead(): void {
    const real = this.#connect();
    this.#real = real;
    this.#announce(false);
    real.on('connect', () => this.#announce(true));
    real.on('disconnect', () => this.#announce(false));
    // One fresh token is enough.
    real.on(TokenEvents.TOKEN_EXPIRING, (...values) => this.#fire(TokenEvents.TOKEN_EXPIRING, ...values));
    for (const event of EVENTS) real.on(event, (...values) => this.#pass(event, values));
    if (real.connected) this.#announce(true);
  }

  /* The tabs join their rooms again. */
  #announce(connected: boolean): void {
    this.#rooms.clear();
    this.#tabs.say({ to: 'all', kind: 'state', connected });
    this.#become(connected);
  }

  #pass(event: string, values: unknown[]): void {
    const gone = event === OutgoingEvents.TASK_DELETED ? (values[0] as { taskId: number }).taskId : undefined;
    if (gone !== undefined) for (const rooms of this.#rooms.values()) rooms.delete(gone);
    // An error is not a value that can be sent to another tab.
    this.#tabs.say({ to: 'all', kind: 'fire', event, values: event === 'connect_error' ? [] : values });
    this.#fire(event, ...values);
  }

  #emitFor(tab: string, event: string, payload: unknown, ack: number): void {
    const answer = (...values: unknown[]) => {
      if (tab === this.#me) this.#acknowledge(ack, values);
      else this.#tabs.say({ to: tab, kind: 'ack', ack, values });
    };
    const id = (payload as { taskId?: number }).taskId;
    if (id !== undefined && event === IncomingEvents.JOIN_TASK) this.#join(tab, id, answer);
    else if (id !== undefined && event === IncomingEvents.LEAVE_TASK) this.#leave(tab, id);
    else this.#real?.emit(event, payload, answer);
  }

  /* The server sends the state to who was not in the room. */
  #join(tab: string, taskId: number, answer: Listener): void {
    if (this.#isWanted(taskId)) this.#real?.emit(IncomingEvents.LEAVE_TASK, { taskId });
    this.#rooms.set(tab, (this.#rooms.get(tab) ?? new Set()).add(taskId));
    if (tab !== this.#me) this.#watch(tab);
    this.#real?.emit(IncomingEvents.JOIN_TASK, { taskId }, (result: { status?: string }) => {
      if (result?.status === 'error') for (const rooms of this.#rooms.values()) rooms.delete(taskId);
      answer(result);
    });
  }

  #leave(tab: string, taskId: number): void {
    if (this.#rooms.get(tab)?.delete(taskId) && !this.#isWanted(taskId)) this.#real?.emit(IncomingEvents.LEAVE_TASK, { taskId });
  }

  #isWanted(taskId: number): boolean {
    return [...this.#rooms.values()].some((rooms) => rooms.has(taskId));
  }

  /* When the tab is gone, its rooms are left. */
  #watch(tab: string): void {
    if (this.#watched.has(tab)) return;
    this.#watched.add(tab);
    navigator.locks.request(`${this.#tabs.name} ${tab}`, { signal: this.#alive.signal }, () => {
      for (const taskId of this.#rooms.get(tab) ?? []) this.#leave(tab, taskId);
      this.#rooms.delete(tab);
      this.#watched.delete(tab);
    }).catch(() => {});
  }
}
