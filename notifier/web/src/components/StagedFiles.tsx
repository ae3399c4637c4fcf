import type { Profile, UploadOptions } from 'pg-xlsx-client';
import { useRef } from 'react';
import type { useStagedFiles } from '../hooks/useStagedFiles.js';
import { t } from '../texts/index.js';
import { StagedCard } from './StagedCard.js';

type Staged = ReturnType<typeof useStagedFiles>;

/** The chosen files, each with its preview, and a button that sends them all. */
export function StagedFiles({ staged, profile }: { staged: Staged; profile: Profile | undefined }) {
  // The choices made in each card, for the button that sends them all.
  const choices = useRef(new Map<string, UploadOptions>());
  const waiting = staged.list.filter(({ state }) => state === 'ready' || state === 'failed');
  if (staged.list.length === 0) return null;
  return (
    <>
      <ul className="staged" aria-label={t.staged.list}>
        {staged.list.map((item) => (
          <StagedCard
            key={item.key}
            item={item}
            profile={profile}
            onChoice={(options) => choices.current.set(item.key, options)}
            onSend={(options) => void staged.send(item, options)}
            onStop={() => staged.stop(item.key)}
            onRemove={() => staged.remove(item.key)}
          />
        ))}
      </ul>
      {waiting.length > 1 && (
        <div className="actions">
          <button type="button" className="primary" onClick={() => waiting.forEach((item) => void staged.send(item, choices.current.get(item.key) ?? {}))}>
            {t.staged.importAll(waiting.length)}
          </button>
        </div>
      )}
    </>
  );
}
