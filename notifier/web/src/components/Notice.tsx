import type { ReactNode } from 'react';

/** Something that the person should know: good, neither good nor bad, a warning, or bad. */
export function Notice({ kind, children }: { kind: 'good' | 'plain' | 'warn' | 'bad'; children: ReactNode }) {
  return <div className={`notice notice-${kind}`} role={kind === 'bad' ? 'alert' : undefined}>{children}</div>;
}
