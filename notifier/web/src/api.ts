/** The sidecar that this page came from. */

import { Api, ApiError } from 'pg-xlsx-client';
import { PLACE } from './place.js';
import { currentToken } from './session.js';

export const api = new Api({ origin: PLACE.slice(0, -1), token: currentToken });

/** True if the server lacks the route, because it is older than the feature; false if it lacks the object. */
export function isRouteMissing(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 404 || error.status === 405) && /^Cannot [A-Z]+ /.test(error.message);
}

/** Message, detail and hint of an error; null if the server did not answer. */
export function explain(error: unknown): string | null {
  if (!(error instanceof ApiError)) return null;
  const { message, detail, hint } = error.body;
  return [message, detail, hint].filter(Boolean).join(' ');
}

/** Saves an answer as a file. Without a token a link does this; a link cannot carry a token. */
export async function download(path: string): Promise<void> {
  const link = document.createElement('a');
  if (currentToken() === null) {
    link.href = api.url(path);
    link.download = '';
    link.click();
    return;
  }
  const answer = await api.request('GET', path);
  const address = URL.createObjectURL(await answer.blob());
  link.href = address;
  link.download = /filename="([^"]+)"/.exec(answer.headers.get('content-disposition') ?? '')?.[1] ?? 'download.xlsx';
  link.click();
  // The browser reads the address after this turn of the event loop.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
