/** The REST interface, typed. */

import { identityOf } from './identity.js';
import type {
  ApiErrorBody, Duplicate, ErrorGroup, ErrorRow, ErrorsAfter, Page, Preview, Profile, Report, RowsAfter, Task, TaskDetail, TaskStatus, UndoAnswer, UploadOptions,
} from './types.js';

export const BASE_PATH = '/upload-xlsx';

/** An answer that is not a success; body is the answer's body. */
export class ApiError extends Error {
  readonly status: number;
  readonly body: ApiErrorBody;

  constructor(status: number, body: ApiErrorBody) {
    super(body.message);
    this.name = 'ApiError';
    this.status = status;
    this.body = body;
  }
}

export interface ApiOptions {
  /** Where the sidecar is, with the path below which a proxy has it: `https://example.org/app`, `/app`. "" is the root of the page's host. */
  origin?: string;
  /** Sent as a bearer token, if given. */
  token?: () => string | null;
}

/** A form that the server accepts: options first, so that the server knows them when the file starts. */
export function uploadForm(file: File, options: UploadOptions): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(options)) if (value !== undefined) form.append(name, value);
  form.append('file', file, file.name);
  return form;
}

/** The error of an answer, also if a proxy made the answer. */
export function apiError(status: number, text: string, reason: string): ApiError {
  try {
    const body = JSON.parse(text) as ApiErrorBody;
    if (typeof body.message === 'string') return new ApiError(status, body);
  } catch {
    // The answer is not the sidecar's.
  }
  return new ApiError(status, { message: reason || `HTTP ${status}`, error: reason, statusCode: status });
}

export class Api {
  readonly #origin: string;
  readonly #token: () => string | null;

  constructor({ origin = '', token = () => null }: ApiOptions = {}) {
    this.#origin = origin;
    this.#token = token;
  }

  url(path: string): string {
    return `${this.#origin}${BASE_PATH}${path}`;
  }

  /** Says who the token speaks for: the same for all tokens of one person. */
  get identity(): string {
    return identityOf(this.#token());
  }

  headers(): Record<string, string> {
    const token = this.#token();
    return token ? { Authorization: `Bearer ${token}` } : {};
  }

  async request(method: string, path: string, { body, signal }: { body?: FormData; signal?: AbortSignal } = {}): Promise<Response> {
    const answer = await fetch(this.url(path), { method, headers: this.headers(), body: body ?? null, signal: signal ?? null });
    if (!answer.ok) throw apiError(answer.status, await answer.text(), answer.statusText);
    return answer;
  }

  async #json<T>(method: string, path: string, options?: { body?: FormData; signal?: AbortSignal }): Promise<T> {
    return (await (await this.request(method, path, options)).json()) as T;
  }

  tasks({ page = 1, limit = 10, status, params }: { page?: number; limit?: number; status?: TaskStatus | undefined; params?: Record<string, unknown> } = {}, signal?: AbortSignal) {
    const query = new URLSearchParams({ page: String(page), limit: String(limit), ...(status && { status }), ...(params && { params: JSON.stringify(params) }) });
    return this.#json<Page<Task>>('GET', `/tasks?${query}`, signal && { signal });
  }

  task(id: number) {
    return this.#json<TaskDetail>('GET', `/tasks/${id}`);
  }

  errors(id: number, page = 1, limit = 20) {
    return this.#json<Page<ErrorRow>>('GET', `/tasks/${id}/errors?page=${page}&limit=${limit}`);
  }

  /** Error rows behind a row of the sheet: begin with 0, and go on with meta.next until it is null. */
  errorsAfter(id: number, after = 0, limit = 100) {
    return this.#json<ErrorsAfter>('GET', `/tasks/${id}/errors?after=${after}&limit=${limit}`);
  }

  /** What became of the rows behind a row of the sheet: begin with 0, and go on with meta.next until it is null. */
  rowsAfter(id: number, after = 0, limit = 100) {
    return this.#json<RowsAfter>('GET', `/tasks/${id}/rows?after=${after}&limit=${limit}`);
  }

  errorSummary(id: number) {
    return this.#json<{ data: ErrorGroup[] }>('GET', `/tasks/${id}/errors/summary`);
  }

  /** JSON Schema of a profile's rows. */
  rowSchema(profile: string) {
    return this.#json<Record<string, unknown>>('GET', `/profiles/${encodeURIComponent(profile)}/schema`);
  }

  report(id: number) {
    return this.#json<Report>('GET', `/tasks/${id}/report`);
  }

  retry(id: number) {
    return this.#json<Task>('POST', `/tasks/${id}/retry`);
  }

  cancel(id: number) {
    return this.#json<Task>('POST', `/tasks/${id}/cancel`);
  }

  undo(id: number) {
    return this.#json<UndoAnswer>('POST', `/tasks/${id}/undo`);
  }

  /** The task that has imported a file with this SHA-256 by the profile, or null. */
  duplicate(sha256: string, profile?: string, signal?: AbortSignal) {
    const query = new URLSearchParams({ sha256, ...(profile && { profile }) });
    return this.#json<{ duplicateOf: Duplicate | null }>('GET', `/duplicates?${query}`, signal && { signal });
  }

  /** Imports a dry run for good, as it was checked: a new task. */
  run(id: number) {
    return this.#json<Task>('POST', `/tasks/${id}/run`);
  }

  /** Lets a held task start. */
  release(id: number) {
    return this.#json<Task>('POST', `/tasks/${id}/release`);
  }

  /** Removes its file, its error rows and the old values of rows; the task stays. */
  erase(id: number) {
    return this.#json<Task>('POST', `/tasks/${id}/erase`);
  }

  remove(id: number) {
    return this.#json<{ message: string }>('DELETE', `/tasks/${id}`);
  }

  profiles() {
    return this.#json<{ data: Profile[] }>('GET', '/profiles');
  }

  preview(file: File, options: UploadOptions, signal?: AbortSignal) {
    return this.#json<Preview>('POST', '/preview', { body: uploadForm(file, options), ...(signal && { signal }) });
  }

  errorsWorkbookPath(id: number): string {
    return `/get-validation-errors-by-task-id/${id}`;
  }

  /** The user's file with what became of each row. */
  resultPath(id: number): string {
    return `/tasks/${id}/result`;
  }

  templatePath(profile: string): string {
    return `/profiles/${encodeURIComponent(profile)}/template`;
  }
}
