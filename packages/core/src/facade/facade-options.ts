/**
 * Resolves the options of a facade's constructor: a facade has workers of its own, or shares those of a runtime.
 *
 *   3, { processes: 3, ... } --> workers + share             the facade starts workers of its own
 *   { runtime, ... }         --> runtime + share             options that shape workers are an OptionsError here
 *
 * It does not know what a facade does with them (attachment.ts), nor the single options (options/).
 */
import { checkOptions, checkWhole, type OwnOptions, optionSchemas, type ReportIssue } from '../options/check-options.ts';
import { isInlineByEnvironment, withoutRealWorkers } from '../options/inline-default.ts';
import { MOST_WORKERS } from '../options/most-workers.ts';
import type { ShareOptions, WorkerOptions } from '../options/options.ts';
import {
  checkShare,
  checkWorkers,
  type ResolvedShare,
  type ResolvedWorkers,
  resolveShare,
  resolveWorkers,
} from '../options/resolve-options.ts';
import type { WorkerRuntime } from '../runtime.ts';

/**
 * Options of both facades.
 *
 * @typeParam I - The types of the initializer's arguments.
 * @typeParam F - The types of the finalizer's arguments.
 */
// biome-ignore lint/suspicious/noExplicitAny: options whose initializer is not known by its type take any
export interface SharedOptions<I extends readonly unknown[] = any, F extends readonly unknown[] = any>
  extends WorkerOptions<I, F>,
    ShareOptions {
  /**
   * Runs tasks on the workers of this runtime. Options that shape workers are given to the runtime then. Default: the facade starts workers of its
   * own.
   */
  runtime?: WorkerRuntime | undefined;
}

/** The resolved options of a facade. Exactly one of `runtime` and `workers` is given. */
export interface ResolvedFacade {
  readonly runtime: WorkerRuntime | undefined;
  readonly workers: ResolvedWorkers | undefined;
  readonly share: ResolvedShare;
}

export interface FacadeShape {
  /** The name of the facade's class. */
  readonly name: string;
  readonly kind: 'process' | 'thread';
  /** The facade's word for the number of workers. */
  readonly count: 'processes' | 'maxWorkers';
  readonly isRuntime: (value: unknown) => value is WorkerRuntime;
  readonly shareOf: (runtime: WorkerRuntime) => ResolvedShare;
}

/** `options`: an object, or the number of workers alone. Throws TypeError, RangeError or OptionsError. */
export function resolveFacade(shape: FacadeShape, options: object | number | undefined): ResolvedFacade {
  const { name, count } = shape;
  if (typeof options === 'number') {
    checkWhole(options, count, MOST_WORKERS);
    // The usual case: it loads no schema.
    return withOwnWorkers(shape, Object.create(null) as OwnOptions, options);
  }
  if (options !== undefined && typeof options !== 'object')
    throw new TypeError(`${name}: expected ${count} (a number) or options (an object), got a ${typeof options}`);
  const own = checkOptions(
    name,
    options,
    (schemas) => ({
      [count]: schemas.count,
      runtime: schemas.instance(shape.isRuntime, 'a WorkerRuntime'),
      ...schemas.worker,
      ...schemas.share,
    }),
    (all, report) => checkFacade(shape, all, report),
  );
  const { runtime } = own;
  const size = own[count] as number | undefined;
  if (!shape.isRuntime(runtime)) return withOwnWorkers(shape, own, size);
  const above = shape.shareOf(runtime);
  const share = resolveShare(own, name, Math.min(size ?? above.maxLanes, above.maxLanes), above);
  return { runtime, workers: undefined, share };
}

function withOwnWorkers({ name, kind }: FacadeShape, own: OwnOptions, size: number | undefined): ResolvedFacade {
  const workers = isInlineByEnvironment()
    ? resolveWorkers(withoutRealWorkers(own), name, 'inline', 1, true)
    : resolveWorkers(own, name, kind, size);
  return { runtime: undefined, workers, share: resolveShare(own, name, workers.size, undefined) };
}

/** Reports the options that do not go together. */
function checkFacade({ name, kind, count, isRuntime, shareOf }: FacadeShape, own: OwnOptions, report: ReportIssue): void {
  const { runtime } = own;
  if (!isRuntime(runtime)) {
    checkWorkers(own, kind, own[count], report);
    checkShare(own, undefined, report);
    return;
  }
  checkShare(own, shareOf(runtime), report);
  for (const key of Object.keys(optionSchemas().worker)) {
    if (own[key] !== undefined) report(key, 'shapes workers, and these belong to the runtime: give it to the WorkerRuntime');
  }
  if (runtime.kind !== 'inline' && (runtime.kind === 'thread') !== (kind === 'thread')) {
    report('runtime', `${name} wants one of kind '${kind}', this one is of kind '${runtime.kind}'`);
  }
}
