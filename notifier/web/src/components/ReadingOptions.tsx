import type { UploadOptions } from 'pg-xlsx-client';
import { t } from '../texts/index.js';

export type Reading = Pick<UploadOptions, 'headerCheck' | 'headerRows' | 'fillMerged' | 'skipHidden' | 'stopAt' | 'sheets' | 'dateOrder' | 'decimal' | 'timeZone' | 'blankCells' | 'clearToken'>;

const CHECKS = ['any', 'known', 'exact'] as const;
const ORDERS = ['DMY', 'MDY', 'YMD'] as const;
const DECIMALS = [',', '.'] as const;
const BLANKS = ['keep', 'null', 'default'] as const;

/** The options that say how the sheet is read. What is left alone is not sent: then the profile says it. */
export function ReadingOptions({ value, onChange }: { value: Reading; onChange(value: Reading): void }) {
  const set = (name: keyof Reading, text: string) => {
    const { [name]: _, ...rest } = value;
    onChange(text === '' ? rest : { ...rest, [name]: text });
  };
  return (
    <details className="reading">
      <summary>{t.reading.heading}</summary>
      <label className="field field-inline">
        <span>{t.reading.headerCheck}</span>
        <select value={value.headerCheck ?? ''} onChange={(event) => set('headerCheck', event.target.value)}>
          <option value="">{t.reading.asProfile}</option>
          {CHECKS.map((one) => <option key={one} value={one}>{t.reading.checks[one]}</option>)}
        </select>
      </label>
      <label className="field field-inline">
        <span>{t.reading.headerRows}</span>
        <input type="number" min={1} max={5} value={value.headerRows ?? ''} placeholder={t.reading.asProfile} onChange={(event) => set('headerRows', event.target.value)} />
      </label>
      <label className="field field-inline">
        <span>{t.reading.stopAt}</span>
        <input type="text" value={value.stopAt ?? ''} placeholder="blank_row, ~^Total" onChange={(event) => set('stopAt', event.target.value)} />
      </label>
      <label className="field field-inline">
        <span>{t.reading.sheets}</span>
        <input type="text" value={value.sheets ?? ''} placeholder="~^(Jan|Feb)" onChange={(event) => set('sheets', event.target.value)} />
      </label>
      <label className="field field-inline">
        <span>{t.reading.dateOrder}</span>
        <select value={value.dateOrder ?? ''} onChange={(event) => set('dateOrder', event.target.value)}>
          <option value="">{t.reading.asProfile}</option>
          {ORDERS.map((one) => <option key={one} value={one}>{t.reading.dateOrders[one]}</option>)}
        </select>
      </label>
      <label className="field field-inline">
        <span>{t.reading.decimal}</span>
        <select value={value.decimal ?? ''} onChange={(event) => set('decimal', event.target.value)}>
          <option value="">{t.reading.asProfile}</option>
          {DECIMALS.map((one) => <option key={one} value={one}>{t.reading.decimals[one]}</option>)}
        </select>
      </label>
      <label className="field field-inline">
        <span>{t.reading.timeZone}</span>
        <input type="text" value={value.timeZone ?? ''} placeholder="Europe/Berlin" onChange={(event) => set('timeZone', event.target.value)} />
      </label>
      <label className="field field-inline">
        <span>{t.reading.blankCells}</span>
        <select value={value.blankCells ?? ''} onChange={(event) => set('blankCells', event.target.value)}>
          <option value="">{t.reading.asProfile}</option>
          {BLANKS.map((one) => <option key={one} value={one}>{t.reading.blanks[one]}</option>)}
        </select>
      </label>
      <label className="field field-inline">
        <span>{t.reading.clearToken}</span>
        <input type="text" value={value.clearToken ?? ''} placeholder={t.reading.asProfile} onChange={(event) => set('clearToken', event.target.value)} />
      </label>
      <label className="field field-inline">
        <input type="checkbox" checked={value.fillMerged === 'true'} onChange={(event) => set('fillMerged', event.target.checked ? 'true' : '')} />
        <span>{t.reading.fillMerged}</span>
      </label>
      <label className="field field-inline">
        <input type="checkbox" checked={value.skipHidden === 'true'} onChange={(event) => set('skipHidden', event.target.checked ? 'true' : '')} />
        <span>{t.reading.skipHidden}</span>
      </label>
    </details>
  );
}
