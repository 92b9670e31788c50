/**
 * What can be asked for, and what comes of it: zod schemas on one side, complete frozen objects on the other.
 *
 * Decides which options there are, their defaults, and that every fault of an object is listed at once. Runs once per runtime, client or call
 * that gives options, never per task. Options are read as own properties into an object without a prototype, so that nothing is ever
 * taken from a polluted `Object.prototype`. The schemas are loaded when the first options come, not when the package is imported.
 */
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { type OptionIssue, OptionsError } from '../errors.ts';
import type { CallSettings } from '../jobs/job.ts';
import type { WorkerRuntime } from '../runtime.ts';
import type { Task } from '../tasks/definition/task.ts';
import type * as Schemas from './schemas.ts';
import { programFaults, workerEnvironment } from './worker-environment.ts';

/** Node's own type, in which every limit may be `undefined` in all versions of its declarations. */
export interface ResourceLimits {
  /** Megabytes of the heap's old generation. */
  readonly maxOldGenerationSizeMb?: number | undefined;
  /** Megabytes of the heap's young generation. */
  readonly maxYoungGenerationSizeMb?: number | undefined;
  /** Megabytes for generated code; threads only. */
  readonly codeRangeSizeMb?: number | undefined;
  /** Megabytes of the stack; threads only. Default: 4. */
  readonly stackSizeMb?: number | undefined;
}

/** Options that shape workers; they belong to whoever owns the runtime. */
// biome-ignore lint/suspicious/noExplicitAny: options whose initializer is not known by its type take any
export interface WorkerOptions<I extends readonly unknown[] = any> {
  /** Called in each worker before its first task; may be asynchronous. */
  initializer?: Task<I, unknown> | undefined;
  /** Arguments of the `initializer`; without one they are an error. Default: none. */
  initargs?: NoInfer<readonly [...I]> | undefined;
  /**
   * Worker threads are named `prefix_0`, `prefix_1`, …: see `context().workerName`. Default, for processes too: the option `name`, else the
   * facade's class and a number.
   */
  threadNamePrefix?: string | undefined;
  /** Calls after which a worker is replaced; exact. */
  maxTasksPerChild?: number | undefined;
  /** Milliseconds that a worker may take to start, its initializer included, and a task's module to load; default 30 000. */
  startTimeout?: number | undefined;
  /** Milliseconds after which an idle worker ends; default: never. */
  idleTimeout?: number | undefined;
  /** 'inherit' (default), 'minimal' (PATH, HOME and the like), or the variables themselves; an `undefined` one is absent. */
  env?: 'inherit' | 'minimal' | Record<string, string | undefined> | undefined;
  /** Appended to `process.argv` in every worker. Default: none. */
  argv?: readonly string[] | undefined;
  /** Flags for Node, in place of what is inherited of this program's own. Threads take only those that are not for a whole process. */
  execArgv?: readonly string[] | undefined;
  /** `context().workerData` in every worker. */
  workerData?: unknown;
  /** Megabytes. Processes take `maxOldGenerationSizeMb` and `maxYoungGenerationSizeMb`, whole ones. */
  resourceLimits?: ResourceLimits | undefined;
  /** Standard output and error of worker processes; default 'inherit'. */
  stdio?: 'inherit' | 'ignore' | undefined;
  /** Bytes of one message, either way; default 256 MiB. */
  maxPayloadBytes?: number | undefined;
}

/** Options of one facade's share. */
export interface ShareOptions {
  /** Tasks that may wait, not yet handed to a worker; beyond it `QueueFullError`. Default: no bound. */
  maxQueue?: number | undefined;
  /** What a lost worker means: see the guide. Default 'fail'. */
  onWorkerLoss?: 'fail' | 'retry' | 'break' | undefined;
  /** Re-runs of a task whose worker was lost; only with `onWorkerLoss: 'retry'`, default 2. */
  retries?: number | undefined;
  /** Milliseconds from a task's start in the worker. Default: none. */
  taskTimeout?: number | undefined;
  /** Milliseconds between asking a worker to end and ending it by force. Default 500. */
  killGrace?: number | undefined;
  /** The name in messages, statistics and diagnostics. Default: the name of the class. */
  name?: string | undefined;
}

/** What both facades and the runtime take. */
// biome-ignore lint/suspicious/noExplicitAny: options whose initializer is not known by its type take any
export interface SharedOptions<I extends readonly unknown[] = any> extends WorkerOptions<I>, ShareOptions {
  /** Run on these workers instead of starting some; then the options that shape workers belong to it. */
  runtime?: WorkerRuntime | undefined;
}

/** Options of a WorkerRuntime. */
// biome-ignore lint/suspicious/noExplicitAny: options whose initializer is not known by its type take any
export interface RuntimeOptions<I extends readonly unknown[] = any> extends WorkerOptions<I>, ShareOptions {
  /** What the workers are. Default 'process'. */
  kind?: 'process' | 'thread' | undefined;
  /** Default: `os.availableParallelism()`. */
  workers?: number | undefined;
}

/** What every call can be given. */
export interface CallOptions {
  /** Cancels the call when it is aborted, and aborts `context().signal` of what runs. Default: none. */
  signal?: AbortSignal | undefined;
  /** Higher first; default 0. */
  priority?: number | undefined;
  /** Milliseconds that a task may run, from its start in the worker; then its worker is ended. Default: that of the facade. */
  taskTimeout?: number | undefined;
  /** Re-runs of a task whose worker was lost; only with `onWorkerLoss: 'retry'`. Default: that of the facade. */
  retries?: number | undefined;
  /** Gets each value that a task reports by `context().report`, and the task's index in its call. */
  onReport?: ((value: unknown, index: number) => void) | undefined;
}

export const DEFAULT_KILL_GRACE = 500;
const DEFAULT_START_TIMEOUT = 30_000;
export const DEFAULT_MAX_PAYLOAD_BYTES: number = 256 * 2 ** 20;
const DEFAULT_RETRIES = 2;
/** Above this a number of workers is a mistake. */
const MOST_WORKERS = 1024;

const require = createRequire(import.meta.url);

let loaded: typeof Schemas | undefined;

function load(): typeof Schemas {
  loaded ??= require('#schemas') as typeof Schemas;
  return loaded;
}

/** The own enumerable properties that are not `undefined`, without a prototype. */
function ownOptions(options: object): Record<string, unknown> {
  const own = Object.create(null) as Record<string, unknown>;
  for (const key of Object.keys(options)) {
    const value = (options as Record<string, unknown>)[key];
    if (value !== undefined) own[key] = value;
  }
  return own;
}

/** Every fault the schema finds, and those that `more` adds, in one OptionsError. */
function check(
  what: string,
  options: unknown,
  shape: (schemas: typeof Schemas) => Schemas.Shape,
  more: (own: Record<string, unknown>, issue: (path: string, message: string) => void) => void,
): Record<string, unknown> {
  if (options === undefined) return Object.create(null) as Record<string, unknown>;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const got = options === null ? 'null' : Array.isArray(options) ? 'an array' : `a ${typeof options}`;
    throw new OptionsError(`${what}: expected an object of options, got ${got}`, [{ path: '', message: `expected an object, got ${got}` }]);
  }
  const own = ownOptions(options);
  const issues: OptionIssue[] = load().faults(own, shape(load()), show);
  more(own, (path, message) => issues.push({ path, message }));
  if (issues.length > 0) {
    throw new OptionsError(`${what}: ${issues.map(({ path, message }) => `${path}: ${message}`).join('; ')}`, issues);
  }
  return own;
}

function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}

export interface ResolvedWorkers extends WorkerOptions {
  readonly kind: 'process' | 'thread';
  readonly size: number;
  readonly killGrace: number;
  readonly startTimeout: number;
  readonly idleTimeout: number;
  readonly maxTasks: number;
  readonly maxPayloadBytes: number;
  readonly namePrefix: string;
}

/** A facade's share, resolved. `settings` is what a call without options asks for. */
export interface ResolvedShare {
  readonly name: string;
  readonly maxLanes: number;
  readonly maxQueue: number;
  readonly onWorkerLoss: 'fail' | 'retry' | 'break';
  readonly killGrace: number;
  readonly settings: CallSettings;
}

type Own = Record<string, unknown>;

/** Of runtimes without a name, so far. */
let unnamed = 0;

function workersFrom(own: Own, name: string, kind: 'process' | 'thread', size: unknown): ResolvedWorkers {
  const options = own as WorkerOptions & { killGrace?: number; name?: string };
  const resolved = {
    kind,
    // A copy, as `spawn` makes one: what changes in it later reaches no worker.
    env: typeof options.env === 'object' ? Object.freeze(workerEnvironment(options.env, process.env)) : options.env,
    size: (size as number | undefined) ?? availableParallelism(),
    killGrace: options.killGrace ?? DEFAULT_KILL_GRACE,
    startTimeout: options.startTimeout ?? DEFAULT_START_TIMEOUT,
    idleTimeout: options.idleTimeout ?? Number.POSITIVE_INFINITY,
    maxTasks: options.maxTasksPerChild ?? Number.POSITIVE_INFINITY,
    maxPayloadBytes: options.maxPayloadBytes ?? DEFAULT_MAX_PAYLOAD_BYTES,
    // An empty prefix is none, as in Python.
    namePrefix: options.threadNamePrefix || options.name || `${name}-${unnamed++}`,
  };
  // Without a prototype: what is not given is not found elsewhere.
  return Object.freeze(Object.assign(Object.create(null) as WorkerOptions, options, resolved));
}

function shareFrom(own: Own, name: string, maxLanes: number, above: ResolvedShare | undefined): ResolvedShare {
  const options = own as ShareOptions;
  const onWorkerLoss = options.onWorkerLoss ?? above?.onWorkerLoss ?? 'fail';
  const inheritedRetries = above?.onWorkerLoss === onWorkerLoss ? above.settings.retries : undefined;
  const retries = onWorkerLoss === 'retry' ? (options.retries ?? inheritedRetries ?? DEFAULT_RETRIES) : 0;
  return Object.freeze({
    name: options.name ?? name,
    maxLanes,
    maxQueue: options.maxQueue ?? above?.maxQueue ?? Number.POSITIVE_INFINITY,
    onWorkerLoss,
    killGrace: options.killGrace ?? above?.killGrace ?? DEFAULT_KILL_GRACE,
    settings: Object.freeze({
      priority: 0,
      taskTimeout: options.taskTimeout ?? above?.settings.taskTimeout ?? Number.POSITIVE_INFINITY,
      retries,
      signal: undefined,
      onReport: undefined,
    }),
  });
}

/** What a kind of worker cannot honour, and what does not go together. */
function checkWorkers(own: Own, kind: 'process' | 'thread', issue: (path: string, message: string) => void): void {
  const limits = own['resourceLimits'] as ResourceLimits | undefined;
  if (kind === 'process') {
    if (own['threadNamePrefix'] !== undefined)
      issue('threadNamePrefix', 'names worker threads; processes are named after the option `name`');
    for (const key of ['codeRangeSizeMb', 'stackSizeMb'] as const) {
      if (limits?.[key] !== undefined) issue(`resourceLimits.${key}`, 'worker processes cannot be given this limit; threads can');
    }
    for (const key of ['maxOldGenerationSizeMb', 'maxYoungGenerationSizeMb'] as const) {
      const megabytes = limits?.[key];
      if (typeof megabytes === 'number' && megabytes > 0 && !Number.isSafeInteger(megabytes))
        issue(`resourceLimits.${key}`, `worker processes take whole megabytes, got ${megabytes}; threads take parts`);
    }
  } else if (own['stdio'] !== undefined && own['stdio'] !== 'inherit') {
    issue('stdio', 'worker threads write to the streams of the program; processes can be given others');
  }
  for (const [path, message] of programFaults(kind, own)) issue(path, message);
  if (own['initargs'] !== undefined && own['initializer'] === undefined) issue('initargs', 'given without an initializer');
}

function checkShare(own: Own, above: ResolvedShare | undefined, issue: (path: string, message: string) => void): void {
  const policy = own['onWorkerLoss'] ?? above?.onWorkerLoss ?? 'fail';
  if (own['retries'] !== undefined && policy !== 'retry') issue('retries', "needs onWorkerLoss: 'retry'");
}

export function resolveRuntime(options: RuntimeOptions | undefined): { workers: ResolvedWorkers; share: ResolvedShare } {
  const own = check(
    'WorkerRuntime',
    options,
    ({ kind, count, worker, share }) => ({ kind, workers: count, ...worker, ...share }),
    (all, issue) => {
      checkWorkers(all, all['kind'] === 'thread' ? 'thread' : 'process', issue);
      checkShare(all, undefined, issue);
    },
  );
  const kind = own['kind'] === 'thread' ? 'thread' : 'process';
  const workers = workersFrom(own, 'WorkerRuntime', kind, own['workers']);
  return { workers, share: shareFrom(own, 'WorkerRuntime', workers.size, undefined) };
}

/** A facade of its own workers, or of somebody's runtime. */
export interface ResolvedFacade {
  readonly runtime: WorkerRuntime | undefined;
  readonly workers: ResolvedWorkers | undefined;
  readonly share: ResolvedShare;
}

export interface FacadeShape {
  readonly name: string;
  readonly kind: 'process' | 'thread';
  /** The facade's word for the number of workers. */
  readonly count: 'processes' | 'maxWorkers';
  readonly isRuntime: (value: unknown) => value is WorkerRuntime;
  readonly shareOf: (runtime: WorkerRuntime) => ResolvedShare;
}

/** `options`: an object, or the bare number of workers. */
export function resolveFacade(shape: FacadeShape, options: object | number | undefined): ResolvedFacade {
  const { name, kind, count } = shape;
  if (typeof options === 'number') {
    checkWhole(options, count, MOST_WORKERS);
    // The usual case, without loading a schema.
    const none = Object.create(null) as Own;
    const workers = workersFrom(none, name, kind, options);
    return { runtime: undefined, workers, share: shareFrom(none, name, workers.size, undefined) };
  }
  if (options !== undefined && typeof options !== 'object')
    throw new TypeError(`${name}: expected ${count} (a number) or options (an object), got a ${typeof options}`);
  const own = check(
    name,
    options,
    (shapes) => ({
      [count]: shapes.count,
      runtime: shapes.instance(shape.isRuntime, 'a WorkerRuntime'),
      ...shapes.worker,
      ...shapes.share,
    }),
    (all, issue) => {
      const { runtime } = all;
      if (!shape.isRuntime(runtime)) {
        checkWorkers(all, kind, issue);
        checkShare(all, undefined, issue);
        return;
      }
      checkShare(all, shape.shareOf(runtime), issue);
      for (const key of Object.keys(load().worker)) {
        if (all[key] !== undefined) issue(key, 'shapes workers, and these belong to the runtime: give it to the WorkerRuntime');
      }
      if ((runtime.kind === 'thread') !== (kind === 'thread')) {
        issue('runtime', `${name} wants one of kind '${kind}', this one is of kind '${runtime.kind}'`);
      }
    },
  );
  const wanted = own[count] as number | undefined;
  if (shape.isRuntime(own['runtime'])) {
    const above = shape.shareOf(own['runtime']);
    return {
      runtime: own['runtime'],
      workers: undefined,
      share: shareFrom(own, name, Math.min(wanted ?? above.maxLanes, above.maxLanes), above),
    };
  }
  const workers = workersFrom(own, name, kind, wanted);
  return { runtime: undefined, workers, share: shareFrom(own, name, workers.size, undefined) };
}

/** The settings of a call: its own options over those of whatever it is made through. */
export function resolveCall(
  what: string,
  options: object,
  base: CallSettings,
  extra: readonly string[] = [],
): { settings: CallSettings; own: Own } {
  const own = check(
    what,
    options,
    ({ call, map }) => {
      const shape: Schemas.Shape = { ...call };
      for (const key of extra) shape[key] = map[key] as Schemas.Shape[string];
      return shape;
    },
    (all, issue) => {
      if (all['retries'] !== undefined && all['retries'] !== 0 && base.retries === 0)
        issue('retries', "needs onWorkerLoss: 'retry' where the workers are had");
    },
  );
  const call = own as CallOptions;
  return {
    own,
    settings: Object.freeze({
      priority: call.priority ?? base.priority,
      taskTimeout: call.taskTimeout ?? base.taskTimeout,
      retries: call.retries ?? base.retries,
      signal: call.signal ?? base.signal,
      onReport: call.onReport ?? base.onReport,
    }),
  };
}

/** A bare number given as a method's argument: TypeError for what is no number, RangeError for a number that cannot be meant. */
export function checkWhole(value: unknown, what: string, most: number = Number.MAX_SAFE_INTEGER): asserts value is number {
  if (typeof value !== 'number') throw new TypeError(`${what}: expected a whole number of 1 or more, got ${show(value)}`);
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw new RangeError(
      `${what}: expected a whole number ${most === Number.MAX_SAFE_INTEGER ? 'of 1 or more' : `from 1 to ${most}`}, got ${value}`,
    );
  }
}

/** A time to wait: undefined and Infinity mean no limit; returns Infinity then. */
export function checkTimeout(value: unknown, what = 'timeout'): number {
  if (value === undefined) return Number.POSITIVE_INFINITY;
  if (typeof value !== 'number') throw new TypeError(`${what}: expected milliseconds (a number), got ${show(value)}`);
  if (Number.isNaN(value)) throw new RangeError(`${what}: expected milliseconds, got NaN`);
  return value;
}
