import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { pollInterval, reconcile, type Connection, type Page, type Task, type TaskStatus } from 'pg-xlsx-client';
import { api } from '../api.js';
import { TASKS } from '../queries.js';

const STALE_MS = 10_000;
export const PAGE_SIZE = 10;

export interface TaskFilter {
  page: number;
  status: TaskStatus | undefined;
}

/** The list of tasks, read by HTTP when enabled, and more often while the socket is down. */
export function useTasks(filter: TaskFilter, connection: Connection, enabled: boolean) {
  const client = useQueryClient();
  const queryKey = [...TASKS, filter];
  return useQuery({
    queryKey,
    queryFn: async ({ signal }): Promise<Page<Task>> => {
      const page = await api.tasks({ ...filter, limit: PAGE_SIZE }, signal);
      const shown = new Map(client.getQueryData<Page<Task>>(queryKey)?.data.map((task) => [task.id, task]));
      return { ...page, data: page.data.map((task) => reconcile(task, shown.get(task.id))) };
    },
    enabled,
    staleTime: STALE_MS,
    refetchInterval: pollInterval(connection),
    placeholderData: keepPreviousData,
  });
}
