/** What a task module may import: `@twinpool/core/worker`, which is `twinpool/worker`. Light, for it is loaded in every worker. */
export { context } from './context.ts';
export { isWorker, workerData, workerId, workerIndex, workerName } from './ownership.ts';
export type { TaskContext } from './task-context.ts';
