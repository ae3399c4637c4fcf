import type { Profile } from 'pg-xlsx-client';
import { useCallback, useState } from 'react';
import { download } from '../api.js';
import { useProfiles } from '../hooks/useProfiles.js';
import { useStagedFiles } from '../hooks/useStagedFiles.js';
import { t } from '../texts/index.js';
import { Dropzone } from './Dropzone.js';
import { Notice } from './Notice.js';
import { StagedFiles } from './StagedFiles.js';

/** The drop zone, the expected columns, and the chosen files. */
export function NewImport({ onUploaded }: { onUploaded(): void }) {
  const profiles = useProfiles();
  const [chosen, setChosen] = useState<string | null>(null);
  const [refused, setRefused] = useState<string[]>([]);
  const staged = useStagedFiles(onUploaded);
  const { add } = staged;

  const take = useCallback((files: File[]) => {
    const workbooks = files.filter(({ name }) => /\.xlsx$/i.test(name));
    setRefused(files.filter((file) => !workbooks.includes(file)).map(({ name }) => name));
    if (workbooks.length > 0) add(workbooks);
  }, [add]);

  const all = profiles.data ?? [];
  const profile = all.find(({ name }) => name === chosen) ?? all.find((one) => one.default) ?? all[0];
  return (
    <section className="new-import" aria-labelledby="new-import">
      <h2 id="new-import">{t.drop.heading}</h2>
      {profiles.isSuccess && !profile ? (
        <Notice kind="warn"><strong>{t.drop.noProfiles}</strong> {t.drop.noProfilesHint}</Notice>
      ) : (
        <>
          <Dropzone onFiles={take} small={staged.list.length > 0} />
          {profile && <Expected profiles={all} profile={profile} onProfile={setChosen} />}
        </>
      )}
      {refused.map((name) => <Notice key={name} kind="bad">{t.drop.notWorkbook(name)}</Notice>)}
      <StagedFiles staged={staged} profile={profile} />
    </section>
  );
}

interface ExpectedProps {
  profiles: Profile[];
  profile: Profile;
  onProfile(name: string): void;
}

/* The columns that a workbook should have. */
function Expected({ profiles, profile, onProfile }: ExpectedProps) {
  const columns = profile.columns?.filter(({ source }) => source === undefined || source === 'cell') ?? profile.headers.map((header) => ({ header, required: false }));
  return (
    <div className="expected">
      {profiles.length > 1 && (
        <label className="field field-inline">
          <span>{t.drop.profile}</span>
          <select value={profile.name} onChange={(event) => onProfile(event.target.value)}>
            {profiles.map(({ name }) => <option key={name}>{name}</option>)}
          </select>
        </label>
      )}
      <p className="expected-columns">
        <span>{t.drop.columns}</span>{' '}
        {columns.map(({ header, required }) => (
          <span key={header} className="chip" title={required ? t.drop.required : undefined}>
            {header}{required && <span className="mark" aria-label={t.drop.required}>*</span>}
          </span>
        ))}
      </p>
      {profile.columns && (
        <button type="button" className="link" onClick={() => void download(`/profiles/${encodeURIComponent(profile.name)}/template`)}>
          {t.drop.template}
        </button>
      )}
    </div>
  );
}
