/**
 * The kinds of executors for CPython's tests: those of kit.ts, and the calling thread in the two ways in which an executor gets there.
 *
 * On an inline runtime each suite leaves out the rows that its list in NEEDS_WORKERS names, with the reason.
 */
import { type ExecutorOptions, ProcessPoolExecutor } from '@twinpool/executor';
import { type InlineRows, inlineRows, testCluster } from '@twinpool/testkit';
import { test } from '@twinpool/testkit/sample';
import { KINDS as KINDS_WITH_WORKERS, type Kind, MOST as MOST_WITH_WORKERS, OWN as OWN_WITH_WORKERS } from '../kit.ts';
import { NEEDS_WORKERS } from './inline.ts';

const ON_RUNTIME: Kind = {
  name: 'ProcessPoolExecutor on an inline runtime',
  kind: 'inline',
  shared: true,
  Executor: ProcessPoolExecutor,
};

class InlineExecutor extends ProcessPoolExecutor {
  constructor(options?: number | ExecutorOptions) {
    process.env['TWINPOOL_INLINE'] = '1';
    try {
      super(options);
    } finally {
      delete process.env['TWINPOOL_INLINE'];
    }
  }
}
Object.defineProperty(InlineExecutor, 'name', { value: ProcessPoolExecutor.name });

const BY_ENVIRONMENT: Kind = {
  name: 'with TWINPOOL_INLINE=1',
  kind: 'inline',
  shared: false,
  Executor: InlineExecutor as typeof ProcessPoolExecutor,
};

const isLocal = testCluster() === undefined;

export const KINDS: readonly Kind[] = isLocal ? [...KINDS_WITH_WORKERS, ON_RUNTIME] : KINDS_WITH_WORKERS;
export const MOST: readonly Kind[] = isLocal ? [...MOST_WITH_WORKERS, ON_RUNTIME] : MOST_WITH_WORKERS;
export const OWN: readonly Kind[] = isLocal ? [...OWN_WITH_WORKERS, BY_ENVIRONMENT] : OWN_WITH_WORKERS;

/** How many of `count` workers an executor of this kind has. */
export function workersOf({ kind }: Kind, count: number): number {
  return kind === 'inline' ? 1 : count;
}

/** The `test` of a suite for this kind. `suite`: a key of NEEDS_WORKERS. */
export function rowsFor({ kind }: Kind, suite: keyof typeof NEEDS_WORKERS): InlineRows {
  return kind === 'inline' ? inlineRows(NEEDS_WORKERS[suite]) : { test, checkList: () => undefined };
}
