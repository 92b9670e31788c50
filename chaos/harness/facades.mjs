// Both facades of a kind of worker.
import { ProcessPoolExecutor, ThreadPoolExecutor } from '@twinpool/executor';
import { Pool, ThreadPool } from '@twinpool/pool';

export const KINDS = ['process', 'thread'];

export function facadesOf(kind) {
  return kind === 'thread' ? { Pool: ThreadPool, Executor: ThreadPoolExecutor } : { Pool, Executor: ProcessPoolExecutor };
}

/** The kinds a run is to use: both, unless it was told. */
export function kindsOf(run) {
  return run.kind === undefined ? KINDS : [run.kind];
}
