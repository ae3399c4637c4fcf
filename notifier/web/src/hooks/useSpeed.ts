import { isActive, type Phase, type Task } from 'pg-xlsx-client';
import { useRef } from 'react';

const WINDOW_MS = 10_000;
const LEAST_MS = 500;

interface Sample {
  at: number;
  rows: number;
}

/* Rows that the current phase has done, and has to do. */
function work(task: Task): { done: number; all: number } | null {
  const total = task.totalRows ?? 0;
  if (task.phase === 'VALIDATING') return { done: task.validatedRows, all: total };
  if (task.phase === 'SAVING') return { done: task.savedRows, all: Math.max(total - task.errorRows, task.savedRows) };
  return null;
}

/** Rows per second over the last ten seconds, and what is left at that speed; null before there is something to tell. */
export function useSpeed(task: Task): { perSecond: number; leftMs: number } | null {
  const samples = useRef<{ phase: Phase | null; list: Sample[] }>({ phase: null, list: [] });
  const now = work(task);
  if (!now || !isActive(task)) return null;
  if (samples.current.phase !== task.phase) samples.current = { phase: task.phase, list: [] };
  const { list } = samples.current;
  const at = performance.now();
  if (list.at(-1)?.rows !== now.done) list.push({ at, rows: now.done });
  while (list.length > 2 && list[0]!.at < at - WINDOW_MS) list.shift();
  const first = list[0]!;
  const last = list.at(-1)!;
  if (last.at - first.at < LEAST_MS || last.rows <= first.rows) return null;
  const perSecond = (1000 * (last.rows - first.rows)) / (last.at - first.at);
  // What is valid has to be saved after it; nobody knows how fast, so the same speed is assumed.
  const later = task.phase === 'VALIDATING' ? now.all - task.errorRows : 0;
  return { perSecond, leftMs: (1000 * (now.all - now.done + later)) / perSecond };
}
