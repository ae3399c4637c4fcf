import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { UploadOptions } from 'pg-xlsx-client';
import { api } from '../api.js';

/** What is in a file, by asking the server; key stands for the file. Nothing of it is kept there. */
export function usePreview(key: string, file: File, options: UploadOptions, enabled: boolean) {
  return useQuery({
    queryKey: ['preview', key, options],
    queryFn: ({ signal }) => api.preview(file, options, signal),
    enabled,
    staleTime: Infinity,
    placeholderData: keepPreviousData,
  });
}
