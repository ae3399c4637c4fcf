import { PHASES, phaseProgress, type Task } from 'pg-xlsx-client';
import { useSpeed } from '../hooks/useSpeed.js';
import { duration, number, rowNumber, t } from '../texts/index.js';
import { Bar } from './Bar.js';

/* What is said while it works. */
function statusText(task: Task, validating: number, saving: number): string {
  switch (task.phase) {
    case null: return task.attempts > 0 ? t.progress.retrying : t.progress.waiting;
    case 'VALIDATING': return t.progress.validating(rowNumber(task.validatedRows), rowNumber(task.totalRows ?? task.validatedRows), validating);
    case 'SAVING': return task.dryRun ? t.progress.checked(saving) : t.progress.saving(saving);
    default: return t.progress[task.phase];
  }
}

/** The four phases of an active task, and its two bars. */
export function Progress({ task }: { task: Task }) {
  const { validating, saving } = phaseProgress(task);
  const speed = useSpeed(task);
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
        <span className="progress-status">{statusText(task, validating, saving)}</span>
        {task.errorRows > 0 && <span className="count-bad">{t.progress.errorsSoFar(number(task.errorRows))}</span>}
        {speed && <span className="faint">{t.progress.speed(number(speed.perSecond))}</span>}
        {speed && <span className="faint">{t.progress.left(duration(Math.max(1000, speed.leftMs)))}</span>}
      </p>
    </div>
  );
}
