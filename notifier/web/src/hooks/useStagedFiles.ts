import type { UploadOptions } from 'pg-xlsx-client';
import { useCallback, useReducer, useRef } from 'react';
import { explain } from '../api.js';
import { rereadTasks } from '../queries.js';
import { t } from '../texts/index.js';
import { startUpload, type Upload } from '../upload.js';
import { announce } from './useAnnouncer.js';

/** A chosen file that is not yet a task. */
export interface StagedFile {
  key: string;
  file: File;
  state: 'ready' | 'uploading' | 'broken' | 'failed';
  percent: number;
  error: string | null;
}

type Action =
  | { type: 'add'; files: StagedFile[] }
  | { type: 'remove'; key: string }
  | { type: 'change'; key: string; change: Partial<StagedFile> };

function reduce(list: StagedFile[], action: Action): StagedFile[] {
  switch (action.type) {
    case 'add': return [...list, ...action.files];
    case 'remove': return list.filter(({ key }) => key !== action.key);
    case 'change': return list.map((item) => (item.key === action.key ? { ...item, ...action.change } : item));
  }
}

/* crypto.randomUUID exists over https only. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Chosen files and their uploads. onUploaded is called after each upload. */
export function useStagedFiles(onUploaded: () => void) {
  const [list, dispatch] = useReducer(reduce, []);
  const uploads = useRef(new Map<string, Upload>());
  // One key for all attempts to send a file with the same options, so that a lost answer does not cause a second task.
  const idempotencyKeys = useRef(new Map<string, string>());

  const add = useCallback((files: File[]) => {
    dispatch({ type: 'add', files: files.map((file) => ({ key: randomKey(), file, state: 'ready', percent: 0, error: null })) });
  }, []);

  const remove = useCallback((key: string) => {
    uploads.current.get(key)?.abort();
    dispatch({ type: 'remove', key });
  }, []);

  const send = useCallback(async ({ key, file }: StagedFile, options: UploadOptions) => {
    const change = (what: Partial<StagedFile>) => dispatch({ type: 'change', key, change: what });
    change({ state: 'uploading', percent: 0, error: null });
    const way = `${key} ${JSON.stringify(options)}`;
    const idempotencyKey = idempotencyKeys.current.get(way) ?? randomKey();
    idempotencyKeys.current.set(way, idempotencyKey);
    const upload = startUpload(file, { ...options, idempotencyKey }, {
      onProgress: (percent) => change({ state: 'uploading', percent }),
      onBroken: () => change({ state: 'broken' }),
    });
    uploads.current.set(key, upload);
    try {
      await upload.done;
      idempotencyKeys.current.delete(way);
      // A file that was only checked will probably be imported next.
      if (options.dryRun) change({ state: 'ready', percent: 0 });
      else dispatch({ type: 'remove', key });
      announce(t.announce.uploaded(file.name));
      onUploaded();
      void rereadTasks();
    } catch (error) {
      const stopped = error instanceof DOMException && error.name === 'AbortError';
      change(stopped ? { state: 'ready', percent: 0 } : { state: 'failed', error: explain(error) ?? t.offline });
    } finally {
      uploads.current.delete(key);
    }
  }, [onUploaded]);

  const stop = useCallback((key: string) => uploads.current.get(key)?.abort(), []);

  return { list, add, remove, send, stop };
}
