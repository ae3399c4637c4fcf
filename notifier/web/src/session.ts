/** The token that the person entered, if the server requires one. It lives as long as the tab. */

import { useSyncExternalStore } from 'react';
import { PLACE } from './place.js';

/* Another sidecar may have its page on the same host. */
const KEY = `pg_xlsx.token ${PLACE}`;

interface Session {
  token: string | null;
  /** Why the page asks for a token, in the server's words; null if it does not ask. */
  refused: string | null;
}

let session: Session = { token: sessionStorage.getItem(KEY), refused: null };
const listeners = new Set<() => void>();

function become(next: Session): void {
  session = next;
  for (const listener of listeners) listener();
}

export const currentToken = () => session.token;

export function signIn(token: string): void {
  sessionStorage.setItem(KEY, token);
  become({ token, refused: null });
}

export function signOut(): void {
  sessionStorage.removeItem(KEY);
  become({ token: null, refused: '' });
}

export function refuse(reason: string): void {
  if (session.refused === null) become({ ...session, refused: reason });
}

export function useSession(): Session {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, () => session);
}
