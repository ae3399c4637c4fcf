import { useSyncExternalStore } from 'react';

/* The events that screen readers announce; frequent ones are left out. */
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
