/** The REST interface, typed. */
import type { ApiErrorBody, ErrorGroup, ErrorRow, Page, Preview, Profile, Report, Task, TaskDetail, TaskStatus, UndoAnswer, UploadOptions } from './types.js';
export declare const BASE_PATH = "/upload-xlsx";
/** An answer that is no success; body is what the server said about it. */
export declare class ApiError extends Error {
    readonly status: number;
    readonly body: ApiErrorBody;
    constructor(status: number, body: ApiErrorBody);
}
export interface ApiOptions {
    /** Where the sidecar is; "" is where the page came from. */
    origin?: string;
    /** Sent as a bearer token when there is one. */
    token?: () => string | null;
}
/** A form that the server accepts: options first, so that they are known when the file starts. */
export declare function uploadForm(file: File, options: UploadOptions): FormData;
/** The error that an answer stands for, whatever a proxy made of it. */
export declare function apiError(status: number, text: string, reason: string): ApiError;
export declare class Api {
    #private;
    constructor({ origin, token }?: ApiOptions);
    url(path: string): string;
    headers(): Record<string, string>;
    request(method: string, path: string, { body, signal }?: {
        body?: FormData;
        signal?: AbortSignal;
    }): Promise<Response>;
    tasks({ page, limit, status }?: {
        page?: number;
        limit?: number;
        status?: TaskStatus | undefined;
    }, signal?: AbortSignal): Promise<Page<Task>>;
    task(id: number): Promise<TaskDetail>;
    errors(id: number, page?: number, limit?: number): Promise<Page<ErrorRow>>;
    errorSummary(id: number): Promise<{
        data: ErrorGroup[];
    }>;
    report(id: number): Promise<Report>;
    retry(id: number): Promise<Task>;
    cancel(id: number): Promise<Task>;
    undo(id: number): Promise<UndoAnswer>;
    remove(id: number): Promise<{
        message: string;
    }>;
    profiles(): Promise<{
        data: Profile[];
    }>;
    preview(file: File, options: UploadOptions, signal?: AbortSignal): Promise<Preview>;
    errorsWorkbookPath(id: number): string;
    templatePath(profile: string): string;
}
