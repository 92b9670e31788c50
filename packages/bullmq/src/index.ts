/** The public names of `@twinpool/bullmq`. */
export type { Task } from '@twinpool/core';
export {
  type BullmqProcessor,
  type BullmqProcessorOptions,
  bullmqProcessor,
  type ExecutorTarget,
  type PoolTarget,
  type ProcessedJob,
} from './bullmq-processor.ts';
