import type { Task } from 'pg-xlsx-client';
import { t } from '../texts/index.js';

type Found = Partial<Pick<Task, 'missing' | 'unused' | 'duplicates' | 'notes' | 'findings'>>;

/** What an import found in the sheet besides its values: missing columns, columns that go nowhere, and what else is worth a look. */
export function SheetFindings({ found }: { found: Found }) {
  const { missing = [], unused = [], duplicates = [], notes = [], findings = [] } = found;
  const lines: [string, string[]][] = [
    [t.found.missing, missing.map(({ header, nearest }) => (nearest ? `${header} (${t.found.nearest(nearest)})` : header))],
    [t.found.unused, unused.map(({ header, col }) => header ?? t.found.column(col))],
    [t.found.duplicates, duplicates.map(({ header, cols }) => `${header} (${cols.join(', ')})`)],
    [t.found.findings, findings.map(({ header, text }) => `${header}: ${text}.`)],
    [t.found.notes, notes.map(({ message }) => message)],
  ];
  const shown = lines.filter(([, items]) => items.length > 0);
  return shown.length === 0 ? null : (
    <dl className="facts found">
      {shown.map(([label, items]) => <div key={label}><dt>{label}</dt><dd>{items.join(label === t.found.notes || label === t.found.findings ? ' ' : ', ')}</dd></div>)}
    </dl>
  );
}
