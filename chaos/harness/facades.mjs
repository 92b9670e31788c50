// Provides the facades of each kind of worker.
import { ProcessPoolExecutor, ThreadPoolExecutor } from '@twinpool/executor';
import { Pool, ThreadPool } from '@twinpool/pool';

export const KINDS = ['process', 'thread'];

export function facadesOf(kind) {
  return kind === 'thread' ? { Pool: ThreadPool, Executor: ThreadPoolExecutor } : { Pool, Executor: ProcessPoolExecutor };
}

/** The kinds that a run uses: both, unless --kind is given. */
export function kindsOf(run) {
  return run.kind === undefined ? KINDS : [run.kind];
}
