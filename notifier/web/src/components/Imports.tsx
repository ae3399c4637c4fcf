import type { UseQueryResult } from '@tanstack/react-query';
import { STATUSES, type Page, type Task, type TaskStatus } from 'pg-xlsx-client';
import { useState } from 'react';
import { explain } from '../api.js';
import type { TaskFilter } from '../hooks/useTasks.js';
import { t } from '../texts/index.js';
import { Confirm, type Question } from './Confirm.js';
import { Notice } from './Notice.js';
import { Pager } from './Pager.js';
import { TaskCard } from './TaskCard.js';

interface Props {
  tasks: UseQueryResult<Page<Task>>;
  filter: TaskFilter;
  onFilter(filter: TaskFilter): void;
}

/** The list of imports with its filter and its pages. */
export function Imports({ tasks, filter, onFilter }: Props) {
  const [question, setQuestion] = useState<Question | null>(null);
  const list = tasks.data?.data ?? [];
  const meta = tasks.data?.meta;
  const show = (status: string) => onFilter({ page: 1, status: status === '' ? undefined : (status as TaskStatus) });
  return (
    <section className="imports" id="imports" tabIndex={-1} aria-labelledby="imports-heading" aria-busy={tasks.isPending}>
      <div className="section-head">
        <h2 id="imports-heading">{t.tasks.heading}</h2>
        <label className="field field-inline">
          <span>{t.tasks.filter}</span>
          <select value={filter.status ?? ''} onChange={(event) => show(event.target.value)}>
            <option value="">{t.tasks.all}</option>
            {STATUSES.map((status) => <option key={status} value={status}>{t.status[status]}</option>)}
          </select>
        </label>
      </div>
      {tasks.isError && (
        <Notice kind="bad">
          <strong>{t.tasks.failed}</strong> {explain(tasks.error) ?? t.offline} {list.length > 0 && t.tasks.failedHint}{' '}
          <button type="button" className="link" onClick={() => void tasks.refetch()}>{t.tasks.tryNow}</button>
        </Notice>
      )}
      {tasks.isPending && !tasks.isError && <Skeleton />}
      {tasks.isSuccess && list.length === 0 && <Empty filtered={filter.status !== undefined} />}
      <ul className="tasks">
        {list.map((task) => <TaskCard key={task.id} task={task} onAsk={setQuestion} />)}
      </ul>
      {meta && <Pager label={t.tasks.pages} page={meta.page} pages={meta.totalPages} onPage={(page) => onFilter({ ...filter, page })} />}
      {question && <Confirm question={question} onClose={() => setQuestion(null)} />}
    </section>
  );
}

function Empty({ filtered }: { filtered: boolean }) {
  return (
    <div className="empty">
      <p><strong>{filtered ? t.tasks.emptyFilter : t.tasks.empty}</strong></p>
      {!filtered && <p>{t.tasks.emptyHint}</p>}
    </div>
  );
}

function Skeleton() {
  return (
    <div className="skeleton" role="status">
      <span className="unseen">{t.tasks.loading}</span>
      <div /><div /><div />
    </div>
  );
}
