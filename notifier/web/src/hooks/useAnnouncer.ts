import { useSyncExternalStore } from 'react';

/* What screen readers are told; not what happens all the time. */
let text = '';
const listeners = new Set<() => void>();

export function announce(what: string): void {
  text = what;
  for (const listener of listeners) listener();
}

export function useAnnouncement(): string {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, () => text);
}
