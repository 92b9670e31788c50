/** Provides the shared helpers of the tests of what a lane keeps: owners that do nothing, functions that are never run. */
import type { JobOwner } from '../../src/jobs/job.ts';
import type { TaskFunction } from '../../src/tasks/task-function.ts';

export function ownerOf(): JobOwner {
  const nothing = (): void => undefined;
  return {
    tasksAccepted: nothing,
    tasksEnded: nothing,
    hold: nothing,
    release: nothing,
    setAside: nothing,
    hasBegun: () => true,
    takeBack: () => false,
    wake: nothing,
    forget: nothing,
    warn: (error) => {
      throw error;
    },
  };
}

export function fnOf(name: string, id = 1): TaskFunction {
  return { name, id } as TaskFunction;
}
