/**
 * The four variants of a pool in which every behaviour is tested: processes or threads, own or borrowed runtime; and a fifth, in the calling thread.
 *
 * `npm run test:cluster` runs the same tests in one other variant: on a cluster.
 */
import { Pool, type PoolOptions, type RuntimeOptions, ThreadPool, WorkerRuntime } from '@twinpool/pool';
import { type TestCluster, testCluster } from '@twinpool/testkit';
import { afterAll, beforeAll, onTestFinished } from 'vitest';

/** Options that belong to a runtime where there is one. */
const OF_WORKERS = ['initializer', 'initargs', 'maxTasksPerChild', 'idleTimeout', 'env', 'workerData', 'resourceLimits'] as const;

export interface Variant {
  readonly title: string;
  readonly kind: 'process' | 'thread' | 'inline' | 'cluster';
  readonly isShared: boolean;
  /** Two workers unless told otherwise. */
  open(options?: PoolOptions): Opened;
}

/** A pool and whatever has to end with it. */
export interface Opened {
  readonly pool: Pool;
  end(): Promise<void>;
}

function openOwn(Class: typeof Pool, options: PoolOptions): Opened {
  const pool = new Class({ processes: 2, ...options });
  return { pool, end: () => pool[Symbol.asyncDispose]() };
}

function openShared(Class: typeof Pool, kind: 'process' | 'thread', options: PoolOptions): Opened {
  const { processes = 2, ...others } = options;
  const { ofWorkers, ofPool } = parted(others);
  const runtime = new WorkerRuntime({ kind, workers: processes, ...ofWorkers } as RuntimeOptions);
  const pool = new Class({ runtime, ...ofPool });
  const end = async (): Promise<void> => {
    await pool[Symbol.asyncDispose]();
    await runtime.terminate();
  };
  return { pool, end };
}

function parted(options: PoolOptions): { ofWorkers: Record<string, unknown>; ofPool: Record<string, unknown> } {
  const ofWorkers: Record<string, unknown> = {};
  const ofPool: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options))
    ((OF_WORKERS as readonly string[]).includes(name) ? ofWorkers : ofPool)[name] = value;
  return { ofWorkers, ofPool };
}

function onCluster(cluster: TestCluster): Variant {
  const open = (options: PoolOptions = {}): Opened => openOwn(Pool, { runtime: cluster.runtime, ...options });
  return { title: 'Pool on a cluster', kind: 'cluster', isShared: true, open };
}

const cluster: TestCluster | undefined = testCluster();

const LOCAL: readonly Variant[] = [
  { title: 'Pool', kind: 'process', isShared: false, open: (options = {}) => openOwn(Pool, options) },
  { title: 'ThreadPool', kind: 'thread', isShared: false, open: (options = {}) => openOwn(ThreadPool, options) },
  { title: 'Pool on a runtime', kind: 'process', isShared: true, open: (options = {}) => openShared(Pool, 'process', options) },
  { title: 'ThreadPool on a runtime', kind: 'thread', isShared: true, open: (options = {}) => openShared(ThreadPool, 'thread', options) },
];

export const VARIANTS: readonly Variant[] = cluster === undefined ? LOCAL : [onCluster(cluster)];

/** Tasks run in the calling thread, one at a time: for the conformance suite. */
export const INLINE: Variant = {
  title: 'Pool with TWINPOOL_INLINE=1',
  kind: 'inline',
  isShared: false,
  open: (options = {}) => inlineByEnvironment(() => openOwn(Pool, options)),
};

/** Pools that `make` makes run their tasks in this thread. */
export function inlineByEnvironment<T>(make: () => T): T {
  process.env['TWINPOOL_INLINE'] = '1';
  try {
    return make();
  } finally {
    delete process.env['TWINPOOL_INLINE'];
  }
}

/** A pool for one test, ended with it. */
export function makePool(variant: Variant, options?: PoolOptions): Pool {
  const { pool, end } = variant.open(options);
  onTestFinished(end);
  return pool;
}

/** The same with options of workers, which a cluster gets when it is connected to. */
export async function makePoolWith(variant: Variant, options: PoolOptions): Promise<Pool> {
  if (cluster === undefined) return makePool(variant, options);
  const { ofWorkers, ofPool } = parted(options);
  const runtime = await cluster.connect(ofWorkers);
  onTestFinished(() => runtime.terminate());
  return makePool(variant, { runtime, ...ofPool });
}

/** One pool for all tests of a `describe`: for those that leave it as it was. */
export function sharePool(variant: Variant, options?: PoolOptions): { readonly pool: Pool } {
  let opened: Opened | undefined;
  beforeAll(() => {
    opened = variant.open(options);
  });
  afterAll(() => opened?.end());
  return {
    get pool() {
      if (opened === undefined) throw new Error('the pool is there inside a test only');
      return opened.pool;
    },
  };
}
