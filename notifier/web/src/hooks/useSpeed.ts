import { Pace, type Estimate, type ShownTask } from 'pg-xlsx-client';
import { useRef } from 'react';

/** Rows per second, and the time left at that speed; null while they are unknown. */
export function useSpeed(task: ShownTask): Estimate | null {
  const pace = useRef<Pace>(null);
  pace.current ??= new Pace();
  const now = performance.now();
  pace.current.observe(task, now);
  return pace.current.read(now);
}
