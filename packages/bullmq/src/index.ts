/** The public names of `@twinpool/bullmq`. */
export type { NodeStats, RuntimeStats, Task, WorkerRuntime } from '@twinpool/core';
export { EngineDownError, NodeLostError, NoWorkersError } from '@twinpool/core/facade';
export {
  type BullmqProcessor,
  type BullmqProcessorOptions,
  bullmqProcessor,
  type ExecutorTarget,
  type PoolTarget,
  type ProcessedJob,
} from './bullmq-processor.ts';
export { BullmqRuntime } from './bullmq-runtime.ts';
export type { BullmqConnectOptions } from './client/connect-options.ts';
export { type EngineReport, engineReport } from './engine-report.ts';
