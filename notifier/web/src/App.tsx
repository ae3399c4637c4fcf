import { useCallback, useState } from 'react';
import { Imports } from './components/Imports.js';
import { Masthead } from './components/Masthead.js';
import { NewImport } from './components/NewImport.js';
import { TokenForm } from './components/TokenForm.js';
import { useAnnouncement } from './hooks/useAnnouncer.js';
import { useSocketConnection } from './hooks/useSocketConnection.js';
import { useTaskEvents } from './hooks/useTaskEvents.js';
import { useTasks, type TaskFilter } from './hooks/useTasks.js';
import { useSession } from './session.js';
import { t } from './texts/index.js';

const EVERYTHING: TaskFilter = { page: 1, status: undefined };

export function App() {
  const { refused } = useSession();
  return refused === null ? <Desk /> : <TokenForm reason={refused} />;
}

function Desk() {
  const [filter, setFilter] = useState(EVERYTHING);
  const { live, connection, watches } = useSocketConnection();
  const tasks = useTasks(filter, connection, watches);
  useTaskEvents(live, tasks.data?.data);
  const showNewest = useCallback(() => setFilter(EVERYTHING), []);
  return (
    <>
      <a className="skip" href="#imports">{t.skip}</a>
      <Masthead connection={connection} />
      <main>
        <NewImport onUploaded={showNewest} />
        <Imports tasks={tasks} filter={filter} onFilter={setFilter} />
      </main>
      <p className="unseen" role="status">{useAnnouncement()}</p>
    </>
  );
}
