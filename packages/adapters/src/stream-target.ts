/**
 * Where the tasks of a stream go, and how many at once.
 *
 * Decides the options and their defaults, and that a pool, an executor and the views of either are called by their own methods: a stream's
 * tasks end as the other work of its target does.
 */
import { inspect } from 'node:util';
import { cpuCount, type OptionIssue, OptionsError } from '@twinpool/core';
import { seatOf, unknownOption } from '@twinpool/core/facade';
import type { ExecutorCalls } from '@twinpool/executor';
import type { PoolCalls } from '@twinpool/pool';

/** A pool, an executor, or what `withOptions` of either returns. */
export type StreamTarget = PoolCalls | ExecutorCalls;

/** Options of `mapStream` and `mapWebStream`. */
export interface MapStreamOptions {
  /** Results in the order of the items (default), or as they come. */
  ordered?: boolean | undefined;
  /** The most items between the two ends: waiting, running, or done and not read. Default: 16 for each worker of the target. */
  concurrency?: number | undefined;
}

/** One item's task, as little of its handle as a stream wants. */
export interface TaskHandle extends PromiseLike<unknown> {
  cancel(): boolean;
}

export interface Plan {
  readonly ordered: boolean;
  readonly concurrency: number;
  /** Throws what the target throws when it takes no work. */
  readonly start: (item: unknown) => TaskHandle;
}

/** More: less waits for a message where tasks are short. Less: less memory where items are big, and less done in vain when the stream ends early. */
const ITEMS_A_WORKER = 16;

type Fn = (item: unknown) => unknown;

/** Throws TypeError for what is no target, OptionsError. */
export function planOf(what: string, target: StreamTarget, fn: unknown, options: unknown): Plan {
  const { ordered = true, concurrency } = readOptions(what, options);
  return { ordered, concurrency: concurrency ?? ITEMS_A_WORKER * workersOf(target), start: starterOf(what, target, fn as Fn) };
}

function starterOf(what: string, target: StreamTarget, fn: Fn): Plan['start'] {
  const { submit, applyAsync } = (target ?? {}) as Partial<Record<keyof ExecutorCalls | keyof PoolCalls, unknown>>;
  if (typeof submit === 'function') return (item) => (target as ExecutorCalls).submit(fn, item);
  if (typeof applyAsync === 'function') return (item) => (target as PoolCalls).applyAsync(fn, [item]);
  throw new TypeError(`${what}: expected a pool or an executor, got ${inspect(target, { depth: 0 }).slice(0, 80)}`);
}

/** A view does not say how many it has. */
function workersOf(target: StreamTarget): number {
  return seatOf(target)?.workers ?? cpuCount();
}

const EXPECTED: Record<string, readonly [isFine: (value: unknown) => boolean, expected: string]> = {
  ordered: [(value) => typeof value === 'boolean', 'true or false'],
  concurrency: [(value) => Number.isSafeInteger(value) && (value as number) >= 1, 'a whole number of 1 or more'],
};

function readOptions(what: string, options: unknown): MapStreamOptions {
  if (options === undefined) return {};
  const own = Object.create(null) as Record<string, unknown>;
  const issues: OptionIssue[] = [];
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    issues.push({ path: '', message: `expected an object, got ${inspect(options, { depth: 0 })}` });
  } else {
    for (const [path, value] of Object.entries(options)) {
      if (value === undefined) continue;
      const [isFine, expected] = (Object.hasOwn(EXPECTED, path) ? EXPECTED[path] : undefined) ?? [() => false, undefined];
      if (isFine(value)) own[path] = value;
      else if (expected === undefined) issues.push({ path, message: unknownOption(path, Object.keys(EXPECTED)) });
      else issues.push({ path, message: `expected ${expected}, got ${inspect(value, { depth: 0 })}` });
    }
  }
  if (issues.length === 0) return own;
  throw new OptionsError(
    `${what}: ${issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ')}`,
    issues,
  );
}
