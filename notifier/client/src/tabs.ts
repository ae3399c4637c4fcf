/**
 * The tabs of a browser that share one connection. One of them leads: it holds the connection and says what comes by it.
 *
 * A browser opens six connections to a host over HTTP/1.1. If each tab held one of them, the seventh tab could not even load.
 */

interface TabsHandlers {
  /** This tab leads from now on; the leader before it is gone. */
  lead(): void;
  /** Another tab said this. */
  hear(message: unknown): void;
}

/** True if tabs can share a connection here: in browsers over https or on localhost. */
export function canShare(): boolean {
  return typeof navigator !== 'undefined' && navigator.locks !== undefined && typeof BroadcastChannel !== 'undefined';
}

export class Tabs {
  readonly name: string;
  #handlers: TabsHandlers;
  #channel: BroadcastChannel | undefined;
  #waiting = new AbortController();
  #resign: (() => void) | undefined;

  /** Tabs with the same name belong together. Where tabs cannot share, this tab leads itself alone. */
  constructor(name: string, handlers: TabsHandlers) {
    this.name = `pg_xlsx ${name}`;
    this.#handlers = handlers;
    if (!canShare()) return;
    this.#channel = new BroadcastChannel(this.name);
    this.#channel.onmessage = ({ data }) => handlers.hear(data);
  }

  /** Call it once, when the handlers may be called. */
  open(): void {
    if (!this.#channel) {
      this.#handlers.lead();
      return;
    }
    const hold = () => new Promise<void>((resolve) => {
      // The lock may come in the moment of close().
      if (this.#waiting.signal.aborted) {
        resolve();
        return;
      }
      this.#resign = resolve;
      this.#handlers.lead();
    });
    // The promise rejects when close() comes first.
    navigator.locks.request(this.name, { signal: this.#waiting.signal }, hold).catch(() => {});
  }

  say(message: unknown): void {
    this.#channel?.postMessage(message);
  }

  /** The next tab in line leads. */
  close(): void {
    this.#waiting.abort();
    this.#resign?.();
    if (this.#channel) this.#channel.onmessage = null;
    this.#channel?.close();
    this.#channel = undefined;
  }
}
