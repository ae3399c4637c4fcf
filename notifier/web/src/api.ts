/** The sidecar that this page came from. */

import { Api, ApiError } from 'pg-xlsx-client';
import { currentToken } from './session.js';

export const api = new Api({ token: currentToken });

/** The server is older than this feature: its route is not there, rather than what was asked for. */
export function isRouteMissing(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 404 || error.status === 405) && /^Cannot [A-Z]+ /.test(error.message);
}

/** Message, detail and hint of what went wrong, or null when the server did not answer at all. */
export function explain(error: unknown): string | null {
  if (!(error instanceof ApiError)) return null;
  const { message, detail, hint } = error.body;
  return [message, detail, hint].filter(Boolean).join(' ');
}

/** Saves an answer as a file. A link does it without a token, which no link can carry. */
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
