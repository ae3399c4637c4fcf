/** A bar from 0 to 100; label is for screen readers. */
export function Bar({ label, percent, kind = 'plain' }: { label: string; percent: number; kind?: 'plain' | 'validating' | 'saving' }) {
  return (
    <div className={`bar bar-${kind}`} role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={percent}>
      <div className="bar-fill" style={{ inlineSize: `${percent}%` }} />
    </div>
  );
}
