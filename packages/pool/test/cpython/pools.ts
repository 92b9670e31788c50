/**
 * The variants for CPython's tests of pools: processes, threads, and the calling thread.
 *
 * On an inline runtime each file leaves out the rows that its list in NEEDS_WORKERS names, with the reason.
 */
import { Pool, type PoolOptions, ThreadPool } from '@twinpool/pool';
import { type InlineRows, inlineRows, testCluster } from '@twinpool/testkit';
import { test } from '@twinpool/testkit/sample';
import { INLINE, VARIANTS, type Variant } from '../variants.ts';
import { NEEDS_WORKERS } from './inline.ts';

export interface PoolVariant extends Variant {
  readonly Class: typeof Pool;
  /** How many of `count` workers the pool has. */
  workers(count: number): number;
}

const cluster = testCluster();

/** A `Pool` with two places on the cluster, unless it gets another number. */
class ClusterPool extends Pool {
  constructor(options: number | PoolOptions = {}) {
    const given = Number.isInteger(options) && (options as number) > 0 ? { processes: options } : options;
    // What is neither a size nor options is refused as it is.
    super((typeof given === 'object' ? { processes: 2, runtime: cluster?.runtime, ...(given as PoolOptions) } : given) as never);
  }
}

const CLASSES = { process: Pool, thread: ThreadPool, inline: Pool, cluster: ClusterPool as typeof Pool };
const LOCAL = [...VARIANTS.filter(({ isShared }) => !isShared), INLINE];

export const POOLS: readonly PoolVariant[] = (cluster === undefined ? LOCAL : VARIANTS).map((variant) => ({
  ...variant,
  Class: CLASSES[variant.kind],
  workers: (count) => (variant.kind === 'inline' ? 1 : count),
}));

export const PROCESSES = POOLS.filter(({ kind }) => kind === 'process');

/** The `test` of a suite for this variant. `file`: a key of NEEDS_WORKERS. */
export function rowsFor({ kind }: Variant, file: keyof typeof NEEDS_WORKERS): InlineRows {
  return kind === 'inline' ? inlineRows(NEEDS_WORKERS[file]) : { test, checkList: () => undefined };
}
