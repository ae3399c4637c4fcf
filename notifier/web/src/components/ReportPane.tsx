import { useQuery } from '@tanstack/react-query';
import type { Report, Task } from 'pg-xlsx-client';
import { api, explain } from '../api.js';
import { duration, number, t } from '../texts/index.js';
import { Groups } from './ErrorsPane.js';
import { Notice } from './Notice.js';
import { SheetFindings } from './SheetFindings.js';

/** The report of an import, or of a check. */
export function ReportPane({ task }: { task: Task }) {
  const report = useQuery({ queryKey: ['report', task.id, task.completedAt], queryFn: () => api.report(task.id), staleTime: Infinity });
  return (
    <div className="pane">
      {report.isError && <Notice kind="bad"><strong>{t.report.failed}</strong> {explain(report.error) ?? t.offline}</Notice>}
      {report.data && <Contents report={report.data} />}
    </div>
  );
}

function Contents({ report }: { report: Report }) {
  const { counts, dryRun } = report;
  const figures: [string, number | undefined][] = [
    [dryRun ? t.report.wouldInsert : t.report.inserted, counts.wouldInsert ?? counts.inserted ?? 0],
    [dryRun ? t.report.wouldUpdate : t.report.updated, (counts.wouldUpdate ?? counts.updated) || undefined],
    [t.report.unchanged, counts.unchanged || undefined],
    [dryRun ? t.report.wouldSkip : t.report.skipped, (counts.wouldSkip ?? counts.skipped) || undefined],
    [dryRun ? t.report.wouldDelete : t.report.deleted, (counts.wouldDelete ?? counts.deleted) || undefined],
    [t.report.absent, counts.absent || undefined],
    [t.report.errors, counts.errors],
    [t.report.warnings, counts.warnings || undefined],
  ];
  return (
    <>
      <h4>{t.report.heading}</h4>
      {dryRun && <p className="faint">{t.report.nothingSaved} {t.report.importNow}</p>}
      <dl className="counts">
        {figures.filter(([, count]) => count !== undefined).map(([label, count]) => <div key={label}><dt>{label}</dt><dd>{number(count!)}</dd></div>)}
      </dl>
      <dl className="facts">
        {report.sheet && <div><dt>{t.report.sheet}</dt><dd>{report.sheet}</dd></div>}
        {report.headerRow !== null && <div><dt>{t.report.headerRow}</dt><dd>{report.headerRow}</dd></div>}
        <div>
          <dt>{t.report.mapping}</dt>
          <dd>{report.mapping.filter(({ header, col }) => header !== null || col)
            .map(({ header, col, column }) => <span key={column} className="chip">{header ?? t.found.column(col!)} → {column}</span>)}</dd>
        </div>
        {report.phases.length > 0 && (
          <div>
            <dt>{t.report.times}</dt>
            <dd>{report.phases.map(({ phase, ms }) => `${t.phases[phase]} ${duration(ms)}`).join(', ')}</dd>
          </div>
        )}
      </dl>
      <SheetFindings found={report} />
      {report.errors.length > 0 && <Groups groups={report.errors} />}
    </>
  );
}
