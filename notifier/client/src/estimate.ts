/** Estimates the speed of an import and the time left, from its events. */

import { isActive } from './progress.js';
import type { Phase, ShownTask } from './types.js';

/* No estimate is made in a shorter time. */
const LEAST_MS = 250;

/* While the speed of saving is unknown: saving takes about half of the time of checking. */
const SAVING_BY_CHECKING = 0.5;

interface Sample {
  at: number;
  rows: number;
}

export interface Estimate {
  perSecond: number;
  leftMs: number;
}

/* One kind of work, from its beginning. */
class Work {
  #samples: Sample[];

  constructor(readonly since: number, rows: number) {
    this.#samples = [{ at: since, rows }];
  }

  get last(): Sample {
    return this.#samples.at(-1)!;
  }

  add(at: number, rows: number): void {
    if (rows > this.last.rows) this.#samples.push({ at, rows });
  }

  /**
   * Rows per millisecond; null while it is unknown. Targets get slower while their indexes grow, so the later half of
   * the time counts as much as the whole, which other load of the machine disturbs less.
   */
  speed(): number | null {
    const last = this.last;
    const time = last.at - this.since;
    if (time < LEAST_MS) return null;
    const half = this.#samples[this.#samples.filter(({ at }) => at <= last.at - time / 2).length - 1] ?? this.#samples[0]!;
    const between = (from: Sample) => (last.rows - from.rows) / (last.at - from.at);
    const speed = (between(this.#samples[0]!) + between(half)) / 2;
    return speed > 0 ? speed : null;
  }
}

/** Observes one import: call `observe` with the task after each event, and `read` for the estimate. Times are milliseconds of any clock. */
export class Pace {
  #task: ShownTask | null = null;
  #phase: Phase | null = null;
  #checking: Work | null = null;
  /* Begins with VALIDATING if rows are saved meanwhile. */
  #saving: Work | null = null;

  observe(task: ShownTask, at: number): void {
    const working = isActive(task) && (task.phase === 'VALIDATING' || task.phase === 'SAVING');
    this.#task = working ? task : null;
    if (!working || (task.phase === 'VALIDATING' && this.#phase === 'SAVING')) this.#checking = this.#saving = null;
    this.#phase = working ? task.phase : null;
    if (!working) return;
    if (task.phase === 'VALIDATING') {
      this.#checking ??= new Work(at, task.validatedRows);
      this.#checking.add(at, task.validatedRows);
      if (task.writtenRows === undefined) return;
      this.#saving ??= new Work(this.#checking.since, task.writtenRows);
      this.#saving.add(at, task.writtenRows);
    } else {
      this.#saving ??= new Work(at, task.savedRows);
      this.#saving.add(at, task.savedRows);
    }
  }

  /** Null while there is no estimate. */
  read(at: number): Estimate | null {
    if (!this.#task) return null;
    const estimate = this.#phase === 'VALIDATING' ? this.#whileChecking(this.#task, this.#checking!) : this.#whileSaving(this.#task, this.#saving!);
    const since = at - (this.#phase === 'VALIDATING' ? this.#checking! : this.#saving!).last.at;
    return estimate && { perSecond: 1000 * estimate.perMs, leftMs: Math.max(0, estimate.leftMs - since) };
  }

  #whileChecking(task: ShownTask, checking: Work): { perMs: number; leftMs: number } | null {
    const perMs = checking.speed();
    if (perMs === null) return null;
    const all = Math.max(task.totalRows ?? 0, task.validatedRows);
    const checkingLeft = (all - task.validatedRows) / perMs;
    if (!this.#saving) return { perMs, leftMs: checkingLeft + (SAVING_BY_CHECKING * all) / perMs };
    // Both run at the same time, and the slower one ends last.
    const good = all * (1 - task.errorRows / Math.max(task.validatedRows, 1));
    const saved = this.#saving.speed();
    return { perMs, leftMs: Math.max(checkingLeft, saved === null ? 0 : (good - this.#saving.last.rows) / saved) };
  }

  #whileSaving(task: ShownTask, saving: Work): { perMs: number; leftMs: number } | null {
    const all = Math.max(0, (task.totalRows ?? 0) - task.errorRows - (task.skippedRows ?? 0));
    const perMs = saving.speed();
    if (perMs !== null) return { perMs, leftMs: Math.max(0, all - task.savedRows) / perMs };
    // The import has just begun.
    const checked = this.#checking?.speed();
    return checked ? { perMs: checked / SAVING_BY_CHECKING, leftMs: (SAVING_BY_CHECKING * (all - task.savedRows)) / checked } : null;
  }
}
