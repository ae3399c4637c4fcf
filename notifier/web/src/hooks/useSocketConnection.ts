import { LiveTasks, NAMESPACE, type Connection } from 'pg-xlsx-client';
import { useEffect, useState } from 'react';
import { io } from 'socket.io-client';
import { PLACE } from '../place.js';
import { mergeEnd, mergeProgress, rereadTasks } from '../queries.js';
import { currentToken } from '../session.js';

/** The page's only socket. It is opened when a task is active and closed when no task is. Its events update the cache. */
export function useSocketConnection(): { live: LiveTasks; connection: Connection } {
  const [connection, setConnection] = useState<Connection>('off');
  const [live] = useState(() => new LiveTasks({
    connect: () => io(NAMESPACE, { path: `${PLACE}socket.io/`, forceNew: true, auth: (give) => give({ token: currentToken() }) }),
    onProgress: mergeProgress,
    onEnd: mergeEnd,
    onConnection: setConnection,
    resync: rereadTasks,
    token: currentToken,
  }));
  useEffect(() => () => live.close(), [live]);
  return { live, connection };
}
