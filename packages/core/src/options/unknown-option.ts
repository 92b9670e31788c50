/** Words the fault of an unknown option. It names the option that the user probably meant, also if another API has it under that name. */
import { isSameName, nearest } from './nearest.ts';

/** Names that mean the same in the two APIs, in the options of a call, and in other libraries. */
const SAME: readonly (readonly string[])[] = [
  ['processes', 'maxWorkers', 'workers', 'maxThreads', 'maxProcesses', 'threads', 'concurrency', 'size', 'poolSize', 'numWorkers'],
  ['taskTimeout', 'timeout', 'timeLimit'],
  ['maxTasksPerChild', 'maxTasksPerWorker'],
  ['maxMemoryPerChild', 'maxMemoryLimitBeforeRecycle', 'idleMemoryLimit', 'workerIdleMemoryLimit'],
  ['maxQueue', 'maxQueueSize', 'queueSize'],
  ['signal', 'abortSignal'],
  ['workerData', 'data'],
  ['initializer', 'init', 'setup', 'onCreateWorker'],
  ['finalizer', 'teardown', 'onTerminateWorker'],
  ['minWorkers', 'minThreads', 'minProcesses'],
  ['retries', 'retry', 'maxRetries', 'attempts'],
  ['buffersize', 'highWaterMark', 'prefetch'],
];

/** Returns the message for the option `name`, which is not one of `known`. */
export function unknownOption(name: string, known: readonly string[]): string {
  const sameAs = (names: readonly string[] | undefined) => names?.find((each) => known.includes(each));
  const meant =
    sameAs(SAME.find((names) => names.some((each) => isSameName(name, each)))) ??
    nearest(name, known) ??
    sameAs(SAME.find((names) => nearest(name, names) !== undefined));
  return `unknown option; ${meant === undefined ? '' : `did you mean ${meant}? `}there are ${known.join(', ')}`;
}
