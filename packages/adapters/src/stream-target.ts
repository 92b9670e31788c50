/**
 * Reads the target and the options of a mapped stream: where its tasks are submitted, and how many at once.
 *
 * Tasks are submitted with the target's own methods, of a pool, an executor or a view of one. So they end as the other work of the target does. This
 * file does not know streams.
 */
import { inspect } from 'node:util';
import { cpuCount, type OptionIssue, OptionsError } from '@twinpool/core';
import { attachmentOf, unknownOption } from '@twinpool/core/facade';
import type { ExecutorCalls } from '@twinpool/executor';
import type { PoolCalls } from '@twinpool/pool';

/** A pool, an executor, or a view that `withOptions` of one returns. */
export type StreamTarget = PoolCalls | ExecutorCalls;

/** Options of `mapStream` and `mapWebStream`. */
export interface MapStreamOptions {
  /** Whether results come in the order of the items; otherwise they come in the order in which tasks end. Default: `true`. */
  ordered?: boolean | undefined;
  /** The most items between the two ends: waiting, running, or done and not read. Default: 16 for each task that the target runs at once. */
  concurrency?: number | undefined;
}

/** The handle of one item's task: the part that a stream uses. */
export interface TaskHandle extends PromiseLike<unknown> {
  cancel(): boolean;
}

/** How a TaskPipeline runs tasks. */
export interface PipelineOptions {
  readonly ordered: boolean;
  readonly concurrency: number;
  /** Submits the task of an item. Throws the target's error if the target takes no work. */
  readonly submit: (item: unknown) => TaskHandle;
}

/** More: fewer waits for a message with short tasks. Fewer: less memory with large items, and less lost work when the stream ends early. */
const ITEMS_PER_SLOT = 16;

type Fn = (item: unknown) => unknown;

/** Throws TypeError for a value that is not a target, OptionsError for bad options. */
export function pipelineOptions(what: string, target: StreamTarget, fn: unknown, options: unknown): PipelineOptions {
  const { ordered = true, concurrency } = readOptions(what, options);
  return { ordered, concurrency: concurrency ?? ITEMS_PER_SLOT * slotsOf(target), submit: submitterOf(what, target, fn as Fn) };
}

function submitterOf(what: string, target: StreamTarget, fn: Fn): PipelineOptions['submit'] {
  const { submit, applyAsync } = (target ?? {}) as Partial<Record<keyof ExecutorCalls | keyof PoolCalls, unknown>>;
  if (typeof submit === 'function') return (item) => (target as ExecutorCalls).submit(fn, item);
  if (typeof applyAsync === 'function') return (item) => (target as PoolCalls).applyAsync(fn, [item]);
  throw new TypeError(`${what}: expected a pool or an executor, got ${inspect(target, { depth: 0 }).slice(0, 80)}`);
}

/** Returns how many tasks of the target run at once. That is not known for a view: then the number of CPUs. */
function slotsOf(target: StreamTarget): number {
  return attachmentOf(target)?.slots ?? cpuCount();
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
