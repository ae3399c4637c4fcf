/** A text that says what is deleted with a task. */

import type { Task } from 'pg-xlsx-client';
import { number, t } from './texts/index.js';

export function removalHint(task: Task): string {
  const words = t.confirm.removeHint;
  const added = task.insertedRows ?? 0;
  const saved = task.dryRun ? 0 : task.savedRows;
  const sentences = [
    task.deletesRows && added > 0 ? words.rowsGo(number(added), added === 1)
      : saved > 0 ? words.rowsStay(number(saved), saved === 1)
        : words.entry,
    task.deletesRows && (task.updatedRows ?? 0) > 0 && words.updatedStay,
    words.forGood,
  ];
  return sentences.filter(Boolean).join(' ');
}
