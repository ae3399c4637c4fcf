/**
 * The events of all tasks of the caller, later ones included (`GET /tasks/events`), as one stream for all tabs of the browser.
 *
 * Where tabs cannot share it, over plain http from another machine, a tab has the stream only while it is visible.
 */

import type { Api } from './api.js';
import { readEvents } from './sse.js';
import { canShare, Tabs } from './tabs.js';

export interface OwnListener {
  event(name: string, data: unknown): void;
  /** True: no event is missed from now on. False: events may be missed until it is true again. */
  open(isOpen: boolean): void;
}

type Message =
  | { kind: 'ask' }
  | { kind: 'open'; isOpen: boolean }
  | { kind: 'event'; id: string | undefined; name: string; data: unknown };

/* Time to the next try; it doubles from the first value to the last. After a refusal it is the last. */
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;

export class OwnEvents {
  #api: Api;
  #listener: OwnListener;
  #tabs: Tabs;
  #leads = false;
  #isOpen = false;
  #stop = new AbortController();
  #request: AbortController | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;
  #retryMs = FIRST_RETRY_MS;
  #lastId: string | undefined;

  constructor(api: Api, listener: OwnListener) {
    this.#api = api;
    this.#listener = listener;
    this.#tabs = new Tabs(`events ${api.url('')} ${api.identity}`, { lead: () => this.#lead(), hear: (message) => this.#hear(message as Message) });
    this.#tabs.open();
    if (!this.#leads) this.#tabs.say({ kind: 'ask' });
  }

  close(): void {
    this.#stop.abort();
    this.#hangUp();
    this.#tabs.close();
  }

  #hear(message: Message): void {
    if (message.kind === 'ask') {
      if (this.#leads) this.#tabs.say({ kind: 'open', isOpen: this.#isOpen });
    } else if (this.#leads) return;
    else if (message.kind === 'open') this.#become(message.isOpen);
    else this.#take(message);
  }

  #take({ id, name, data }: { id: string | undefined; name: string; data: unknown }): void {
    this.#lastId = id ?? this.#lastId;
    this.#listener.event(name, data);
  }

  #lead(): void {
    this.#leads = true;
    this.#become(false);
    if (canShare() || typeof document === 'undefined') {
      void this.#connect();
      return;
    }
    document.addEventListener('visibilitychange', () => this.#seen(), { signal: this.#stop.signal });
    this.#seen();
  }

  #seen(): void {
    if (document.visibilityState === 'hidden') this.#hangUp();
    else if (!this.#request && this.#again === undefined) void this.#connect();
  }

  #hangUp(): void {
    clearTimeout(this.#again);
    this.#again = undefined;
    this.#request?.abort();
    this.#request = undefined;
    this.#become(false);
  }

  #become(isOpen: boolean): void {
    if (this.#leads) this.#tabs.say({ kind: 'open', isOpen });
    if (isOpen === this.#isOpen) return;
    this.#isOpen = isOpen;
    if (!this.#stop.signal.aborted) this.#listener.open(isOpen);
  }

  async #connect(): Promise<void> {
    const request = new AbortController();
    this.#again = undefined;
    this.#request = request;
    try {
      await this.#read(request.signal);
      this.#retryMs = FIRST_RETRY_MS;
    } catch {
      // It is tried again.
    }
    if (this.#request !== request) return;
    this.#request = undefined;
    this.#become(false);
    this.#again = setTimeout(() => void this.#connect(), this.#retryMs);
    this.#retryMs = Math.min(2 * this.#retryMs, LAST_RETRY_MS);
  }

  async #read(signal: AbortSignal): Promise<void> {
    const position = this.#lastId === undefined ? '' : `?${new URLSearchParams({ lastEventId: this.#lastId })}`;
    const answer = await fetch(this.#api.url(`/tasks/events${position}`), { headers: this.#api.headers(), signal, cache: 'no-store' });
    if (!answer.ok || !answer.body) {
      if (answer.status < 500) this.#retryMs = LAST_RETRY_MS;
      throw new Error(answer.statusText);
    }
    this.#retryMs = FIRST_RETRY_MS;
    this.#become(true);
    for await (const { id, name, data } of readEvents(answer.body)) {
      if (signal.aborted) return;
      const message = { kind: 'event', id, name, data: JSON.parse(data) as unknown } as const;
      this.#tabs.say(message);
      this.#take(message);
    }
  }
}
