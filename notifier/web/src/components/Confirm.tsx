import { useEffect, useId, useRef } from 'react';
import { t } from '../texts/index.js';

export interface Question {
  title: string;
  hint: string;
  yes: string;
  /** The label of the safe answer; "Cancel" by default. */
  no?: string;
  onYes(): void;
}

/** Asks before an action that cannot be undone. The safe answer has the focus. */
export function Confirm({ question, onClose }: { question: Question; onClose(): void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => { dialog.current?.showModal(); }, []);
  const yes = () => {
    dialog.current?.close();
    question.onYes();
  };
  return (
    <dialog ref={dialog} aria-labelledby={`${id}title`} aria-describedby={`${id}hint`} onClose={onClose}>
      <h2 id={`${id}title`}>{question.title}</h2>
      <p id={`${id}hint`}>{question.hint}</p>
      <div className="actions">
        <button type="button" autoFocus onClick={() => dialog.current?.close()}>{question.no ?? t.confirm.no}</button>
        <button type="button" className="danger" onClick={yes}>{question.yes}</button>
      </div>
    </dialog>
  );
}
