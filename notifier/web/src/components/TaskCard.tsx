import { useMutation } from '@tanstack/react-query';
import { isActive, type Task, type UndoAnswer } from 'pg-xlsx-client';
import { memo, useEffect, useId, useRef, useState } from 'react';
import { api, download, explain } from '../api.js';
import { cancelledHere, forgetCancelled, rememberCancelled } from '../cancelled.js';
import { announce } from '../hooks/useAnnouncer.js';
import { removalHint } from '../removal.js';
import { rereadTasks } from '../queries.js';
import { duration, number, size, t, time } from '../texts/index.js';
import type { Question } from './Confirm.js';
import { ErrorsPane } from './ErrorsPane.js';
import { Notice } from './Notice.js';
import { Progress } from './Progress.js';
import { ReportPane } from './ReportPane.js';
import { SheetFindings } from './SheetFindings.js';

interface Props {
  task: Task;
  onAsk(question: Question): void;
}

/** One import: its progress, or its end and the actions that are possible now. */
export const TaskCard = memo(function TaskCard({ task, onAsk }: Props) {
  const heading = useId();
  const [open, setOpen] = useState<'errors' | 'report' | null>(null);
  const name = task.fileName ?? t.task.untitled;
  const active = isActive(task);
  useEndAnnounced(task, name);
  useEffect(() => { if (active) setOpen(null); }, [active]);
  return (
    <li className={`card task task-${task.status.toLowerCase()}`} aria-labelledby={heading} data-task={task.id} data-status={task.status}>
      <div className="card-head">
        <h3 id={heading}>{name}</h3>
        {task.dryRun && <span className="badge badge-plain">{t.task.dryRun}</span>}
        {task.held && active && <span className="badge badge-plain">{t.task.held}</span>}
        {(task.undone || (task.undoneRows ?? 0) > 0) && <span className="badge badge-plain">{task.undone ? t.task.undone : t.task.partlyUndone}</span>}
        <span className={`badge badge-${task.status.toLowerCase()}`}>{t.status[task.status]}</span>
      </div>
      <p className="faint meta">
        <span>{t.task.number(task.id)}</span>
        {task.profile && <span>{task.profile}</span>}
        {task.fileSize !== null && <span>{size(task.fileSize)}</span>}
        <time dateTime={task.createdAt}>{time(task.createdAt)}</time>
        {task.attempts > 1 && <span>{t.task.attempt(task.attempts)}</span>}
      </p>
      {active && <Progress task={task} />}
      <Outcome task={task} />
      {task.runOf && <p className="faint">{t.task.runOf(number(task.runOf))}</p>}
      {task.ranAs && <p className="faint">{t.task.ranAs(number(task.ranAs))}</p>}
      {task.status === 'COMPLETED' && task.totalRows === 0 && <p className="faint">{t.task.noRows}</p>}
      <div className="foot">
        {!active && (task.dryRun ? <Found task={task} /> : <Counts task={task} />)}
        <Actions task={task} name={name} open={open} onOpen={setOpen} onAsk={onAsk} />
      </div>
      {!active && <SheetFindings found={task} />}
      {open === 'errors' && <ErrorsPane task={task} />}
      {open === 'report' && <ReportPane task={task} />}
    </li>
  );
});

/* Announces only an end that happens while the page is open. */
function useEndAnnounced(task: Task, name: string): void {
  const active = isActive(task);
  const wasActive = useRef(active);
  useEffect(() => {
    if (wasActive.current && !active) announce(t.announce.ended(name, t.status[task.status]));
    wasActive.current = active;
  }, [active, name, task.status]);
}

/* The reason of a failure. A cancelled task shows none, because the person cancelled it. */
function Outcome({ task }: { task: Task }) {
  if (task.status === 'CANCELLED') {
    const words = cancelledHere(task.id) ? t.task.cancelledByYou : task.errorMessage;
    return words ? <Notice kind="plain">{words}</Notice> : null;
  }
  // The detail says what is wrong with this file; the message of wrong headers lists all of them.
  const words = [task.errorDetail, task.errorHint, task.errorMessage].filter(Boolean).join(' ');
  return words ? <Notice kind="bad">{words}</Notice> : null;
}

/* The time of the attempts, without the waits before and between them. */
function worked(task: Task): number | null {
  if (task.workMs !== undefined) return task.workMs;
  return task.startedAt && task.completedAt ? Date.parse(task.completedAt) - Date.parse(task.startedAt) : null;
}

/* The result of a check, and what an import would do. */
function Found({ task }: { task: Task }) {
  const total = task.totalRows ?? 0;
  const { found } = t.task;
  const findings: [number | undefined, (count: string, one: boolean) => string, string?][] = [
    [total, found.rows],
    [total - task.errorRows, found.valid],
    [task.errorRows, found.errors, 'bad'],
    [task.warningRows || undefined, found.warnings],
    [task.insertedRows || undefined, found.inserted],
    [task.updatedRows || undefined, found.updated],
    [task.unchangedRows || undefined, found.unchanged],
    [task.skippedRows || undefined, found.skipped],
    [task.deletedRows || undefined, found.deleted],
    [task.absentRows || undefined, found.absent],
  ];
  return (
    <ul className="counts">
      {findings.map(([count, words, kind], index) => count !== undefined && (
        <li key={index} className={kind && count ? `count-${kind}` : undefined}>{words(number(count), count === 1)}</li>
      ))}
    </ul>
  );
}

function Counts({ task }: { task: Task }) {
  const took = worked(task);
  const counts: [string, number | undefined, string?][] = [
    [t.task.rows, task.totalRows ?? 0],
    [t.task.saved, task.savedRows],
    [t.task.errors, task.errorRows, 'bad'],
    [t.task.warnings, task.warningRows || undefined],
    [t.task.updated, task.updatedRows || undefined],
    [t.task.unchanged, task.unchangedRows || undefined],
    [t.task.skipped, task.skippedRows || undefined],
    [t.task.deleted, task.deletedRows || undefined],
    [t.task.absent, task.absentRows || undefined],
    [t.task.undoneRows, task.undoneRows || undefined],
  ];
  return (
    <dl className="counts">
      {counts.filter(([, count]) => count !== undefined).map(([label, count, kind]) => (
        <div key={label} className={kind && count ? `count-${kind}` : undefined}><dt>{label}</dt><dd>{number(count!)}</dd></div>
      ))}
      {took !== null && <div><dt>{t.task.duration}</dt><dd>{duration(took)}</dd></div>}
    </dl>
  );
}

interface ActionsProps extends Props {
  name: string;
  open: 'errors' | 'report' | null;
  onOpen(open: 'errors' | 'report' | null): void;
}

function Actions({ task, name, open, onOpen, onAsk }: ActionsProps) {
  const [undone, setUndone] = useState<UndoAnswer | null>(null);
  const act = useMutation({ mutationFn: (what: () => Promise<unknown>) => what(), onSettled: rereadTasks });
  const ask = (title: string, hint: string, yes: string, what: () => Promise<unknown>, no?: string) =>
    onAsk({ title, hint, yes, ...(no && { no }), onYes: () => act.mutate(what) });
  const retry = async () => {
    forgetCancelled(task.id);
    await api.retry(task.id);
  };
  const cancel = async () => {
    // The event may arrive before the answer.
    rememberCancelled(task.id);
    await api.cancel(task.id);
  };
  const button = (label: string, onClick: () => void, className?: string) => (
    <button type="button" className={className} disabled={act.isPending} aria-label={t.task.of(label, name)} onClick={onClick}>{label}</button>
  );
  const pane = (which: 'errors' | 'report', show: string, hide: string) => (
    <button type="button" aria-expanded={open === which} aria-label={t.task.of(open === which ? hide : show, name)}
      onClick={() => onOpen(open === which ? null : which)}>{open === which ? hide : show}</button>
  );
  const runs = task.dryRun && !isActive(task) && task.fileKeptUntil && !task.ranAs && task.status !== 'FAILED' && task.status !== 'CANCELLED';
  const hasErrors = !isActive(task) && (task.errorRows > 0 || (task.warningRows ?? 0) > 0);
  return (
    <>
      <div className="actions">
        {hasErrors && pane('errors', t.task.showErrors, t.task.hideErrors)}
        {hasErrors && button(t.task.download, () => act.mutate(() => download(api.errorsWorkbookPath(task.id))))}
        {task.dryRun && !isActive(task) && pane('report', t.task.showReport, t.task.hideReport)}
        {runs && button(t.task.run, () => ask(t.confirm.run(name), t.confirm.runHint, t.task.run, () => api.run(task.id)))}
        {task.held && isActive(task) && button(t.task.release, () => act.mutate(() => api.release(task.id)))}
        {(task.status === 'FAILED' || task.status === 'CANCELLED') && button(t.task.retry, () => act.mutate(retry))}
        {isActive(task) && button(t.task.cancel, () => ask(t.confirm.cancel(name), t.confirm.cancelHint, t.confirm.cancelYes, cancel, t.confirm.cancelNo), 'quiet')}
        {task.undoable && !isActive(task) && button(t.task.undo, () =>
          ask(t.confirm.undo(name), t.confirm.undoHint, t.task.undo, async () => setUndone(await api.undo(task.id))), 'quiet')}
        {task.fileKeptUntil && !isActive(task) && button(t.task.erase, () =>
          ask(t.confirm.erase(name), t.confirm.eraseHint, t.task.erase, () => api.erase(task.id)), 'quiet')}
        {!isActive(task) && button(t.task.remove, () => ask(t.confirm.remove(name), removalHint(task), t.task.remove, () => api.remove(task.id)), 'quiet')}
      </div>
      {act.isError && <Notice kind="bad"><strong>{t.problem}</strong> {explain(act.error) ?? t.offline}</Notice>}
      {undone && <Undone answer={undone} />}
    </>
  );
}

function Undone({ answer }: { answer: UndoAnswer }) {
  return (
    <Notice kind={answer.kept.length > 0 ? 'warn' : 'good'}>
      {t.undo.done(answer.undone)}
      {answer.kept.length > 0 && (
        <>
          {' '}{t.undo.kept(answer.kept.length)}
          <ul>{answer.kept.map(({ rowNumber, key, reason }, index) => <li key={index}>{rowNumber ?? key}: {reason}</li>)}</ul>
        </>
      )}
    </Notice>
  );
}
