/** The cache of HTTP's answers, and how events change it. */

import { QueryCache, MutationCache, QueryClient } from '@tanstack/react-query';
import {
  ApiError, applyEnd, applyProgress, type Page, type Task, type TaskCompleted, type TaskFailed, type TaskProgress,
} from 'pg-xlsx-client';
import { refuse } from './session.js';

export const TASKS = ['tasks'] as const;

function noticeRefusal(error: unknown): void {
  if (error instanceof ApiError && error.status === 401) refuse(error.message);
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noticeRefusal }),
  mutationCache: new MutationCache({ onError: noticeRefusal }),
  // A failed read shows at once; the next poll repeats it.
  defaultOptions: { queries: { retry: false, networkMode: 'always' }, mutations: { networkMode: 'always' } },
});

function change(id: number, how: (task: Task) => Task): void {
  queryClient.setQueriesData<Page<Task>>({ queryKey: TASKS }, (page) => {
    if (!page?.data.some((task) => task.id === id)) return page;
    return { ...page, data: page.data.map((task) => (task.id === id ? how(task) : task)) };
  });
}

export const mergeProgress = (event: TaskProgress) => change(event.taskId, (task) => applyProgress(task, event));
export const mergeEnd = (event: TaskCompleted | TaskFailed) => change(event.taskId, (task) => applyEnd(task, event));
export const rereadTasks = () => queryClient.invalidateQueries({ queryKey: TASKS });
