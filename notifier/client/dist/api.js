/** The REST interface, typed. */
export const BASE_PATH = '/upload-xlsx';
/** An answer that is no success; body is what the server said about it. */
export class ApiError extends Error {
    status;
    body;
    constructor(status, body) {
        super(body.message);
        this.name = 'ApiError';
        this.status = status;
        this.body = body;
    }
}
/** A form that the server accepts: options first, so that they are known when the file starts. */
export function uploadForm(file, options) {
    const form = new FormData();
    for (const [name, value] of Object.entries(options))
        if (value !== undefined)
            form.append(name, value);
    form.append('file', file, file.name);
    return form;
}
/** The error that an answer stands for, whatever a proxy made of it. */
export function apiError(status, text, reason) {
    try {
        const body = JSON.parse(text);
        if (typeof body.message === 'string')
            return new ApiError(status, body);
    }
    catch {
        // Not from the sidecar.
    }
    return new ApiError(status, { message: reason || `HTTP ${status}`, error: reason, statusCode: status });
}
export class Api {
    #origin;
    #token;
    constructor({ origin = '', token = () => null } = {}) {
        this.#origin = origin;
        this.#token = token;
    }
    url(path) {
        return `${this.#origin}${BASE_PATH}${path}`;
    }
    headers() {
        const token = this.#token();
        return token ? { Authorization: `Bearer ${token}` } : {};
    }
    async request(method, path, { body, signal } = {}) {
        const answer = await fetch(this.url(path), { method, headers: this.headers(), body: body ?? null, signal: signal ?? null });
        if (!answer.ok)
            throw apiError(answer.status, await answer.text(), answer.statusText);
        return answer;
    }
    async #json(method, path, options) {
        return (await (await this.request(method, path, options)).json());
    }
    tasks({ page = 1, limit = 10, status } = {}, signal) {
        const query = new URLSearchParams({ page: String(page), limit: String(limit), ...(status && { status }) });
        return this.#json('GET', `/tasks?${query}`, signal && { signal });
    }
    task(id) {
        return this.#json('GET', `/tasks/${id}`);
    }
    errors(id, page = 1, limit = 20) {
        return this.#json('GET', `/tasks/${id}/errors?page=${page}&limit=${limit}`);
    }
    errorSummary(id) {
        return this.#json('GET', `/tasks/${id}/errors/summary`);
    }
    report(id) {
        return this.#json('GET', `/tasks/${id}/report`);
    }
    retry(id) {
        return this.#json('POST', `/tasks/${id}/retry`);
    }
    cancel(id) {
        return this.#json('POST', `/tasks/${id}/cancel`);
    }
    undo(id) {
        return this.#json('POST', `/tasks/${id}/undo`);
    }
    remove(id) {
        return this.#json('DELETE', `/tasks/${id}`);
    }
    profiles() {
        return this.#json('GET', '/profiles');
    }
    preview(file, options, signal) {
        return this.#json('POST', '/preview', { body: uploadForm(file, options), ...(signal && { signal }) });
    }
    errorsWorkbookPath(id) {
        return `/get-validation-errors-by-task-id/${id}`;
    }
    templatePath(profile) {
        return `/profiles/${encodeURIComponent(profile)}/template`;
    }
}
