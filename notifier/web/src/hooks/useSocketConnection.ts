import { LiveTasks, NAMESPACE, OwnEvents, sharedSocket, type Connection } from 'pg-xlsx-client';
import { useEffect, useState } from 'react';
import { io } from 'socket.io-client';
import { api } from '../api.js';
import { PLACE } from '../place.js';
import { mergeEnd, mergeProgress, rereadTasks } from '../queries.js';
import { currentToken } from '../session.js';

const connect = () => io(NAMESPACE, { path: `${PLACE}socket.io/`, forceNew: true, auth: (give) => give({ token: currentToken() }) });

export interface Live {
  live: LiveTasks;
  connection: Connection;
  /** The stream is open, or will not be soon: the list may be read. */
  watches: boolean;
}

/**
 * The only socket, opened when a task is active and closed when no task is, and the stream of all of the user's own tasks. All tabs of the browser
 * share them. Their events update the cache.
 */
export function useSocketConnection(): Live {
  const [connection, setConnection] = useState<Connection>('off');
  const [watches, setWatches] = useState(false);
  const [live] = useState(() => new LiveTasks({
    connect: () => sharedSocket(`${PLACE} ${api.identity}`, connect),
    stream: (listener) => new OwnEvents(api, listener),
    onProgress: mergeProgress,
    onEnd: mergeEnd,
    onConnection: setConnection,
    resync: rereadTasks,
    token: currentToken,
  }));
  useEffect(() => {
    void live.watch().then(() => setWatches(true));
    return () => live.close();
  }, [live]);
  return { live, connection, watches };
}
