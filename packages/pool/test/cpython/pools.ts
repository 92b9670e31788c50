/** The variants for CPython's tests of pools: processes and threads. */
import { Pool, ThreadPool } from '@twinpool/pool';
import { VARIANTS } from '../variants.ts';

export const POOLS = VARIANTS.filter(({ isShared }) => !isShared).map((variant) => ({
  ...variant,
  Class: variant.kind === 'thread' ? ThreadPool : Pool,
}));

export const PROCESSES = POOLS.filter(({ kind }) => kind === 'process');
