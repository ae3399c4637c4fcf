/** Sends a file: by tus if it is large and the server can resume uploads, otherwise in one request. */

import { apiError, uploadForm, type UploadOptions } from 'pg-xlsx-client';
import * as tus from 'tus-js-client';
import { api } from './api.js';
import { PLACE } from './place.js';

export const RESUMABLE_FROM = 8_000_000;
/* Whole, because tus-js-client resolves the relative address of an upload by it. */
const TUS_ENDPOINT = new URL(`${PLACE}files/`, document.baseURI).href;
const RETRY_DELAYS_MS = [500, 1000, 3000, 5000, 10_000, 20_000];

export interface UploadHooks {
  onProgress(percent: number): void;
  /** The connection broke, and the upload will continue by itself. */
  onBroken(): void;
}

export interface Upload {
  done: Promise<void>;
  abort(): void;
}

/* Asked once. A server that does not answer this has no resumable uploads. */
let resumable: Promise<boolean> | undefined;

function canResume(): Promise<boolean> {
  resumable ??= fetch(TUS_ENDPOINT, { method: 'OPTIONS' }).then((answer) => answer.ok && answer.headers.has('tus-version'), () => false);
  return resumable;
}

export function startUpload(file: File, options: UploadOptions, hooks: UploadHooks): Upload {
  let running: Upload | undefined;
  let aborted = false;
  const start = async () => {
    const inPieces = file.size >= RESUMABLE_FROM && (await canResume());
    if (aborted) throw new DOMException('', 'AbortError');
    running = inPieces ? resumableUpload(file, options, hooks) : plainUpload(file, options, hooks);
    return running.done;
  };
  return {
    done: start(),
    abort: () => {
      aborted = true;
      running?.abort();
    },
  };
}

/* XMLHttpRequest, because fetch does not report how much was sent. */
function plainUpload(file: File, options: UploadOptions, { onProgress }: UploadHooks): Upload {
  const request = new XMLHttpRequest();
  const done = new Promise<void>((resolve, reject) => {
    request.upload.onprogress = ({ loaded, total }) => onProgress(percent(loaded, total));
    request.onload = () => {
      if (request.status < 300) resolve();
      else reject(apiError(request.status, request.responseText, request.statusText));
    };
    request.onerror = () => reject(new TypeError('network'));
    request.onabort = () => reject(new DOMException('', 'AbortError'));
    request.open('POST', api.url('/upload'));
    for (const [name, value] of Object.entries(api.headers())) request.setRequestHeader(name, value);
    request.send(uploadForm(file, options));
  });
  return { done, abort: () => request.abort() };
}

function resumableUpload(file: File, options: UploadOptions, { onProgress, onBroken }: UploadHooks): Upload {
  let upload: tus.Upload;
  let stop = () => {};
  const done = new Promise<void>((resolve, reject) => {
    const { idempotencyKey: _key, ...meaning } = options;
    upload = new tus.Upload(file, {
      endpoint: TUS_ENDPOINT,
      headers: api.headers(),
      retryDelays: RETRY_DELAYS_MS,
      metadata: { filename: file.name, ...definedOnly(options) },
      // The same file with other options is another import.
      fingerprint: () => Promise.resolve(['pg_xlsx', PLACE, file.name, file.size, file.lastModified, JSON.stringify(meaning)].join(':')),
      removeFingerprintOnSuccess: true,
      onProgress: (sent, total) => onProgress(percent(sent, total)),
      onShouldRetry: (error) => {
        const status = error.originalResponse?.getStatus() ?? 0;
        const passing = status === 0 || status >= 500 || status === 409 || status === 423 || status === 429;
        if (passing) onBroken();
        return passing;
      },
      onSuccess: () => resolve(),
      onError: (error) => reject(tusError(error)),
    });
    stop = () => {
      void upload.abort();
      reject(new DOMException('', 'AbortError'));
    };
    void upload.findPreviousUploads().then(([earlier]) => {
      if (earlier) upload.resumeFromPreviousUpload(earlier);
      upload.start();
    });
  });
  return { done, abort: () => stop() };
}

function tusError(error: Error | tus.DetailedError): Error {
  const answer = 'originalResponse' in error ? error.originalResponse : null;
  return answer ? apiError(answer.getStatus(), answer.getBody(), '') : error;
}

function definedOnly(options: UploadOptions): Record<string, string> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Record<string, string>;
}

const percent = (sent: number, total: number) => (total > 0 ? Math.floor((100 * sent) / total) : 0);
