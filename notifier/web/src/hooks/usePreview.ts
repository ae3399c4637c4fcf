import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { UploadOptions } from 'pg-xlsx-client';
import { api } from '../api.js';

/** The preview of a file, made by the server, which keeps nothing of it; key identifies the file. */
export function usePreview(key: string, file: File, options: UploadOptions, enabled: boolean) {
  return useQuery({
    queryKey: ['preview', key, options],
    queryFn: ({ signal }) => api.preview(file, options, signal),
    enabled,
    staleTime: Infinity,
    placeholderData: keepPreviousData,
  });
}
