import type { LiveTasks, Task } from 'pg-xlsx-client';
import { useEffect } from 'react';

/** Follows the tasks that are shown: joins the rooms of active ones, leaves the rooms of the others. */
export function useTaskEvents(live: LiveTasks, tasks: readonly Task[] | undefined): void {
  useEffect(() => {
    if (tasks) live.follow(tasks);
  }, [live, tasks]);
}
