import { useState, type FormEvent } from 'react';
import { queryClient } from '../queries.js';
import { signIn, useSession } from '../session.js';
import { t } from '../texts/index.js';

/** Asks for a token after the server has answered 401. */
export function TokenForm({ reason }: { reason: string }) {
  const { token } = useSession();
  const [value, setValue] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (value.trim() === '') return;
    // Removes everything that another user saw.
    queryClient.clear();
    signIn(value.trim());
  };
  return (
    <main className="gate">
      <form className="sheet" onSubmit={submit}>
        <h1>{t.token.heading}</h1>
        <p>{t.token.hint}</p>
        {token !== null && <p className="notice notice-bad" role="alert">{t.token.refused} {reason}</p>}
        <label className="field">
          <span>{t.token.label}</span>
          <input type="password" autoComplete="off" autoFocus spellCheck={false} value={value} onChange={(event) => setValue(event.target.value)} />
        </label>
        <button type="submit" className="primary">{t.token.go}</button>
      </form>
    </main>
  );
}
