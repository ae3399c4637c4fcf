import type { ReactNode } from 'react';

/** A notice for the person: success, information, warning or error. */
export function Notice({ kind, children }: { kind: 'good' | 'plain' | 'warn' | 'bad'; children: ReactNode }) {
  return <div className={`notice notice-${kind}`} role={kind === 'bad' ? 'alert' : undefined}>{children}</div>;
}
