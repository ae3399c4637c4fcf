import { PHASES, phaseProgress, type ShownTask } from 'pg-xlsx-client';
import { useCountdown } from '../hooks/useCountdown.js';
import { useSpeed } from '../hooks/useSpeed.js';
import { duration, number, rowNumber, t } from '../texts/index.js';
import { Bar } from './Bar.js';

/* The text between two attempts. */
function retryText(task: ShownTask, inMs: number | null): string {
  const attempt = task.nextAttempt ?? task.attempts + 1;
  return inMs !== null && inMs > 0 ? t.progress.retryingIn(attempt, duration(Math.ceil(inMs / 1000) * 1000)) : t.progress.retrying(attempt);
}

/* The text while an import runs. */
function statusText(task: ShownTask, validating: number, saving: number, retryInMs: number | null): string {
  switch (task.phase) {
    case null: return task.attempts > 0 || task.nextAttempt !== undefined ? retryText(task, retryInMs) : t.progress.waiting;
    case 'VALIDATING': return t.progress.validating(rowNumber(task.validatedRows), rowNumber(task.totalRows ?? task.validatedRows), validating);
    case 'SAVING':
      if (task.dryRun) return t.progress.checked(saving);
      return task.committed === false ? t.progress.promised(saving) : t.progress.saving(saving);
    default: return t.progress[task.phase];
  }
}

/** The four phases of an active task, and its two bars. */
export function Progress({ task }: { task: ShownTask }) {
  const { validating, saving } = phaseProgress(task);
  const speed = useSpeed(task);
  const retryInMs = useCountdown(task.retryAt);
  const current = task.phase === null ? -1 : PHASES.indexOf(task.phase);
  return (
    <div className="progress">
      <ol className="phases">
        {PHASES.map((phase, index) => (
          <li key={phase} className={index < current ? 'done' : index === current ? 'current' : undefined} aria-current={index === current ? 'step' : undefined}>
            {t.phases[phase]}
            {index <= current && <span className="unseen"> ({index < current ? t.phaseDone : t.phaseCurrent})</span>}
          </li>
        ))}
      </ol>
      <div className="bars">
        <Bar kind="validating" label={t.progress.validatingBar} percent={validating} />
        <Bar kind="saving" label={t.progress.savingBar} percent={saving} />
      </div>
      <p className="progress-text">
        <span className="progress-status">{statusText(task, validating, saving, retryInMs)}</span>
        {task.errorRows > 0 && <span className="count-bad">{t.progress.errorsSoFar(number(task.errorRows))}</span>}
        {speed && <span className="faint">{t.progress.speed(number(speed.perSecond))}</span>}
        {speed && <span className="faint">{t.progress.left(duration(Math.max(1000, speed.leftMs)))}</span>}
      </p>
      {task.waitingFor && <p className="faint waiting-for">{t.progress.waitingFor(task.waitingFor)}</p>}
    </div>
  );
}
