import { sha256, type Duplicate, type UploadOptions } from 'pg-xlsx-client';
import { useCallback, useEffect, useRef, useState } from 'react';
import { api } from '../api.js';

/** Asks before a file is sent that was imported before. A server that cannot tell is not asked twice: the file is sent. */
export function useKnownFile(file: File, profile: string | undefined, onSend: (options: UploadOptions) => void) {
  const [looking, setLooking] = useState(false);
  const [earlier, setEarlier] = useState<Duplicate | null>(null);
  const going = useRef(new AbortController());
  useEffect(() => () => going.current.abort(), []);

  const send = useCallback(async (options: UploadOptions) => {
    const { signal } = (going.current = new AbortController());
    setLooking(true);
    const found = await sha256(file, signal).then((hash) => api.duplicate(hash, profile, signal)).catch(() => ({ duplicateOf: null }));
    if (signal.aborted) return;
    setLooking(false);
    setEarlier(found.duplicateOf);
    if (!found.duplicateOf) onSend(options);
  }, [file, profile, onSend]);

  return { looking, earlier, send, close: useCallback(() => setEarlier(null), []) };
}
