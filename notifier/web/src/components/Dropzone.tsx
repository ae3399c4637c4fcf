import { useEffect, useId, useRef, useState, type ChangeEvent } from 'react';
import { t } from '../texts/index.js';

/** Accepts files that are dropped anywhere on the page, or chosen by mouse or keyboard. */
export function Dropzone({ onFiles, small }: { onFiles(files: File[]): void; small: boolean }) {
  const over = useDropAnywhere(onFiles);
  const hint = useId();
  const choose = (event: ChangeEvent<HTMLInputElement>) => {
    onFiles([...(event.target.files ?? [])]);
    // So that the same file can be chosen again.
    event.target.value = '';
  };
  return (
    <label className={`dropzone${small ? ' dropzone-small' : ''}${over ? ' dropzone-over' : ''}`}>
      <input type="file" multiple accept=".xlsx,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        className="unseen" aria-describedby={hint} onChange={choose} />
      <svg viewBox="0 0 24 24" width="28" height="28" aria-hidden="true"><path d="M12 16V4m0 0L7.5 8.5M12 4l4.5 4.5M4 16v3a1.5 1.5 0 0 0 1.5 1.5h13A1.5 1.5 0 0 0 20 19v-3" /></svg>
      <strong>{over ? t.drop.release : t.drop.invite}</strong>
      <span id={hint}>{t.drop.hint}</span>
    </label>
  );
}

/* True while files are dragged over the page. */
function useDropAnywhere(onFiles: (files: File[]) => void): boolean {
  const [over, setOver] = useState(false);
  const depth = useRef(0);
  useEffect(() => {
    const holds = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    const move = (step: number) => {
      depth.current = Math.max(0, depth.current + step);
      setOver(depth.current > 0);
    };
    const enter = (event: DragEvent) => { if (holds(event)) move(1); };
    const leave = (event: DragEvent) => { if (holds(event)) move(-1); };
    const stay = (event: DragEvent) => { if (holds(event)) event.preventDefault(); };
    const drop = (event: DragEvent) => {
      if (!holds(event)) return;
      event.preventDefault();
      move(-Infinity);
      onFiles([...(event.dataTransfer?.files ?? [])]);
    };
    const listeners = { dragenter: enter, dragleave: leave, dragover: stay, drop } as const;
    for (const [name, listener] of Object.entries(listeners)) window.addEventListener(name, listener as EventListener);
    return () => {
      for (const [name, listener] of Object.entries(listeners)) window.removeEventListener(name, listener as EventListener);
    };
  }, [onFiles]);
  return over;
}
