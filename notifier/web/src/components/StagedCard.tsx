import type { Mode, Profile, UploadOptions } from 'pg-xlsx-client';
import { useEffect, useId, useMemo, useState } from 'react';
import { explain, isRouteMissing } from '../api.js';
import { usePreview } from '../hooks/usePreview.js';
import type { StagedFile } from '../hooks/useStagedFiles.js';
import { useKnownFile } from '../hooks/useKnownFile.js';
import { number, size, t, time } from '../texts/index.js';
import { Bar } from './Bar.js';
import { Confirm } from './Confirm.js';
import { Notice } from './Notice.js';
import { PreviewPane, mappingOption, type Mapping } from './PreviewPane.js';
import { ReadingOptions, type Reading } from './ReadingOptions.js';

/* A larger file is sent for a preview only when the person asks for it. */
const PREVIEW_AT_ONCE_BYTES = 8_000_000;

interface Props {
  item: StagedFile;
  profile: Profile | undefined;
  onChoice(options: UploadOptions): void;
  onSend(options: UploadOptions): void;
  onStop(): void;
  onRemove(): void;
}

/** One chosen file: its content, the options of its import, and its upload. */
export function StagedCard({ item, profile, onChoice, onSend, onStop, onRemove }: Props) {
  const { file, key, state } = item;
  const [asked, setAsked] = useState(file.size <= PREVIEW_AT_ONCE_BYTES);
  const [place, setPlace] = useState<Pick<UploadOptions, 'sheet' | 'headerRow'>>({});
  const [reading, setReading] = useState<Reading>({});
  const [mapping, setMapping] = useState<Mapping>({});
  const [mode, setMode] = useState<Mode | undefined>(undefined);
  const [asking, setAsking] = useState(false);
  const known = useKnownFile(file, profile?.name, onSend);
  const name = useId();

  const where: UploadOptions = { ...(profile && { profile: profile.name }), ...place, ...reading };
  // A server whose profiles have no columns is older than previews and checks.
  const checkable = profile?.columns !== undefined;
  const preview = usePreview(key, file, where, asked && checkable);
  const shown = preview.isSuccess ? preview.data : undefined;
  const changed = shown && mappingOption(shown, mapping);
  const options = useMemo<UploadOptions>(
    () => ({ ...where, ...(mode && { mode }), ...(changed && { mapping: changed }) }),
    [profile?.name, place, reading, mode, changed],
  );
  useEffect(() => { onChoice(options); }, [options]);

  const chosen = mode ?? profile?.mode;
  const removes = chosen === 'sync' || chosen === 'replace' ? chosen : undefined;
  const busy = state === 'uploading' || state === 'broken';
  return (
    <li className="card staged-card" aria-labelledby={name}>
      <div className="card-head">
        <h3 id={name}>{file.name}</h3>
        <span className="faint">{size(file.size)}</span>
        <button type="button" className="icon" aria-label={t.staged.remove(file.name)} onClick={onRemove}>×</button>
      </div>

      {busy ? <Sending item={item} onStop={onStop} /> : (
        <>
          {item.error && <Notice kind="bad"><strong>{t.staged.failed}</strong> {item.error}</Notice>}
          {preview.isFetching && <p className="faint" role="status">{t.staged.previewing}</p>}
          {preview.isError && !isRouteMissing(preview.error) && (
            <Notice kind="bad"><strong>{t.staged.previewFailed}</strong> {explain(preview.error) ?? t.offline}</Notice>
          )}
          {shown && (
            <PreviewPane preview={shown} profile={profile} mapping={mapping}
              onPlace={(next) => { setPlace((old) => ({ ...old, ...next })); setMapping({}); }}
              onMapping={setMapping} />
          )}
          {checkable && <ReadingOptions value={reading} onChange={(next) => { setReading(next); setMapping({}); }} />}
          <div className="actions">
            {(profile?.modes?.length ?? 0) > 1 && (
              <label className="field field-inline">
                <span>{t.staged.mode}</span>
                <select value={mode ?? profile!.mode ?? profile!.modes![0]} onChange={(event) => setMode(event.target.value as Mode)}>
                  {profile!.modes!.map((one) => <option key={one} value={one}>{t.modes[one]}</option>)}
                </select>
              </label>
            )}
            <span className="spring" />
            {!asked && checkable && <button type="button" onClick={() => setAsked(true)}>{t.staged.preview}</button>}
            {checkable && (
              <button type="button" title={t.staged.checkHint} onClick={() => onSend({ ...options, dryRun: 'true' })}>{t.staged.check}</button>
            )}
            <button type="button" className="primary" disabled={known.looking} onClick={() => (removes ? setAsking(true) : void known.send(options))}>
              {state === 'failed' ? t.staged.again : t.staged.import}
            </button>
          </div>
          {known.looking && <p className="faint" role="status">{t.staged.looking}</p>}
          {known.earlier && (
            <Confirm onClose={known.close} question={{
              title: t.confirm.again(file.name),
              hint: t.confirm.againHint(number(known.earlier.taskId), known.earlier.completedAt && time(known.earlier.completedAt)),
              yes: t.confirm.againYes, onYes: () => onSend(options),
            }} />
          )}
          {asking && removes && (
            <Confirm onClose={() => setAsking(false)} question={{
              title: t.confirm.removing(file.name), hint: t.confirm.removingHint[removes], yes: t.staged.import, onYes: () => void known.send(options),
            }} />
          )}
        </>
      )}
    </li>
  );
}

function Sending({ item, onStop }: { item: StagedFile; onStop(): void }) {
  const text = item.state === 'broken' ? t.staged.resuming : item.percent >= 100 ? t.staged.finishing : t.staged.uploading(item.percent);
  return (
    <div className="sending">
      <p>{text}</p>
      <Bar label={t.staged.bar(item.file.name)} percent={item.percent} />
      <button type="button" onClick={onStop}>{t.staged.stop}</button>
    </div>
  );
}
