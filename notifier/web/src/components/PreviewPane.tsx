import type { Preview, PreviewColumn, Profile, UploadOptions } from 'pg-xlsx-client';
import { useState } from 'react';
import { SheetFindings } from './SheetFindings.js';
import { t } from '../texts/index.js';
import { Notice } from './Notice.js';

/** Column letter of the sheet -> column of the table, "" to leave it out; only the columns that the person changed. */
export type Mapping = Record<string, string>;

const targetOf = (column: PreviewColumn, mapping: Mapping) => mapping[column.col] ?? column.target ?? '';

/** The upload option for the changes; undefined if there are none. */
export function mappingOption(preview: Preview, mapping: Mapping): string | undefined {
  if (Object.keys(mapping).length === 0) return undefined;
  const named = preview.columns.filter(({ header }) => header !== null && header !== '');
  return JSON.stringify(Object.fromEntries(named.map((column) => [column.header, targetOf(column, mapping)])));
}

interface Props {
  preview: Preview;
  profile: Profile | undefined;
  mapping: Mapping;
  onPlace(place: Pick<UploadOptions, 'sheet' | 'headerRow'>): void;
  onMapping(mapping: Mapping): void;
}

/** The content of the file, and which column goes where. The person can change every column. */
export function PreviewPane({ preview, profile, mapping, onPlace, onMapping }: Props) {
  const targets = (profile?.columns ?? []).filter(({ source }) => source === undefined || source === 'cell');
  const taken = new Set(preview.columns.map((column) => targetOf(column, mapping)));
  const missing = targets.filter(({ column, required }) => required && !taken.has(column)).map(({ header }) => header);
  const leftOut = preview.columns.filter((column) => column.header && targetOf(column, mapping) === '').map(({ header }) => header);

  const choose = (column: PreviewColumn, target: string) => {
    const next = { ...mapping, [column.col]: target };
    // Each column of the table takes one column of the sheet only.
    for (const other of preview.columns) if (other.col !== column.col && target !== '' && targetOf(other, mapping) === target) next[other.col] = '';
    onMapping(next);
  };
  return (
    <div className="preview">
      <div className="place">
        <Place preview={preview} onPlace={onPlace} />
        {missing.length === 0 && <p className="faint">{t.preview.fits}</p>}
        {leftOut.length > 0 && <p className="faint">{t.preview.extra} {leftOut.join(', ')}</p>}
      </div>
      {missing.length > 0 && (
        <Notice kind="warn"><strong>{t.preview.missing} {missing.join(', ')}.</strong> {t.preview.missingHint}</Notice>
      )}
      <SheetFindings found={{ ...(preview.duplicates && { duplicates: preview.duplicates }), ...(preview.notes && { notes: preview.notes }), ...(preview.findings && { findings: preview.findings }) }} />
      <div className="scroll" role="region" aria-label={t.preview.table} tabIndex={0}>
        <table className="grid">
          <thead>
            <tr className="letters">
              <td />
              {preview.columns.map(({ col }) => <th key={col} scope="col">{col}</th>)}
            </tr>
            <tr className="targets">
              <td />
              {preview.columns.map((column) => (
                <td key={column.col}>
                  <Target column={column} targets={targets} value={targetOf(column, mapping)} onChoose={(target) => choose(column, target)} />
                </td>
              ))}
            </tr>
            <tr className="headers">
              <th scope="row">{preview.headerRow}</th>
              {preview.columns.map(({ col, header }) => <td key={col}>{header}</td>)}
            </tr>
          </thead>
          <tbody>
            {preview.rows.map(({ rowNumber, values }) => (
              <tr key={rowNumber}>
                <th scope="row">{rowNumber}</th>
                {preview.columns.map((column, index) => (
                  <td key={column.col} className={targetOf(column, mapping) === '' ? 'left-out' : undefined}>{values[index]}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {preview.rows.length === 0 && <p className="faint">{t.preview.empty}</p>}
    </div>
  );
}

/* The choice of the sheet and of its header row. */
function Place({ preview, onPlace }: Pick<Props, 'preview' | 'onPlace'>) {
  const [row, setRow] = useState<string | null>(null);
  const settle = () => {
    if (row !== null && /^[1-9]\d*$/.test(row) && Number(row) !== preview.headerRow) onPlace({ headerRow: row });
    setRow(null);
  };
  return (
    <>
      {preview.sheets.length > 1 && (
        <label className="field field-inline">
          <span>{t.preview.sheet}</span>
          <select value={preview.sheet} onChange={(event) => onPlace({ sheet: event.target.value })}>
            {preview.sheets.map(({ name, state }) => (
              <option key={name} value={name}>{state === 'visible' ? name : `${name} (${t.preview.hidden})`}</option>
            ))}
          </select>
        </label>
      )}
      <label className="field field-inline">
        <span>{t.preview.headerRow}</span>
        <input type="number" min={1} max={1048576} value={row ?? preview.headerRow ?? ''} onChange={(event) => setRow(event.target.value)}
          onBlur={settle} onKeyDown={(event) => { if (event.key === 'Enter') settle(); }} />
      </label>
    </>
  );
}

interface TargetProps {
  column: PreviewColumn;
  targets: NonNullable<Profile['columns']>;
  value: string;
  onChoose(target: string): void;
}

function Target({ column, targets, value, onChoose }: TargetProps) {
  const nameless = column.header === null || column.header === '';
  return (
    <select value={value} disabled={nameless} className={value === '' ? 'unmapped' : undefined}
      aria-label={t.preview.goesTo(column.header || column.col)} onChange={(event) => onChoose(event.target.value)}>
      <option value="">{t.preview.leaveOut}</option>
      {targets.map(({ column: name, header, required }) => <option key={name} value={name}>{required ? `${header} *` : header}</option>)}
    </select>
  );
}
