import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { CellError, ErrorGroup, ErrorRow, Task } from 'pg-xlsx-client';
import { useState } from 'react';
import { api, explain, isRouteMissing } from '../api.js';
import { number, t } from '../texts/index.js';
import { Notice } from './Notice.js';
import { Pager } from './Pager.js';

/** The errors, first by column and rule, then row by row with the wrong cells marked. */
export function ErrorsPane({ task }: { task: Task }) {
  const [page, setPage] = useState(1);
  const attempt = `${task.attempts} ${task.completedAt}`;
  // A server whose tasks have no mode is older than the summary.
  const grouped = task.mode !== undefined;
  const summary = useQuery({ queryKey: ['summary', task.id, attempt], queryFn: () => api.errorSummary(task.id), staleTime: Infinity, enabled: grouped });
  const rows = useQuery({
    queryKey: ['errors', task.id, attempt, page],
    queryFn: () => api.errors(task.id, page),
    staleTime: Infinity,
    placeholderData: keepPreviousData,
  });
  const failed = rows.error ?? (isRouteMissing(summary.error) ? null : summary.error);
  return (
    <div className="pane">
      {failed && <Notice kind="bad"><strong>{t.errors.failed}</strong> {explain(failed) ?? t.offline}</Notice>}
      {(rows.isPending || summary.isLoading) && !failed && <p className="faint" role="status">{t.errors.loading}</p>}
      {summary.data && summary.data.data.length > 0 && <Groups groups={summary.data.data} />}
      {rows.data && rows.data.data.length > 0 && (
        <>
          <h4>{t.errors.rowsHeading}</h4>
          <Rows rows={rows.data.data} />
          <Pager label={t.errors.pages} page={page} pages={rows.data.meta.totalPages} onPage={setPage} />
        </>
      )}
    </div>
  );
}

export function Groups({ groups }: { groups: ErrorGroup[] }) {
  return (
    <>
      <h4>{t.errors.heading}</h4>
      <div className="scroll" role="region" aria-label={t.errors.heading} tabIndex={0}>
        <table className="groups">
          <thead>
            <tr>
              <th scope="col">{t.errors.column}</th>
              <th scope="col">{t.errors.problem}</th>
              <th scope="col" className="right">{t.errors.count}</th>
              <th scope="col">{t.errors.firstAt}</th>
            </tr>
          </thead>
          <tbody>
            {groups.map(({ column, code, message, severity, count, firstRow, firstCell }) => (
              <tr key={`${column} ${code} ${message}`} className={severity === 'warning' ? 'warning' : undefined}>
                <th scope="row">{column ?? t.errors.wholeRow}</th>
                <td>{message}</td>
                <td className="right">{number(count)}</td>
                <td>{firstCell ?? `${t.errors.row} ${firstRow}`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Rows({ rows }: { rows: ErrorRow[] }) {
  const headers = [...new Set(rows.flatMap(({ values }) => Object.keys(values)))];
  return (
    <div className="scroll" role="region" aria-label={t.errors.table} tabIndex={0}>
      <table className="grid">
        <thead>
          <tr className="headers">
            <th scope="col">{t.errors.row}</th>
            {headers.map((header) => <th key={header} scope="col">{header}</th>)}
            <th scope="col">{t.errors.problem}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.rowNumber}>
              <th scope="row">{row.rowNumber}</th>
              {headers.map((header) => <Cell key={header} value={row.values[header]} errors={row.errors.filter(({ column }) => column === header)} />)}
              <td className="problem">{row.errors.map(({ message }) => message).join('; ')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell({ value, errors }: { value: string | null | undefined; errors: CellError[] }) {
  const text = value === null || value === undefined || value === '' ? null : value;
  if (errors.length === 0) return <td>{text}</td>;
  return (
    <td className="bad">
      {text ?? <em>{t.errors.emptyCell}</em>}
      {errors[0]!.cell && <span className="cell-name">{errors[0]!.cell}</span>}
    </td>
  );
}
