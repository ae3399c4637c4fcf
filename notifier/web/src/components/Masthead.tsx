import type { Connection } from 'pg-xlsx-client';
import { signOut, useSession } from '../session.js';
import { t } from '../texts/index.js';

/** The head of the page. It shows when the list was last read. */
export function Masthead({ connection }: { connection: Connection }) {
  const { token } = useSession();
  return (
    <header className="masthead">
      <img src="favicon.svg" alt="" width="32" height="32" />
      <h1>{t.title}</h1>
      <div className="freshness" role="status">
        {connection === 'live' && <span className="pill pill-live">{t.connection.live}</span>}
        {connection === 'reconnecting' && (
          <span className="pill pill-down" title={t.connection.reconnectingHint}>{t.connection.reconnecting}</span>
        )}
      </div>
      {token !== null && <button type="button" className="quiet" onClick={signOut}>{t.token.forget}</button>}
    </header>
  );
}
