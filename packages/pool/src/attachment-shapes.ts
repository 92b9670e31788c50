/**
 * Describes to core how a Pool and a ThreadPool use a runtime: the kind of its workers, and the errors for work that cannot end as planned.
 *
 * It does not know pools: a shape must not hold one, because a shape lives as long as the runtime.
 */
import { BrokenProcessPoolError, BrokenThreadPoolError, PoolClosedError, PoolTerminatedError, WorkerLostError } from '@twinpool/core';
import type { AttachmentShape } from '@twinpool/core/facade';

const COMMON: Omit<AttachmentShape, 'name' | 'kind' | 'brokenError'> = {
  count: 'processes',
  startsAtOnce: true,
  closedError: (name, what) =>
    new PoolClosedError(
      what === 'input'
        ? `${name} was closed before its input had ended; the items that had been read were run`
        : `${name} was closed while ${what}() waited`,
    ),
  // `join` waits for the end of a synchronous input, so the input is read on. An asynchronous input may never have another item.
  readsOn: ({ isAsync }) => !isAsync,
  endedError: (name, cause) =>
    new PoolTerminatedError(`${name}: the owner of its workers ended them before this result was there`, { cause }),
};

export const PROCESSES: AttachmentShape = {
  ...COMMON,
  name: 'Pool',
  kind: 'process',
  brokenError: (name, cause) => new BrokenProcessPoolError(whyBroken(name, cause), { cause }),
};

export const THREADS: AttachmentShape = {
  ...COMMON,
  name: 'ThreadPool',
  kind: 'thread',
  brokenError: (name, cause) => new BrokenThreadPoolError(whyBroken(name, cause), { cause }),
};

function whyBroken(name: string, cause: unknown): string {
  // A worker that was lost before it had a task could not be started.
  if (cause instanceof WorkerLostError && cause.taskName !== undefined)
    return `${name} is broken: a worker was lost, and onWorkerLoss is 'break'; make another pool`;
  return `${name} is broken: no worker can be started: ${cause instanceof Error ? cause.message : String(cause)}`;
}
