/**
 * The variants for CPython's tests of pools: processes, threads, and the calling thread.
 *
 * On an inline runtime each file leaves out the rows that its list in NEEDS_WORKERS names, with the reason.
 */
import { Pool, ThreadPool } from '@twinpool/pool';
import { type InlineRows, inlineRows } from '@twinpool/testkit';
import { test } from '@twinpool/testkit/sample';
import { INLINE, VARIANTS, type Variant } from '../variants.ts';
import { NEEDS_WORKERS } from './inline.ts';

export interface PoolVariant extends Variant {
  readonly Class: typeof Pool;
  /** How many of `count` workers the pool has. */
  workers(count: number): number;
}

export const POOLS: readonly PoolVariant[] = [...VARIANTS.filter(({ isShared }) => !isShared), INLINE].map((variant) => ({
  ...variant,
  Class: variant.kind === 'thread' ? ThreadPool : Pool,
  workers: (count) => (variant.kind === 'inline' ? 1 : count),
}));

export const PROCESSES = POOLS.filter(({ kind }) => kind === 'process');

/** The `test` of a suite for this variant. `file`: a key of NEEDS_WORKERS. */
export function rowsFor({ kind }: Variant, file: keyof typeof NEEDS_WORKERS): InlineRows {
  return kind === 'inline' ? inlineRows(NEEDS_WORKERS[file]) : { test, checkList: () => undefined };
}
