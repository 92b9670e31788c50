/** Implements `context()` for an initializer or a finalizer: it names the worker. Nothing aborts them, and no caller takes their reports. */
import { InvalidStateError } from '../errors.ts';
import type { Identity } from './ownership.ts';
import type { TaskContext } from './task-context.ts';

export function startContext({ workerId, workerIndex, workerName, workerData }: Identity, kind: TaskContext['kind']): TaskContext {
  return {
    workerId,
    workerIndex,
    workerName,
    kind,
    workerData,
    signal: new AbortController().signal,
    report: () => {
      throw new InvalidStateError('report() was called in an initializer or a finalizer: it works inside a task');
    },
  };
}
